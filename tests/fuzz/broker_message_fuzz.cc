// libFuzzer target: any bytes as a message of the http broker. What is read is written and read
// again to the same. `make fuzz-codecs` builds it.
#include <cstdint>
#include <cstdlib>

#include "broker/message_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace evmicro::detail;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto read = readMessageJson(bytes);
  if (!read.ok()) return 0;
  const auto again = readMessageJson(writeMessageJson(read->topic, read->message));
  const bool same = again.ok() && again->topic == read->topic &&
                    again->message.header == read->message.header &&
                    again->message.body == read->message.body;
  if (!same) std::abort();
  return 0;
}

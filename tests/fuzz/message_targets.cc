// Bodies and heads of messages: RPC envelopes both ways, payloads, messages of the broker, HTTP.
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

#include <google/protobuf/stubs/logging.h>

#include "broker/message_json.h"
#include "codec/codec_probe.h"
#include "fuzz/target.h"
#include "http/reader_agreement.h"
#include "json/message_writer.h"
#include "json/reader.h"
#include "tests/codec/mapping.pb.h"
#include "tests/json/well_known.pb.h"

namespace evmicro::fuzz {

namespace {

void mustBeEmpty(const std::string& problem) { must(problem.empty(), problem.c_str()); }

}  // namespace

void readJsonRpc(std::string_view bytes) {
  static const auto codec = makeJsonRpcCodec();
  mustBeEmpty(test::probeCodec(*codec, bytes));
}

void readProtoRpc(std::string_view bytes) {
  static const auto codec = makeProtoRpcCodec();
  static const google::protobuf::LogSilencer silencer;  // of a line for each malformed string
  mustBeEmpty(test::probeCodec(*codec, bytes));
}

// What can be read can be written, and read again to the same.
void readJsonPayload(std::string_view bytes) {
  test::mapping::Everything mapping;
  test::known::Known known;
  for (google::protobuf::Message* const message :
       {static_cast<google::protobuf::Message*>(&mapping),
        static_cast<google::protobuf::Message*>(&known)}) {
    const Status status = detail::readJson(bytes, "payload", *message);
    must(status.ok() || !status.detail().empty(), "an error without a text");
    std::string written;
    if (!status.ok() || !detail::writeJson(*message, written).ok()) continue;
    const std::unique_ptr<google::protobuf::Message> again(message->New());
    const Status read = detail::readJson(written, "payload", *again);
    must(read.ok(), "a written message cannot be read");
    std::string second;
    must(detail::writeJson(*again, second).ok() && second == written, "a message changes");
  }
}

void readBrokerMessage(std::string_view bytes) {
  using namespace detail;
  const auto read = readMessageJson(bytes);
  if (!read.ok()) return;
  const auto again = readMessageJson(writeMessageJson(read->topic, read->message));
  must(again.ok() && again->topic == read->topic && again->message.header == read->message.header &&
           again->message.body == read->message.body,
       "a message changes when it is written and read");
}

void readHttp(std::string_view bytes) {
  if (bytes.size() < 5) return;
  const auto role = bytes[0] & 1 ? detail::HttpRole::kReplies : detail::HttpRole::kRequests;
  std::uint32_t cuts = 0;
  std::memcpy(&cuts, bytes.data() + 1, sizeof cuts);
  mustBeEmpty(test::brokenPromise(role, bytes.substr(5), cuts));
}

}  // namespace evmicro::fuzz

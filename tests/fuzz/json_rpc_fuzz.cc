// libFuzzer target: any bytes as a json-rpc body. `make fuzz-codecs` builds it.

#include <cstdio>
#include <cstdlib>

#include "codec/codec_probe.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto codec = evmicro::makeJsonRpcCodec();
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string problem = evmicro::test::probeCodec(*codec, bytes);
  if (problem.empty()) return 0;
  std::fprintf(stderr, "%s\n", problem.c_str());
  std::abort();
}

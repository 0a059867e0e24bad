// libFuzzer target: any bytes as a proto-rpc body. `make fuzz-codecs` builds it.

#include <cstdio>
#include <cstdlib>

#include <google/protobuf/stubs/logging.h>

#include "codec/codec_probe.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto codec = evmicro::makeProtoRpcCodec();
  static const google::protobuf::LogSilencer silencer;  // of a line for each broken string
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string problem = evmicro::test::probeCodec(*codec, bytes);
  if (problem.empty()) return 0;
  std::fprintf(stderr, "%s\n", problem.c_str());
  std::abort();
}

// In the place of http2_targets.cc, for builds --without-grpc.
#include "fuzz/target.h"

namespace evmicro::fuzz {

void readHttp2Reply(std::string_view) {}
void readGrpcMessages(std::string_view) {}

}  // namespace evmicro::fuzz

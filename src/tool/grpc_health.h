#pragma once

#include <string>
#include <vector>

#include <evmicro/service.h>

#include "tool/call_flags.h"
#include "tool/nodes.h"

namespace evmicro::tool {

/// Asks those nodes that speak only gRPC for their health, by grpc.health.v1.Health/Check, in
/// parallel, and waits for all answers: their replies are `{"status":"ok"}` when they are SERVING,
/// or have the name of another status. Asks nodes that did not answer by HTTP/1.1, too: `grpc` is
/// set if they answer by gRPC, and otherwise their replies stay as they are.
void askGrpcHealth(Service& service, const std::string& name, const CallFlags& flags,
                   std::vector<NodeAnswer>& answers);

}  // namespace evmicro::tool

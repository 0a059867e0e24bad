#include "registry/method_kind.h"

namespace evmicro::detail {

MethodKind kindOf(const Endpoint& endpoint) {
  if (endpoint.response && endpoint.response->type == "Streamer") return MethodKind::kStream;
  const auto stream = endpoint.metadata.find("stream");
  if (stream == endpoint.metadata.end()) return MethodKind::kUnknown;
  if (stream->second == "true") return MethodKind::kStream;
  return stream->second == "false" ? MethodKind::kUnary : MethodKind::kUnknown;
}

const Endpoint* findEndpoint(const std::vector<ServiceInfo>& versions, const std::string& method) {
  for (const ServiceInfo& version : versions) {
    for (const Endpoint& endpoint : version.endpoints) {
      if (endpoint.name == method) return &endpoint;
    }
  }
  return nullptr;
}

}  // namespace evmicro::detail

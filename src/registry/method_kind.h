#pragma once

#include <string>
#include <vector>

#include <evmicro/registry.h>

namespace evmicro::detail {

/// Whether a method is a stream, according to its registration.
enum class MethodKind { kUnary, kStream, kUnknown };
MethodKind kindOf(const Endpoint& endpoint);

/// The endpoint of `method` in any of `versions`; null: there is none.
const Endpoint* findEndpoint(const std::vector<ServiceInfo>& versions, const std::string& method);

}  // namespace evmicro::detail

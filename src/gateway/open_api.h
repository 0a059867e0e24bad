#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <evmicro/registry.h>

namespace evmicro::gateway {

/// An OpenAPI 3.0 document about the methods of `services`, at the paths that resolve() maps to
/// them, with the schemas that the registry has. `server=http` nodes announce patterns in place of
/// methods, which become paths as they are. Versions of one service are merged.
std::string openApi(std::string_view nameSpace, const std::vector<ServiceInfo>& services);

/// The path that resolve() maps to `method` of `service`; empty if there is none.
std::string pathOf(std::string_view nameSpace, const std::string& service,
                   const std::string& method);

}  // namespace evmicro::gateway

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <evmicro/status.h>
#include <evmicro/web_server.h>

namespace evmicro::gateway {

/// Refuses (403, with `id`) requests whose Host is a name that is not `allowed`, see
/// GatewayOptions::allowedHosts. Those without a Host do not come from a browser.
Status checkHost(const WebRequest& request, const std::vector<std::string>& allowed,
                 std::string_view id);

}  // namespace evmicro::gateway

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <evmicro/status.h>
#include <evmicro/web_server.h>

namespace evmicro::gateway {

/// Refuses (403, with `id`) requests that pages of other sites send: those with an Origin that is
/// not in `allowed`; `*` allows all. Leaving out the CORS headers would only hide the reply, after
/// the request has had its effect.
Status checkOrigin(const WebRequest& request, const std::vector<std::string>& allowed,
                   std::string_view id);

}  // namespace evmicro::gateway

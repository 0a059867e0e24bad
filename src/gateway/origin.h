#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <evmicro/status.h>
#include <evmicro/web_server.h>

namespace evmicro::gateway {

/// The sites whose pages may use a gateway.
struct AllowedOrigins {
  std::vector<std::string> origins;  ///< `*`: all
  bool own = false;                  ///< also the site that the request was sent to
};

/// Refuses (403, with `id`) requests that pages of other sites send: those with an Origin that is
/// not allowed. Leaving out the CORS headers would only hide the reply, after the request has had
/// its effect.
Status checkOrigin(const WebRequest& request, const AllowedOrigins& allowed, std::string_view id);

}  // namespace evmicro::gateway

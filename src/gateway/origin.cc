#include "gateway/origin.h"

#include "web/cors.h"

namespace evmicro::gateway {

Status checkOrigin(const WebRequest& request, const AllowedOrigins& allowed, std::string_view id) {
  const auto origin = findField(request.headers, "Origin");
  if (!origin || detail::isAllowedOrigin(allowed.origins, *origin)) return {};
  const auto host = findField(request.headers, "Host").value_or("");
  if (allowed.own && detail::isOriginOf(*origin, host)) return {};
  return Status::error(403, std::string(id),
                       "pages of " + std::string(*origin) + " may not use " + request.path);
}

}  // namespace evmicro::gateway

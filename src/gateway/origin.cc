#include "gateway/origin.h"

#include "web/cors.h"

namespace evmicro::gateway {

Status checkOrigin(const WebRequest& request, const std::vector<std::string>& allowed,
                   std::string_view id) {
  const auto origin = findField(request.headers, "Origin");
  if (!origin || detail::isAllowedOrigin(allowed, *origin)) return {};
  return Status::error(403, std::string(id),
                       "pages of " + std::string(*origin) + " may not use " + request.path);
}

}  // namespace evmicro::gateway

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <evmicro/web_server.h>

namespace evmicro::detail {

/// Whether `origin` is in `allowed`; `*` allows all.
bool isAllowedOrigin(const std::vector<std::string>& allowed, std::string_view origin);

/// Whether `origin` is the site that a request with the header `Host: host` was sent to.
bool isOriginOf(std::string_view origin, std::string_view host);

/// The headers that allow pages of `origin` (nullopt: the request has none) to use a reply, as Go
/// Micro's API gateway sends them, plus Vary and Authorization. None if `allowed` is empty.
WebFields corsHeaders(const std::vector<std::string>& allowed,
                      std::optional<std::string_view> origin);

}  // namespace evmicro::detail

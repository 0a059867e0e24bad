#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <evmicro/web_server.h>

namespace evmicro::detail {

/// Whether pages of `origin` are among `allowed`, of which `*` is any.
bool isAllowedOrigin(const std::vector<std::string>& allowed, std::string_view origin);

/// The headers that let pages of `origin` (nothing: the request has none) use a reply, as the API
/// gateway of Go Micro sends them, with Vary and Authorization besides. None when `allowed` is
/// empty.
WebFields corsHeaders(const std::vector<std::string>& allowed,
                      std::optional<std::string_view> origin);

}  // namespace evmicro::detail

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <evmicro/transport.h>

namespace evmicro::detail {

/// Whether an HTTP method asks for a page: GET and HEAD. POST carries a message.
bool asksForPage(std::string_view method) noexcept;
/// The answer to all other methods; they are taken for the end of understanding, so it closes.
Page methodNotAllowed();
/// The headers that go with `page`, without those of length and connection.
std::vector<std::pair<std::string, std::string>> pageHeaders(const Page& page);

}  // namespace evmicro::detail

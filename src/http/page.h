#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <evmicro/transport.h>

#include "http/head.h"
#include "http/refusal.h"

namespace evmicro::detail {

/// Whether an HTTP method requests a page: GET and HEAD do. POST carries a message.
bool asksForPage(std::string_view method) noexcept;
/// The answer to other methods: OPTIONS gets 204; all others get 405, after which the connection
/// closes.
Page pageForMethod(std::string_view method);

/// What the head of the reply to a request by `method` says of `page`, beside its length.
std::vector<std::pair<std::string, std::string>> pageHeaders(const Page& page,
                                                             std::string_view method);

/// Writes the head of the reply with `page` to `request` into `out`. `last`: the connection closes
/// after it.
void writePageHead(std::string& out, const Page& page, const HttpHead& request, bool last);
/// The answer to a refused request, as text.
Page pageOf(const HttpRefusal& refusal);
/// Writes that answer, head and body, into `out`. The connection closes after it.
void writeRefusal(std::string& out, const Page& answer);
/// Whether the reply has a body: not to HEAD, and not with 204 and 304.
bool carriesBody(const Page& page, const HttpHead& request) noexcept;

}  // namespace evmicro::detail

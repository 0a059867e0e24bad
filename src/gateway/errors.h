#pragma once

#include <string>
#include <string_view>

#include <evmicro/status.h>
#include <evmicro/transport.h>
#include <evmicro/web_server.h>

namespace evmicro::gateway {

inline constexpr char kJson[] = "application/json";

/// Answers with the JSON of `why` as its body: `{"id":..,"code":..,"detail":..,"status":..}`, and
/// with its code as the HTTP status (500 when it is no status of an error).
void answer(WebReply& reply, const Status& why, WebFields headers = {});

/// Puts what the web server itself answers into the same form, signed by `id`.
void formatErrorPage(std::string_view id, Page& page);

/// Whether a service has answered with a text instead of go-micro's JSON.
bool isPlainText(const Status& why);

}  // namespace evmicro::gateway

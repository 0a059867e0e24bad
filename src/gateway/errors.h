#pragma once

#include <string>
#include <string_view>

#include <evmicro/status.h>
#include <evmicro/transport.h>
#include <evmicro/web_server.h>

namespace evmicro::gateway {

inline constexpr char kJson[] = "application/json";
inline constexpr char kClientId[] = "go.micro.client";  ///< the id of the client's own errors

/// Answers with the JSON of `why`, `{"id":..,"code":..,"detail":..,"status":..}`, and with its code
/// as the HTTP status (500 if that is not an error status).
void answer(WebReply& reply, const Status& why, WebFields headers = {});

/// Changes the web server's own replies to the same form, with `id`.
void formatErrorPage(std::string_view id, Page& page);

/// Whether `why` is an error of the client itself, not of the called service.
bool isOwn(const Status& why, ErrorKind kind);

/// Whether a service has answered with a plain text instead of go-micro's JSON.
bool isPlainText(const Status& why);

}  // namespace evmicro::gateway

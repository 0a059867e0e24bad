#pragma once

#include <string_view>

#include <evmicro/web_server.h>

#include "gateway/gateway_web.h"

namespace evmicro::dashboard {

/// The headers of every reply of the dashboard itself: a page can load nothing from other hosts,
/// run no inline script, and cannot be framed.
WebFields securityHeaders();

/// Answers with JSON that must not be cached.
void sendJson(WebReply& reply, std::string_view json);

/// Adds the route of the scripts and styles, `/_/files/...`.
void addPageFiles(gateway::GatewayWeb& web);

/// Sends the page, of which the scripts show the part that belongs to the path.
void sendPage(int status, std::string_view title, WebReply& reply);

}  // namespace evmicro::dashboard

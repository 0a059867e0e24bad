#pragma once

#include <evmicro/status.h>
#include <evmicro/web_server.h>

#include "gateway/api.pb.h"

namespace evmicro::gateway {

/// `request` in the form for a service: method, decoded path, headers, query and form or body.
/// Fails (500, as in the original) if query or form are malformed.
Result<wire::Request> apiRequest(const WebRequest& request);

/// Sends the response of a service.
void answer(WebReply& reply, const wire::Response& response, const std::string& requestId);

}  // namespace evmicro::gateway

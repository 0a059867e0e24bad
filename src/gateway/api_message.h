#pragma once

#include <evmicro/status.h>
#include <evmicro/web_server.h>

#include "gateway/api.pb.h"

namespace evmicro::gateway {

/// `request` as a service gets it: method, decoded path, headers, query and form or body. An error
/// (500, as the original has it) when query or form are malformed.
Result<wire::Request> apiRequest(const WebRequest& request);

/// Answers with what a service has made.
void answer(WebReply& reply, const wire::Response& response, const std::string& requestId);

}  // namespace evmicro::gateway

#pragma once

#include <functional>
#include <memory>
#include <string>

#include <evmicro/client.h>
#include <evmicro/codec.h>
#include <evmicro/context.h>
#include <evmicro/web_server.h>

#include "gateway/reply_part.h"
#include "gateway/resolve.h"

namespace evmicro::gateway {

using SharedReply = std::shared_ptr<WebReply>;  // shared by the callbacks of one call

/// Turns the error of a call into the one to answer with.
using DescribeError = std::function<Status(Status why)>;

/// Calls `target` by json-rpc and answers with the JSON of the result, or with the error.
/// `address`: the node to call; empty: one is chosen. `part`: what of the result is sent. A client
/// that disconnects cancels the call.
void callJson(Client& client, const Context& context, const Target& target,
              const JsonDocument& request, const std::string& address, const SharedReply& reply,
              DescribeError describe, ReplyPart part = {});

}  // namespace evmicro::gateway

#pragma once

#include <string>
#include <vector>

#include <evmicro/service.h>
#include <evmicro/web_server.h>

#include "gateway/json_call.h"
#include "gateway/json_request.h"
#include "gateway/look_ups.h"
#include "gateway/resolve.h"
#include "gateway/rpc_sockets.h"
#include "gateway/rpc_stream.h"

namespace evmicro::gateway {

/// Calls methods with the JSON of HTTP requests, see jsonRequest(), and answers with the JSON of
/// their replies. The messages of a stream become lines or events, see RpcStreams, or go over a
/// WebSocket if the request asks for one, see RpcSockets.
class MethodCalls {
 public:
  /// `service` must outlive it. `origins`: whose pages may use WebSockets.
  MethodCalls(Service& service, std::vector<std::string> origins);
  MethodCalls(const MethodCalls&) = delete;
  MethodCalls& operator=(const MethodCalls&) = delete;
  ~MethodCalls() = default;

  /// 404 if there is no such service or method: the error says what was looked up.
  void serve(const WebRequest& request, const Target& target, WebReply reply,
             const JsonBinding& binding = {});

 private:
  void call(const WebRequest& request, const Target& target, const JsonBinding& binding,
            const Endpoint* endpoint, const SharedReply& reply);
  void converse(const WebRequest& request, const Target& target, const JsonBinding& binding,
                const Endpoint* endpoint, const SharedReply& reply);

  void refuse(WebReply& reply, const Status& why);

  Service& service_;
  LookUps lookUps_;
  RpcStreams streams_;
  RpcSockets sockets_;
};

/// The error to answer with if a call of `target` has failed with `why`.
Status describeTarget(Status why, const WebRequest& request, const Target& target);

}  // namespace evmicro::gateway

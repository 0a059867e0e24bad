#pragma once

#include <evmicro/service.h>
#include <evmicro/web_server.h>

#include "gateway/json_call.h"
#include "gateway/look_ups.h"
#include "gateway/resolve.h"
#include "gateway/rpc_stream.h"

namespace evmicro::gateway {

/// Calls methods with the JSON of HTTP requests, see jsonRequest(), and answers with the JSON of
/// their replies; the messages of a stream become lines or events, see RpcStreams.
class MethodCalls {
 public:
  /// `service` must outlive it.
  explicit MethodCalls(Service& service);
  MethodCalls(const MethodCalls&) = delete;
  MethodCalls& operator=(const MethodCalls&) = delete;
  ~MethodCalls() = default;

  /// 404 if there is no such service or method: the error says what was looked up.
  void serve(const WebRequest& request, const Target& target, WebReply reply);

 private:
  void call(const WebRequest& request, const Target& target, const Endpoint* endpoint,
            const SharedReply& reply);

  Service& service_;
  LookUps lookUps_;
  RpcStreams streams_;
};

/// The error to answer with if a call of `target` has failed with `why`.
Status describeTarget(Status why, const WebRequest& request, const Target& target);

}  // namespace evmicro::gateway

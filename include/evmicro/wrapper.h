#pragma once

#include <functional>
#include <string_view>

#include <evmicro/context.h>
#include <evmicro/status.h>

namespace evmicro {

/// What is known of a call besides its context. The views are good as long as the call. A message
/// that is published, or that a subscriber gets, is a call, too: one with a topic.
struct CallInfo {
  std::string_view service;      ///< the name of the service that is called; published: empty
  std::string_view method;       ///< `Greeter.Hello`; the name of a subscriber; published: empty
  std::string_view contentType;  ///< `application/octet-stream`
  std::string_view topic;        ///< of a message; empty otherwise
};

/// How a call ended. Runs at most once; dropping it unused ends the call with an error 500.
using CallDone = std::function<void(Status)>;
/// The rest of the way: further wrappers, then the handler or the wire.
using CallNext = std::function<void(Context, CallDone)>;

/// Middleware, the same for servers and clients: does something around a call, from before it
/// begins until it has ended; a stream is one call, however many messages it has. It calls `next`
/// at most once (now or later) and sees the outcome by passing a CallDone of its own; or it ends
/// the call itself with `done`. The first wrapper added is the outermost.
/// ```
/// service.server().wrap([](Context context, const CallInfo& call, CallNext next, CallDone done) {
///   log(call.method);
///   next(std::move(context), std::move(done));
/// });
/// ```
using Wrapper = std::function<void(Context, const CallInfo&, CallNext, CallDone)>;

}  // namespace evmicro

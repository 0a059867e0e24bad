#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <evmicro/context.h>
#include <evmicro/status.h>
#include <evmicro/tls.h>

namespace evmicro {

/// The peer that made an incoming call.
class CallPeer {
 public:
  /// `host:port`; empty if the connection is closed or has no address.
  virtual std::string address() const = 0;
  /// The verified certificate of the peer; null if it showed none, or the connection is closed.
  virtual std::shared_ptr<const PeerCertificate> certificate() const = 0;

 protected:
  ~CallPeer() = default;
};

/// Describes a call. The views are valid as long as the call. A published message, and one that a
/// subscriber receives, is a call with a topic.
struct CallInfo {
  std::string_view service;  ///< name of the called service; empty for a publication
  std::string_view method;   ///< `Greeter.Hello`, or the subscriber's name; empty for a publication
  std::string_view contentType;    ///< `application/octet-stream`
  std::string_view topic;          ///< topic of a message; otherwise empty
  const CallPeer* peer = nullptr;  ///< of a call to a server; otherwise null
};

/// Ends a call with its outcome. Only the first run counts; if it is destroyed without being run,
/// the call ends with an error 500.
using CallDone = std::function<void(Status)>;
/// Continues the call: further wrappers, then the handler or the wire.
using CallNext = std::function<void(Context, CallDone)>;

/// Middleware around calls, the same for servers and clients. A stream is one call, however many
/// messages it has. A wrapper calls `next` at most once (now or later), and sees the outcome if it
/// passes a CallDone of its own; or it ends the call itself with `done`. The first wrapper added is
/// the outermost.
/// ```
/// service.server().wrap([](Context context, const CallInfo& call, CallNext next, CallDone done) {
///   log(call.method);
///   next(std::move(context), std::move(done));
/// });
/// ```
using Wrapper = std::function<void(Context, const CallInfo&, CallNext, CallDone)>;

}  // namespace evmicro

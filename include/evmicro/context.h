#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include <evmicro/call.h>
#include <evmicro/export.h>
#include <evmicro/metadata.h>
#include <evmicro/reply_metadata.h>
#include <evmicro/status.h>

namespace evmicro {

namespace detail {
class ServerCall;
class ServerConnection;
}  // namespace detail

/// What travels with a call: metadata, a deadline and cancellation, like Go's context.Context.
///
/// A handle: copies share one state. A handler's context ends with its request: when the reply has
/// been sent, the peer has gone, the deadline has passed or the server stops, everything that was
/// started with the context is cancelled. Not thread-safe.
class EVMICRO_EXPORT Context {
 public:
  /// When a call is over at the latest.
  using Deadline = std::chrono::steady_clock::time_point;

  /// A root context: no metadata, no deadline, ended only by cancel().
  Context();
  Context(const Context&) = default;
  Context(Context&&) noexcept = default;
  Context& operator=(const Context&) = default;
  Context& operator=(Context&&) noexcept = default;
  ~Context() = default;

  /// A context that ends with this one, or earlier if it is cancelled itself. It starts with a copy
  /// of the metadata.
  Context child() const;
  /// A child that also ends `timeout` from now, if that is before this context's deadline.
  Context withTimeout(std::chrono::nanoseconds timeout) const;
  Context withDeadline(Deadline deadline) const;

  /// In a handler: the headers of the request, except Content-Type. In a call: the headers to send;
  /// those that belong to the connection (Connection, Content-Length, Host, Keep-Alive, Timeout,
  /// ...) are not sent, so a handler can pass its own context on as it is.
  const Metadata& metadata() const noexcept;
  Metadata& metadata() noexcept;

  /// In a handler: metadata for the caller, sent with the reply. A child of a handler's context has
  /// that context's. `initial` is sent with the first message, what is added later is not. With
  /// `Grpc-Encoding: gzip` in it the messages are compressed if the caller has called by gRPC and
  /// accepts that. Names that belong to a connection or to gRPC are not sent. In other contexts it
  /// is not used.
  ReplyMetadata& replyMetadata() const;

  /// Its own, or that of the context it was derived from, whichever is earlier.
  std::optional<Deadline> deadline() const noexcept;
  /// Time left until the deadline, never negative; nullopt without a deadline.
  std::optional<std::chrono::nanoseconds> remaining() const noexcept;

  /// Whether it was cancelled or its deadline has passed.
  bool done() const noexcept;
  /// ok() until the context ends, then the reason (kCancelled or kTimeout).
  Status status() const;

  /// Ends this context and all its children; their onDone functions run within this call. No effect
  /// on a context that has already ended. An exception from one of the functions is rethrown after
  /// all have run.
  void cancel(Status why = Status::cancelled("cancelled by the caller"));

  /// Runs `onDone` within the cancel() that ends this context, at most once; never if it has
  /// already ended. Dropping the token unregisters `onDone`. When a deadline passes, the server or
  /// client that runs the work calls cancel(). In a handler's context, an exception from `onDone`
  /// is logged.
  Subscription onDone(std::function<void()> onDone) const;

 private:
  friend class detail::ServerCall;
  friend class detail::ServerConnection;
  struct State;
  /// Makes this the root of a new request. Reuses the state if no copy refers to it any more. Swaps
  /// the content of `metadata` in, and leaves the memory of an earlier request there.
  void startRequest(Metadata& metadata, std::optional<Deadline> deadline);
  /// As cancel(), for a request that has been answered: cheap if nothing has registered with
  /// onDone().
  void finish();
  /// replyMetadata(), if it has been used.
  const ReplyMetadata* usedReplyMetadata() const noexcept;
  explicit Context(std::shared_ptr<State> state) noexcept;

  std::shared_ptr<State> state_;
};

}  // namespace evmicro

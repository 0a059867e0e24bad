#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include <evmicro/call.h>
#include <evmicro/export.h>
#include <evmicro/metadata.h>
#include <evmicro/status.h>

namespace evmicro {

namespace detail {
class ServerCall;
class ServerConnection;
}  // namespace detail

/// What travels with a call: metadata, a deadline, and cancellation. As Go's context.Context.
///
/// A handle: copies share one state. The context of a handler ends with its request: when the reply
/// has gone out, the peer has gone, the deadline has passed or the server stops, all that was
/// started with it is cancelled. Not thread-safe.
class EVMICRO_EXPORT Context {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  /// A root: no metadata, no deadline, cancelled only by cancel().
  Context();
  Context(const Context&) = default;
  Context(Context&&) noexcept = default;
  Context& operator=(const Context&) = default;
  Context& operator=(Context&&) noexcept = default;
  ~Context() = default;

  /// A context that ends with this one, or earlier by itself. Starts with a copy of the metadata.
  Context child() const;
  /// A child that also ends `timeout` from now, if that is earlier than this one's deadline.
  Context withTimeout(std::chrono::nanoseconds timeout) const;
  Context withDeadline(Deadline deadline) const;

  /// In a handler: the headers of the request, Content-Type excepted. In a call: what is sent as
  /// headers; names that belong to the connection (Connection, Content-Length, Host, Keep-Alive,
  /// Timeout, ...) are left out there, so that a handler's context can be passed on as it is.
  const Metadata& metadata() const noexcept;
  Metadata& metadata() noexcept;

  std::optional<Deadline> deadline() const noexcept;
  /// Time left until the deadline, never negative; nullopt without one.
  std::optional<std::chrono::nanoseconds> remaining() const noexcept;

  /// Whether it was cancelled or its deadline has passed.
  bool done() const noexcept;
  /// ok() while it is alive, afterwards why it ended (kCancelled or kTimeout).
  Status status() const;

  /// Ends it and all its children; their onDone functions run within this call. Once ended it
  /// stays as it is. What one of them throws comes out of here, after all have run.
  void cancel(Status why = Status::cancelled("cancelled by the caller"));

  /// Runs `onDone` within the cancel() that ends this context, at most once; never when it has
  /// ended already. Dropping the token unregisters it. A deadline is enforced with cancel() by the
  /// server or client that runs the work. In a handler's context, what it throws is logged.
  Subscription onDone(std::function<void()> onDone) const;

 private:
  friend class detail::ServerCall;
  friend class detail::ServerConnection;
  struct State;
  /// Makes this the root of a new request. Its state is used again when nobody else has it any
  /// more. Takes what is in `metadata`, and leaves there the memory of an earlier request.
  void startRequest(Metadata& metadata, std::optional<Deadline> deadline);
  /// As cancel(), for a request that has been answered: costs nothing when nobody watches.
  void finish();
  explicit Context(std::shared_ptr<State> state) noexcept;

  std::shared_ptr<State> state_;
};

}  // namespace evmicro

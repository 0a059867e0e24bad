#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include <evmicro/event_loop.h>
#include <evmicro/timer.h>

#include "base/backoff.h"
#include "base/rate_limiter.h"

namespace evmicro::detail {

/// How to react to an error of accept().
enum class AcceptError {
  kIgnore,     ///< it concerns a single connection, or none is waiting
  kDefer,      ///< temporary: out of descriptors or memory, and all unknown errors
  kPermanent,  ///< the listening socket is broken: EBADF, EINVAL, ENOTSOCK, EFAULT
};
AcceptError classifyAcceptError(int error) noexcept;

/// Paces accepting on a listening socket, whether an event of ours or an evconnlistener calls
/// accept(). Bounds the number of connections per turn of the loop, so that a flood of them does
/// not delay other events, and pauses after a temporary error, so that a process without
/// descriptors does not spin: 5 ms, doubling to 1 s until a connection is accepted. Pauses are
/// logged at WARN with their length: 16 of them at once, then one a second, the others at DEBUG.
class AcceptPacer {
 public:
  /// Maximum of connections accepted in one turn of the loop.
  static constexpr int kPerTurn = 16;

  /// What the caller of accept() must do next.
  enum class Next {
    kGoOn,     ///< accept again
    kEndTurn,  ///< return to the loop, accept again in the next turn
    kPause,    ///< stop accepting until `resume` runs
    kStop,     ///< stop accepting for good: the socket is broken
  };

  /// `resume` runs from the loop at the end of each pause. `loop` must outlive the pacer.
  AcceptPacer(EventLoop& loop, std::function<void()> resume);

  /// Call this at the beginning of a turn: resets the count.
  void beginTurn() noexcept { triedInTurn_ = 0; }
  /// accept() has returned a connection: kGoOn or kEndTurn.
  Next accepted() noexcept;
  /// accept() has failed with this errno, which is not EAGAIN. An error of a single connection
  /// counts towards the turn's limit; a turn with nothing but such errors leads to a pause.
  Next failed(int error);

  /// Whether a pause is in progress.
  bool paused() const noexcept { return timer_.running(); }
  /// Ends the pause without running `resume`.
  void cancel() noexcept { timer_.stop(); }
  /// The number of pauses so far.
  std::uint64_t pauses() const noexcept { return pauses_; }

 private:
  Next tried() noexcept { return ++triedInTurn_ < kPerTurn ? Next::kGoOn : Next::kEndTurn; }
  void pause(int error);

  Backoff backoff_;
  // Peers that come and go fast would cause up to 200 lines a second.
  RateLimiter log_{16, std::chrono::seconds(1)};
  int triedInTurn_ = 0;
  int lostInRow_ = 0;  // failed connections since the last success
  std::uint64_t pauses_ = 0;
  Timer timer_;
};

}  // namespace evmicro::detail

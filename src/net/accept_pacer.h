#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include <evmicro/event_loop.h>
#include <evmicro/timer.h>

namespace evmicro::detail {

/// What an error of accept() asks for.
enum class AcceptError {
  kIgnore,     ///< it concerns one connection only, or nothing waits
  kDefer,      ///< it may pass: no descriptor or memory left, and whatever is not known
  kPermanent,  ///< the listening socket is broken: EBADF, EINVAL, ENOTSOCK, EFAULT
};
AcceptError classifyAcceptError(int error) noexcept;

/// 5 ms, doubling to 1 s; success starts again at 5 ms.
class AcceptBackoff {
 public:
  std::chrono::milliseconds next() noexcept;
  void reset() noexcept { delay_ = {}; }

 private:
  std::chrono::milliseconds delay_{0};
};

/// Limits how often something that peers can cause is logged: 16 lines at once, then one a second.
class AcceptLogLimit {
 public:
  using Clock = EventLoop::Clock;
  /// Whether one more may be logged now; counts it.
  bool allow(Clock::time_point now) noexcept;

 private:
  static constexpr int kMost = 16;
  int left_ = kMost;
  Clock::time_point filled_{};  // when the last line was added
};

/// Paces a listening socket, whoever calls accept() on it (an event of ours, an evconnlistener): a
/// bounded number of connections per turn of the loop, so that a flood of them does not keep other
/// events waiting, and a pause after an error that may pass, so that a process without descriptors
/// does not spin. Pauses are logged at WARN with their length, within AcceptLogLimit.
class AcceptPacer {
 public:
  /// Connections accepted in one turn of the loop.
  static constexpr int kPerTurn = 64;

  /// What the caller of accept() does next.
  enum class Next {
    kGoOn,     ///< accepts again
    kEndTurn,  ///< lets the loop go on, and accepts again in the next turn
    kPause,    ///< accepts no more until `resume` runs
    kStop,     ///< accepts no more: the socket is broken
  };

  /// `resume` runs from the loop at the end of each pause. `loop` must outlive the pacer.
  AcceptPacer(EventLoop& loop, std::function<void()> resume);

  /// A turn of the loop begins: counts from zero again.
  void beginTurn() noexcept { triedInTurn_ = 0; }
  /// accept() has given a connection: kGoOn or kEndTurn.
  Next accepted() noexcept;
  /// accept() has failed with this errno, not for want of a connection (EAGAIN). An error of one
  /// connection counts as one towards the turn; a turn full of nothing else becomes a pause.
  Next failed(int error);

  /// Whether `resume` is to run.
  bool paused() const noexcept { return timer_.running(); }
  /// Ends the pause without running `resume`.
  void cancel() noexcept { timer_.stop(); }
  /// How many pauses there have been.
  std::uint64_t pauses() const noexcept { return pauses_; }

 private:
  Next tried() noexcept { return ++triedInTurn_ < kPerTurn ? Next::kGoOn : Next::kEndTurn; }
  void pause(int error);

  AcceptBackoff backoff_;
  AcceptLogLimit log_;
  int triedInTurn_ = 0;
  int lostInRow_ = 0;  // connections that failed while none succeeded
  std::uint64_t pauses_ = 0;
  Timer timer_;
};

}  // namespace evmicro::detail

#pragma once

#include <optional>

#include <evmicro/event_loop.h>

namespace evmicro::detail {

/// A socket that knows when messages arrived that had to wait, because it was paused.
class WaitingMessages {
 public:
  /// Of the message that Socket::Observer::onMessage() is getting: when the socket read its last
  /// byte; nullopt if that is now, or not known.
  virtual std::optional<EventLoop::Clock::time_point> waitingSince() const noexcept = 0;

 protected:
  ~WaitingMessages() = default;
};

}  // namespace evmicro::detail

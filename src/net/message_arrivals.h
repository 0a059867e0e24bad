#pragma once

#include <optional>

#include <evmicro/event_loop.h>

namespace evmicro::detail {

/// A socket that knows how its messages arrive.
class MessageArrivals {
 public:
  /// Of the message that Socket::Observer::onMessage() is getting: when the socket read its last
  /// byte, if it had to wait because the socket was paused; nullopt if that is now, or not known.
  virtual std::optional<EventLoop::Clock::time_point> waitingSince() const noexcept = 0;
  /// Whether a part of a message has come and the rest is to be expected, see kMessageAwaited.
  virtual bool awaitsRest() const noexcept = 0;

 protected:
  ~MessageArrivals() = default;
};

}  // namespace evmicro::detail

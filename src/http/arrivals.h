#pragma once

#include <cstddef>
#include <deque>
#include <optional>

#include <evmicro/event_loop.h>

namespace evmicro::detail {

/// When the bytes at the end of a buffer arrived.
class Arrivals {
 public:
  using Time = EventLoop::Clock::time_point;

  /// Further ones count as one with the last, at its later time.
  static constexpr std::size_t kMost = 64;

  /// `size` bytes were appended at `now`.
  void add(std::size_t size, Time now);
  /// When the byte arrived that `following` bytes follow; nullopt if it came before the first that
  /// was added.
  std::optional<Time> of(std::size_t following) const noexcept;
  /// The buffer has only `left` bytes left, its last ones.
  void trim(std::size_t left);

 private:
  struct Piece {
    std::size_t size;
    Time at;
  };
  std::deque<Piece> pieces_;
  std::size_t size_ = 0;  // of all
};

}  // namespace evmicro::detail

#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <utility>

#include "event/deadlines.h"
#include "net/byte_stream.h"

namespace evmicro::detail {

/// Watches that the peer of a connection takes what is written for it at a minimum rate. One that
/// takes nothing is idle, but one that takes a byte a minute would be kept for ever. Only watches
/// while something waits for the peer, so a connection needs one once its peer is slow. A window in
/// which nothing waited at some time is not judged: what waits at its end may just have been
/// written.
class ReadRate final : private Deadlines::Entry {
 public:
  static constexpr std::chrono::seconds kWindow{30};  ///< over which the rate is measured
  enum class Rate { kEnough, kTooLow };

  /// `least`: bytes per second, not 0. `waits`: whether something waits for the peer, which is
  /// bound to take it. `onRate` runs at the end of each window in which something waited all the
  /// time; with kTooLow it may destroy this object. The references must outlive it.
  ReadRate(Deadlines& deadlines, const ByteStream& stream, std::size_t least,
           std::function<bool()> waits, std::function<void(Rate)> onRate)
      : ReadRate(
            deadlines, [&stream] { return stream.untaken(); }, least, std::move(waits),
            std::move(onRate)) {}
  /// The same for a connection that is not a ByteStream; `untaken`: see there.
  ReadRate(Deadlines& deadlines, std::function<std::size_t()> untaken, std::size_t least,
           std::function<bool()> waits, std::function<void(Rate)> onRate)
      : Entry(deadlines),
        untaken_(std::move(untaken)),
        least_(least),
        waits_(std::move(waits)),
        onRate_(std::move(onRate)) {}
  ReadRate(const ReadRate&) = delete;
  ReadRate& operator=(const ReadRate&) = delete;

  /// `bytes` more have been given to the stream. Call it for every write, and with 0 when the
  /// stream has drained.
  void wrote(std::size_t bytes);

 private:
  void onDeadline() override;
  void begin();

  const std::function<std::size_t()> untaken_;
  const std::size_t least_;
  const std::function<bool()> waits_;
  const std::function<void(Rate)> onRate_;
  std::size_t expected_ = 0;  // not taken when the window began, and written since
  bool caughtUp_ = false;     // since the window began there was a time when nothing waited
};

}  // namespace evmicro::detail

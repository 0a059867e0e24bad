#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <evmicro/event_loop.h>
#include <evmicro/timer.h>

#include "event/handles.h"
#include "support/turn_until.h"

namespace evmicro::test {

/// A peer on the same loop that sends and receives plain bytes: what it sends need not be HTTP.
class RawPeer {
 public:
  /// Connects to `address`, `127.0.0.1:port` or `unix:///path`. Throws when that is refused.
  RawPeer(EventLoop& loop, const std::string& address);
  RawPeer(const RawPeer&) = delete;
  RawPeer& operator=(const RawPeer&) = delete;
  /// Closes.
  ~RawPeer();

  void send(std::string_view bytes);
  /// Bytes that are still queued.
  std::size_t unsent() const;
  /// Shuts down the sending side once everything is sent.
  void finish();
  /// Closes so that the other side sees a reset.
  void reset();
  void close() { stream_.reset(); }
  void stopReading();
  void startReading();

  const std::string& received() const noexcept { return received_; }
  /// How often `text` was received.
  std::size_t count(std::string_view text) const;
  bool has(std::string_view text) const { return received_.find(text) != std::string::npos; }
  void forget() { received_.clear(); }
  /// The other side has closed the connection: in order, or by a reset.
  bool ended() const noexcept { return ended_; }

 private:
  static void onRead(bufferevent* stream, void* self) noexcept;
  static void onWrite(bufferevent* stream, void* self) noexcept;
  static void onEvent(bufferevent* stream, short what, void* self) noexcept;

  detail::BufferEvent stream_;
  std::string received_;
  bool ended_ = false;
  bool finishing_ = false;
};

inline bool runUntil(EventLoop& loop, const std::function<bool()>& done) {
  return turnUntil(loop, done);
}

/// How many descriptors this process has open.
std::size_t openDescriptors();

}  // namespace evmicro::test

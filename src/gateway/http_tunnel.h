#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

#include <evmicro/event_loop.h>
#include <evmicro/timer.h>

#include "http/socket.h"
#include "web/connection.h"

namespace evmicro::gateway {

/// Copies bytes between a client and a backend after a 101, in both directions: each side ends by
/// itself, and one that reads slowly slows the other down. Shared by the client's connection and
/// the proxy.
class HttpTunnel final : public detail::WebUpgrade {
 public:
  /// Both sides are closed when no byte has come from either for `idle` (zero: no limit). `over`
  /// runs once, when both sides are closed. It must not destroy this object immediately. `loop`
  /// must outlive it.
  HttpTunnel(EventLoop& loop, detail::WebConnection& client,
             std::unique_ptr<detail::HttpSocket> backend, std::size_t highWater,
             std::chrono::milliseconds idle, std::function<void(HttpTunnel&)> over);
  ~HttpTunnel() override;
  /// Receives from the backend; after the client has become this object's.
  void start();
  /// Breaks both sides.
  void breakOff();

 private:
  class Backend;

  std::size_t onBytes(std::string_view bytes) override;
  std::size_t heldBytes() const noexcept override;
  void onPeerFinished() override;
  void onWritable() override;
  void onStopping() override { closeBoth(); }
  void onClosed(const Status& why) override;
  void onDetached() override;

  void onTimer();
  void onBackendBytes(std::string_view bytes);
  void onBackendFinished();
  void onBackendClosed(const Status& why);
  void closeBoth();
  void dropBackend();
  void checkOver();

  detail::WebConnection* client_;  // null: closed
  std::unique_ptr<Backend> backend_;
  const std::size_t highWater_;
  std::function<void(HttpTunnel&)> over_;
  bool clientFinished_ = false;
  bool backendFinished_ = false;
  const std::chrono::milliseconds idle_;
  EventLoop::Clock::time_point active_;  // when the last bytes came
  Timer timer_;
};

}  // namespace evmicro::gateway

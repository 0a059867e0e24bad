#pragma once

#include <optional>
#include <string>

#include <event2/bufferevent.h>
#include <event2/event.h>

#include <evmicro/call.h>
#include <evmicro/lifetime.h>
#include <evmicro/timer.h>
#include <evmicro/transport.h>

/// One connection of the transport, accepted or dialled, on a bufferevent.
class FrameSocket final : public evmicro::Socket {
 public:
  struct Limits {
    std::size_t headerBytes;
    std::size_t bodyBytes;
    std::size_t highWater;
    std::chrono::milliseconds messageTimeout;
  };
  /// Takes a connected descriptor, or -1 to connect() it later.
  FrameSocket(evmicro::EventLoop& loop, int fd, const Limits& limits);
  ~FrameSocket() override;
  /// False: it cannot be tried.
  bool connect(const sockaddr* address, int size, std::chrono::milliseconds timeout);

  /// Called when the first message has arrived and nobody observes yet.
  std::function<void()> onFirst;
  /// Called when the connection has ended and nobody observes yet.
  std::function<void()> onLost;
  /// Shared with the listener, for as long as the socket counts as one of its connections.
  std::shared_ptr<evmicro::ListenerStats> stats;

  void observe(Observer* observer) override;
  void send(const evmicro::Metadata& headers, evmicro::Buffer&& body) override;
  std::size_t queued() const noexcept override;
  void pause() override { paused_ = true; }
  void resume() override;
  void finishSending() override;
  void close() override;
  void abort() override;
  void setIdleTimeout(std::chrono::milliseconds timeout) override;
  bool reusable() const noexcept override;
  bool carriesStreams() const noexcept override { return false; }
  std::string peerAddress() const override;
  std::string localAddress() const override;

 private:
  std::optional<evmicro::Message> take();
  void read();
  void onEvent(short what);
  void end(evmicro::Status why);
  void report();
  void shutDown();

  evmicro::EventLoop& loop_;
  const Limits limits_;
  bufferevent* stream_;  // owned; null once the connection has ended
  Observer* observer_ = nullptr;
  bool connected_;
  bool dialled_;
  bool paused_ = false;
  bool finishing_ = false;  // the sending side is shut down once all is sent
  bool closing_ = false;    // and what comes is discarded
  bool slow_ = false;       // above the high-water mark
  bool answered_ = false;
  bool last_ = false;                   // the peer has asked to close
  std::optional<evmicro::Status> why_;  // the end, until it is reported
  evmicro::Timer timeUp_;               // of connecting, of a message, of closing
  evmicro::Call later_;
  evmicro::Lifetime lifetime_;
};

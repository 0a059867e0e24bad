#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <evmicro/event_loop.h>
#include <evmicro/lifetime.h>
#include <evmicro/transport.h>

#include "http/server.h"

namespace evmicro::detail {

/// The HttpServer of a listener. Requests that have been handed out keep it alive, because their
/// connections outlive the listener.
class EvhttpPort final : private HttpServer::Observer {
 public:
  static Result<std::shared_ptr<EvhttpPort>> open(EventLoop& loop, std::string_view address,
                                                  const ListenOptions& options,
                                                  Listener::Observer& observer);
  EvhttpPort(EventLoop& loop, Listener::Observer& observer) : loop_(loop), observer_(&observer) {}

  EventLoop& loop() noexcept { return loop_; }
  HttpServer& server() noexcept { return *server_; }
  /// How long a connection is kept between requests; 0: no limit.
  std::chrono::milliseconds idleTimeout() const noexcept { return idleTimeout_; }
  /// The listener is being destroyed: stops accepting and calling the observer.
  void detach();

 private:
  void onRequest(HttpExchange exchange) override;
  void onRefused(const Metadata& headers, Page& answer) override;
  void onServerFailure(Status why) override;

  EventLoop& loop_;
  Listener::Observer* observer_;  // null once the listener has been destroyed
  std::chrono::milliseconds idleTimeout_{0};
  std::weak_ptr<EvhttpPort> self_;
  std::unique_ptr<HttpServer> server_;
};

/// Listens with evhttp, behind HttpServer's strict parser. Each request is a Socket of its own.
class EvhttpListener final : public Listener {
 public:
  explicit EvhttpListener(std::shared_ptr<EvhttpPort> port) : port_(std::move(port)) {}
  ~EvhttpListener() override { port_->detach(); }

  void stopAccepting() override { port_->server().stopAccepting(); }
  std::size_t awaited() const override { return port_->server().awaited(); }
  std::string address() const override { return port_->server().address(); }
  ListenerStats stats() const override;

 private:
  const std::shared_ptr<EvhttpPort> port_;  // shared with the sockets
};

/// One request to an EvhttpListener and its one reply.
class EvhttpRequestSocket final : public Socket {
 public:
  EvhttpRequestSocket(std::shared_ptr<EvhttpPort> port, HttpExchange exchange);
  ~EvhttpRequestSocket() override;

  Lifetime::Watch watch() const { return lifetime_.watch(); }
  /// Delivers the next pending event: the request, the peer's close, the end. May destroy this
  /// object.
  void advance();

  void observe(Observer* observer) override;
  void send(const Metadata& headers, Buffer&& body) override;
  void sendRefusal(int status, const Metadata& headers, Buffer&& body) override;
  std::size_t queued() const noexcept override { return 0; }
  void pause() override { paused_ = true; }
  void resume() override;
  void finishSending() override {}
  void close() override;
  void abort() override;
  void setIdleTimeout(std::chrono::milliseconds) override {}  // done by the HttpServer
  bool reusable() const noexcept override { return !peerCloses_; }
  bool carriesStreams() const noexcept override { return false; }
  std::string peerAddress() const override { return peer_; }
  std::string localAddress() const override { return port_->server().address(); }

 private:
  void wake();
  void giveUp(std::string_view why);

  const std::shared_ptr<EvhttpPort> port_;  // shared with the listener
  std::optional<HttpExchange> exchange_;    // until it is answered
  Message request_;
  const std::string peer_;
  const bool peerCloses_;
  Observer* observer_ = nullptr;
  bool delivered_ = false;
  bool paused_ = false;
  bool peerLeft_ = false;
  std::optional<Status> end_;  // to be reported
  bool over_ = false;
  Call turn_;
  Lifetime lifetime_;
};

}  // namespace evmicro::detail

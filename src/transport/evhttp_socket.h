#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <evmicro/event_loop.h>
#include <evmicro/lifetime.h>
#include <evmicro/timer.h>
#include <evmicro/transport.h>

#include "event/handles.h"
#include "net/dial_address.h"

namespace evmicro::detail {

using EvdnsBase = std::shared_ptr<evdns_base>;
using EvhttpClient = CHandle<evhttp_connection, evhttp_connection_free>;

/// A dialled connection of the evhttp transport: libevent's HTTP client, one request at a time. The
/// callbacks of evhttp only take notes; observers are called in turns of their own, so a socket is
/// never destroyed while evhttp is at work on its connection.
class EvhttpSocket final : public Socket {
 public:
  /// Connects at the first request. `names` may be null when the host is an address.
  EvhttpSocket(EventLoop& loop, EvdnsBase names, const DialAddress& address, std::string authority,
               const DialOptions& options);
  ~EvhttpSocket() override;

  void observe(Observer* observer) override;
  void send(const Metadata& headers, Buffer&& body) override;
  std::size_t queued() const noexcept override;
  void pause() override { paused_ = true; }
  void resume() override;
  void finishSending() override { finished_ = true; }
  void close() override;
  void abort() override;
  void setIdleTimeout(std::chrono::milliseconds timeout) override;
  bool reusable() const noexcept override;
  bool carriesStreams() const noexcept override { return false; }
  std::string peerAddress() const override { return authority_; }
  std::string localAddress() const override;

 private:
  void disconnect();
  void wake();
  void advance();
  void over(Status why);
  void fail(Status why);
  void takeReply(evhttp_request* request);
  void takeFailure();
  void onConnectTime();
  int fd() const noexcept;
  bool connected() const noexcept;
  static void onReply(evhttp_request* request, void* self) noexcept;
  static void onError(evhttp_request_error error, void* self) noexcept;
  static void onDisconnect(evhttp_connection* connection, void* self) noexcept;

  EventLoop& loop_;
  const EvdnsBase names_;  // with the transport and its sockets
  const std::string authority_;
  const std::chrono::milliseconds connectTimeout_;
  EvhttpClient connection_;
  Observer* observer_ = nullptr;
  std::size_t requestBytes_ = 0;
  bool waiting_ = false;       // for a reply
  bool made_ = false;          // the connection was, before it went
  bool disconnected_ = false;  // by the peer, or by evhttp after an error
  bool keepsAlive_ = false;    // the last reply has said so
  bool finished_ = false;
  bool closing_ = false;
  bool paused_ = false;
  bool over_ = false;
  std::optional<evhttp_request_error> error_;
  std::optional<Message> reply_;  // to be delivered
  std::optional<Status> end_;     // to be told
  std::chrono::milliseconds idleTimeout_{0};
  Timer connectTimer_;
  Timer idleTimer_;
  Timer closeTimer_;
  Call turn_;
  Lifetime lifetime_;
};

}  // namespace evmicro::detail

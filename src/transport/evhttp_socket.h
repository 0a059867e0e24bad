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
#include "net/resolver.h"

namespace evmicro::detail {

using EvhttpClient = CHandle<evhttp_connection, evhttp_connection_free>;

/// A dialled connection of the evhttp transport: libevent's HTTP client, one request at a time. The
/// callbacks of evhttp only record what has happened; observers are called in turns of their own,
/// so a socket is never destroyed while evhttp is using its connection.
class EvhttpSocket final : public Socket {
 public:
  /// Connects at the first request, trying the addresses of the host in turn.
  EvhttpSocket(EventLoop& loop, Resolver& resolver, const DialAddress& address,
               std::string authority, const DialOptions& options);
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
  void onResolved(Result<ResolvedAddresses> found);
  void connectNext();
  void request();
  void disconnect();
  void wake();
  void advance();
  void over(Status why);
  void fail(Status why);
  void takeReply(evhttp_request* request);
  void takeFailure();
  void requestEnded();
  void onConnectTime();
  int fd() const noexcept;
  bool connected() const noexcept;
  static void onReply(evhttp_request* request, void* self) noexcept;
  static void onError(evhttp_request_error error, void* self) noexcept;
  static void onDisconnect(evhttp_connection* connection, void* self) noexcept;

  EventLoop& loop_;
  const std::string authority_;
  const DialOptions options_;
  ResolvedAddresses addresses_;  // empty until they are known
  std::size_t next_ = 0;         // of them
  EvhttpClient connection_;      // none before the first request
  Metadata headers_;             // of the request in progress
  Buffer body_;
  Observer* observer_ = nullptr;
  bool waiting_ = false;       // for a reply
  bool made_ = false;          // a connection had been established
  bool disconnected_ = false;  // by the peer, or by evhttp after an error
  bool keepsAlive_ = false;    // announced by the last reply
  bool finished_ = false;
  bool closing_ = false;
  bool paused_ = false;
  bool over_ = false;
  bool unreached_ = false;  // the last address could not be reached, and there is another
  std::optional<evhttp_request_error> error_;
  std::optional<Message> reply_;  // to be delivered
  std::optional<Status> end_;     // to be reported
  std::chrono::milliseconds idleTimeout_{0};
  Timer connectTimer_;
  Timer idleTimer_;
  Timer closeTimer_;
  Call lookup_;
  Call turn_;
  Lifetime lifetime_;
};

}  // namespace evmicro::detail

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <evmicro/event_loop.h>
#include <evmicro/lifetime.h>
#include <evmicro/message.h>
#include <evmicro/status.h>

#include "event/handles.h"
#include "event/http_reader.h"

namespace evmicro::detail {

struct HttpServerOptions {
  std::size_t maxBodyBytes = 64U << 20;
  std::size_t maxHeaderBytes = 64U << 10;
  std::size_t maxConnections = 0;  ///< 0: no limit; over it: 503 and close
  std::chrono::milliseconds idleTimeout{120'000};
  std::chrono::milliseconds requestTimeout{30'000};  ///< from its first byte to its last
};

/// A connection taken away from evhttp for good. Destroying it closes the connection at once.
class TakenConnection {
 public:
  TakenConnection() noexcept;
  TakenConnection(TakenConnection&& other) noexcept;
  TakenConnection& operator=(TakenConnection&& other) noexcept;
  ~TakenConnection();

  /// The bufferevent, enabled for nothing, no callbacks, no time-outs; bytes that came after the
  /// first request are in its input. Owned by evhttp's connection: never free it.
  bufferevent* stream() const noexcept;
  explicit operator bool() const noexcept { return state_ != nullptr; }

 private:
  friend class HttpExchange;
  friend class HttpServer;
  struct State;
  std::unique_ptr<State> state_;  // keeps the evhttp alive, too
};

/// One request, and the obligation to answer it, now or in a later turn of the loop. Answers
/// exactly once; dropped unanswered it sends a 500 that says so. Answering after the peer or the
/// server has gone is harmless.
class HttpExchange {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;

  HttpExchange(HttpExchange&& other) noexcept;
  HttpExchange& operator=(HttpExchange&&) = delete;
  ~HttpExchange();

  const std::string& method() const noexcept;  ///< "GET"
  const std::string& path() const noexcept;    ///< as sent (not decoded), without the query
  const std::string& query() const noexcept;   ///< as sent, without the '?'
  const HttpHead& head() const noexcept;
  /// Canonical names, first of repeated ones. May be moved out.
  Message& message() noexcept;
  std::string peerAddress() const;

  /// Runs `gone` when the peer leaves before the answer. At most once, from the loop.
  void onGone(std::function<void()> gone);

  void reply(int status, const Headers& headers, std::string_view body);
  /// Answers and closes the connection after the reply.
  void replyAndClose(int status, const Headers& headers, std::string_view body);

  /// Takes the connection over; evhttp will not touch it again. Only from within onRequest. The
  /// obligation to answer goes with it. message() stays readable.
  TakenConnection takeOver();

 private:
  friend class HttpServer;
  struct State;
  explicit HttpExchange(std::shared_ptr<State> state) noexcept;
  std::shared_ptr<State> state_;  // shared with evhttp's callbacks for this request
};

/// HTTP/1.1 server on evhttp, with the traps of libevent 2.1.12 closed: deferred accepts, limits on
/// size and time that a slow sender cannot stretch, smuggling shapes refused with 400 and close,
/// held requests that notice when their peer leaves.
class HttpServer {
 public:
  class Handler {
   public:
    virtual void onRequest(HttpExchange exchange) = 0;
    /// Accepting has failed for good.
    virtual void onServerFailure(Status why) = 0;

   protected:
    ~Handler() = default;
  };

  /// Listens on `address` (see parseListenAddress). `loop` and `handler` must outlive it.
  static Result<std::unique_ptr<HttpServer>> open(EventLoop& loop, std::string_view address,
                                                  HttpServerOptions options, Handler& handler);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  /// Stops accepting and closes every connection that evhttp still has. Taken connections live on.
  ~HttpServer();

  /// Accepts no more; connections live on.
  void stopAccepting();
  const std::string& address() const noexcept;
  /// Connections now open, taken ones included.
  std::size_t connections() const noexcept;
  std::uint64_t acceptDeferrals() const noexcept;

 private:
  struct Core;
  explicit HttpServer(std::shared_ptr<Core> core) noexcept;
  std::shared_ptr<Core> core_;  // shared with taken connections, which evhttp must outlive
};

}  // namespace evmicro::detail

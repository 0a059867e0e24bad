#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <evmicro/event_loop.h>
#include <evmicro/message.h>
#include <evmicro/status.h>
#include <evmicro/transport.h>

#include "event/handles.h"
#include "http/reader.h"
#include "http/refusal.h"

namespace evmicro::detail {

class EvhttpGate;
class HttpServerCore;

/// Zero: no limit.
struct HttpServerOptions {
  std::size_t maxBodyBytes = 64U << 20;              ///< over it: 413 and close
  std::size_t maxHeaderBytes = 64U << 10;            ///< over it: 431 and close
  std::size_t maxConnections = 0;                    ///< over it: 503 and close
  std::chrono::milliseconds idleTimeout{120'000};    ///< between requests, or a reply not taken
  std::chrono::milliseconds requestTimeout{30'000};  ///< first byte to last; over it: 408 and close
  /// `Expect: 100-continue` is answered when the body does not come by itself.
  bool offersContinue = true;
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

  const std::string& method() const noexcept;  ///< "GET"; one of HTTP's
  const std::string& path() const noexcept;    ///< as sent (not decoded), without the query
  const std::string& query() const noexcept;   ///< as sent, without the '?'
  const HttpHead& head() const noexcept;
  /// Canonical names, first of repeated ones. Without a body but for POST, PUT and PATCH: evhttp
  /// knows none elsewhere. May be moved out.
  Message& message() noexcept;
  /// `host:port`; empty once the connection has gone.
  std::string peerAddress() const;

  /// Runs `gone` when the peer leaves before the answer (or has left already). At most once, in a
  /// turn of its own; not after the answer, nor after the server has been destroyed. May destroy
  /// this exchange. A peer that ends its sending side while it waits counts as having left.
  void onGone(std::function<void()> gone);

  /// `status` from 200. Framing headers among `headers` are ignored: length and connection are the
  /// server's business. HEAD, 204 and 304 get no body on the wire. A header that would break the
  /// framing (no token, control bytes) turns the reply into a 500 that says so.
  void reply(int status, const Headers& headers, std::string_view body);
  /// Answers and closes the connection after the reply.
  void replyAndClose(int status, const Headers& headers, std::string_view body);

 private:
  friend class EvhttpGate;
  struct State;
  explicit HttpExchange(std::shared_ptr<State> state) noexcept;
  void send(int status, const Headers& headers, std::string_view body, bool close);

  std::shared_ptr<State> state_;  // shared with the connection while it serves this request
};

/// HTTP/1.1 server on evhttp behind a strict reader, with the traps of libevent 2.1.12 closed:
/// deferred accepts, limits on size and time that a slow sender cannot stretch, smuggling shapes
/// refused with 400 and close, held requests that notice when their peer leaves.
class HttpServer {
 public:
  class Observer {
   public:
    /// May answer at once, keep the exchange, destroy the server.
    virtual void onRequest(HttpExchange exchange) = 0;
    /// A POST whose `headers` have come is refused, and the connection closes with `answer`, which
    /// may be put in another form here. Must destroy nothing.
    virtual void onRefused(const Metadata& /*headers*/, Page& /*answer*/) {}
    /// Accepting has failed for good. May destroy the server.
    virtual void onServerFailure(Status why) = 0;

   protected:
    ~Observer() = default;
  };

  /// Listens on `address` (see openListeningSockets). `loop` must outlive it and what it hands out,
  /// `observer` must outlive it.
  static Result<std::unique_ptr<HttpServer>> open(EventLoop& loop, std::string_view address,
                                                  HttpServerOptions options, Observer& observer);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  /// Stops accepting and closes every connection. The observer is not called any more, nor is
  /// `gone` of an exchange.
  ~HttpServer();

  /// Accepts what has connected so far, in this turn of the loop or the next, and no more;
  /// connections live on.
  void stopAccepting();
  /// `host:port` as bound.
  const std::string& address() const noexcept;
  /// Connections whose first request is still to come.
  std::size_t awaited() const noexcept;
  /// Connections now open.
  std::size_t connections() const noexcept;
  /// Connections accepted so far.
  std::uint64_t accepted() const noexcept;
  std::uint64_t acceptDeferrals() const noexcept;
  /// Requests refused so far.
  const HttpRefusals& refusals() const noexcept;

 private:
  explicit HttpServer(std::shared_ptr<HttpServerCore> core) noexcept;
  std::shared_ptr<HttpServerCore> core_;  // shared with the loop, once it is to be destroyed
};

}  // namespace evmicro::detail

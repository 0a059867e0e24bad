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
#include <evmicro/tls.h>
#include <evmicro/transport.h>

#include "event/handles.h"
#include "http/reader.h"
#include "http/refusal.h"

namespace evmicro::detail {

class EvhttpGate;
class HttpServerCore;

/// Zero: no limit.
struct HttpServerOptions {
  std::size_t maxBodyBytes = 16U << 20;    ///< above it: 413 and close
  std::size_t maxHeaderBytes = 64U << 10;  ///< above it: 431 and close
  std::size_t maxHeaderLines = 128;        ///< above it: 431 and close
  std::size_t maxConnections = 0;          ///< as in ListenOptions
  std::size_t maxConnectionsPerPeer = 0;   ///< as in ListenOptions
  std::size_t memoryBytes = 256U << 20;    ///< as ListenOptions::memoryBytes
  std::size_t minReadRate = 1U << 10;      ///< as ListenOptions::minReadRate
  std::size_t maxHandshakes = 1'024;       ///< as ListenOptions::maxHandshakes
  std::chrono::milliseconds idleTimeout{
      120'000};  ///< between requests, or a reply that is not read
  std::chrono::milliseconds requestTimeout{
      30'000};  ///< first byte to last; above it: 408 and close
  /// Whether to answer `Expect: 100-continue` if the body does not arrive by itself.
  bool offersContinue = true;
  /// The server's certificate; null: no TLS.
  std::shared_ptr<const TlsOptions> tls;
};

/// The limits of `options`; not its TLS.
HttpServerOptions httpServerOptions(const ListenOptions& options);

/// One request, and the obligation to answer it, now or in a later turn of the loop. Answers
/// exactly once; if it is destroyed unanswered, it sends a 500 that says so. Answering after the
/// peer or the server has gone has no effect.
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
  /// Canonical names, first of repeated ones. Has a body only with POST, PUT and PATCH: evhttp
  /// reads none with other methods. May be moved out.
  Message& message() noexcept;
  /// `host:port`; empty once the connection is closed.
  std::string peerAddress() const;

  /// Runs `gone` if the peer closes before the answer, or has done so already. At most once, in a
  /// turn of its own; not after the answer, nor after the server has been destroyed. May destroy
  /// this exchange. A peer that shuts down its sending side while it waits counts as having closed.
  void onGone(std::function<void()> gone);

  /// Answers; `status` is 200 or above. Framing headers among `headers` are ignored: the server
  /// sets length and connection. No body is sent to HEAD and with 204 and 304. A header that would
  /// break the framing (not a token, control bytes) turns the reply into a 500 that says so.
  void reply(int status, const Headers& headers, std::string_view body);
  /// Answers, and closes the connection after the reply.
  void replyAndClose(int status, const Headers& headers, std::string_view body);

 private:
  friend class EvhttpGate;
  struct State;
  explicit HttpExchange(std::shared_ptr<State> state) noexcept;
  void send(int status, const Headers& headers, std::string_view body, bool close);

  std::shared_ptr<State> state_;  // shared with the connection while it serves this request
};

/// HTTP/1.1 server on evhttp behind a strict parser, which works around the weaknesses of libevent
/// 2.1.12: accepting is paced, limits of size and time also hold for slow senders, requests suited
/// for smuggling are refused with 400 and close, and a held request notices when its peer closes.
class HttpServer {
 public:
  class Observer {
   public:
    /// May answer immediately, keep the exchange, or destroy the server.
    virtual void onRequest(HttpExchange exchange) = 0;
    /// A POST whose `headers` have arrived is refused, and the connection closes with `answer`,
    /// whose form may be changed here. Must not destroy anything.
    virtual void onRefused(const Metadata& /*headers*/, Page& /*answer*/) {}
    /// Accepting has failed permanently. May destroy the server.
    virtual void onServerFailure(Status why) = 0;

   protected:
    ~Observer() = default;
  };

  /// Listens on `address` (see openListeningSockets). `loop` must outlive the server and its
  /// exchanges, `observer` must outlive the server.
  static Result<std::unique_ptr<HttpServer>> open(EventLoop& loop, std::string_view address,
                                                  HttpServerOptions options, Observer& observer);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  /// Stops accepting and closes all connections. Neither the observer nor `gone` of an exchange is
  /// called afterwards.
  ~HttpServer();

  /// Accepts the connections that are in the backlog, in this turn of the loop or the next, and
  /// then no more; existing connections stay open.
  void stopAccepting();
  /// `host:port` as bound.
  const std::string& address() const noexcept;
  /// Connections that have not sent their first request yet.
  std::size_t awaited() const noexcept;
  /// Reads the certificate again, for new connections.
  Status reloadTls();
  /// Open connections.
  std::size_t connections() const noexcept;
  /// Connections accepted so far.
  std::uint64_t accepted() const noexcept;
  std::uint64_t acceptDeferrals() const noexcept;
  /// As in ListenerStats.
  std::uint64_t gaveWay() const noexcept;
  std::size_t heldBytes() const noexcept;
  std::uint64_t slowReaders() const noexcept;
  std::uint64_t overMemory() const noexcept;
  /// Requests refused so far.
  const HttpRefusals& refusals() const noexcept;

 private:
  explicit HttpServer(std::shared_ptr<HttpServerCore> core) noexcept;
  std::shared_ptr<HttpServerCore> core_;  // shared with the loop during destruction
};

}  // namespace evmicro::detail

#include <evmicro/web_server.h>

#include <chrono>
#include <ctime>
#include <exception>
#include <unordered_map>
#include <utility>

#include <evmicro/event_loop.h>
#include <evmicro/timer.h>

#include "base/hidden.h"
#include "base/log.h"
#include "http/admission.h"
#include "http/head.h"
#include "http/url.h"
#include "net/acceptor.h"
#include "net/stop_times.h"
#include "net/tcp_stream.h"
#include "net/tls.h"
#include "web/connection.h"
#include "web/cors.h"
#include "web/routes.h"

namespace evmicro {

using detail::WebConnection;
using detail::WebExchange;

std::optional<std::string_view> findField(const WebFields& fields, std::string_view name) {
  for (const auto& [each, value] : fields) {
    if (each == name) return value;
  }
  return std::nullopt;
}

std::optional<WebFields> parseForm(std::string_view text) {
  const auto query = detail::UrlQuery::parse(text);
  if (!query) return std::nullopt;
  return query->entries();
}

// --- WebReply

WebReply::WebReply(std::shared_ptr<WebExchange> exchange) noexcept
    : exchange_(std::move(exchange)) {}
WebReply::WebReply(WebReply&&) noexcept = default;

WebReply::~WebReply() {
  if (!exchange_ || !exchange_->connection) return;
  if (exchange_->begun) {
    exchange_->connection->breakOff();
    return;
  }
  send(500, {{"Content-Type", "text/plain; charset=utf-8"}}, "the handler did not answer\n");
}

void WebReply::send(int status, const WebFields& headers, std::string_view body) {
  const std::shared_ptr<WebExchange> exchange = exchange_;
  if (!exchange->connection || exchange->begun) return;
  exchange->connection->send(*exchange, status, headers, body);
}

void WebReply::begin(int status, const WebFields& headers, std::optional<std::uint64_t> length) {
  if (exchange_->connection) exchange_->connection->begin(*exchange_, status, headers, length);
}

bool WebReply::write(std::string_view bytes) {
  if (!exchange_->connection || !exchange_->begun) return false;
  return exchange_->connection->write(*exchange_, bytes);
}

void WebReply::end() {
  const std::shared_ptr<WebExchange> exchange = exchange_;
  if (exchange->connection && exchange->begun) exchange->connection->end(*exchange);
}

void WebReply::onWritable(std::function<void()> onWritable) {
  exchange_->onWritable = std::move(onWritable);
}

void WebReply::onGone(std::function<void()> onGone) {
  if (exchange_->gone) {
    exchange_->telling = onGone ? exchange_->loop.defer(std::move(onGone)) : Call();
  } else if (exchange_->connection) {
    exchange_->onGone = std::move(onGone);
  }
}

// --- WebServer

class EVMICRO_HIDDEN WebServer::Impl final : private detail::Acceptor::Observer,
                                             public WebConnection::Owner {
 public:
  Impl(EventLoop& loop, WebServerOptions options)
      : loop_(loop),
        options_(std::move(options)),
        shared_(std::make_shared<detail::HttpSocketShared>(loop, options_.limits)),
        allClosed_(loop,
                   [this] {
                     if (const auto closed = std::exchange(onClosed_, nullptr)) {
                       closed();  // may destroy this
                     }
                   }),
        look_(loop, [this] { closeIdle(); }) {
    shared_->anyMethod = true;
    shared_->limits.keepRepeated = true;
    shared_->limits.heads = true;
  }

  void handle(std::string method, std::string_view pattern, Handler handler) {
    routes_.add(std::move(method), pattern, std::move(handler));
  }

  void handleStreamed(std::string method, std::string_view pattern, StreamHandler handler) {
    routes_.addStreamed(std::move(method), pattern, std::move(handler));
    hasStreamed_ = true;
  }

  Status start() {
    auto tls = detail::makeListenerTls(loop_, options_.limits);
    if (!tls.ok()) return std::move(tls).status().withContext("web server");
    tls_ = std::move(*tls);
    auto acceptor = detail::Acceptor::open(loop_, options_.address, *this);
    if (!acceptor.ok()) return std::move(acceptor).status().withContext("web server");
    acceptor_ = std::move(*acceptor);
    return {};
  }

  void stop() {
    if (!acceptor_) return;
    acceptor_->acceptWaiting();
    acceptor_->stop();
    for (const auto& [connection, owned] : connections_) connection->noteStopping();
    look_.start(detail::kStopLook);
  }

  void stop(std::function<void()> closed) {
    onClosed_ = std::move(closed);
    stop();
    noteClosed();
  }

  std::string address() const { return acceptor_ ? acceptor_->address() : std::string(); }
  std::size_t connections() const noexcept { return connections_.size(); }

  ListenerStats stats() const {
    ListenerStats stats;
    stats.connections = connections_.size();
    stats.accepted = accepted_;
    stats.acceptDeferrals = acceptor_ ? acceptor_->deferrals() : 0;
    stats.malformed = shared_->refusals.malformed;
    stats.tooLarge = shared_->refusals.tooLarge;
    stats.tooSlow = shared_->refusals.tooSlow;
    stats.tooManyConnections = shared_->refusals.tooManyConnections;
    stats.heldBytes = shared_->memory.held();
    stats.overMemory = shared_->memory.givenUp();
    stats.slowReaders = shared_->slowReaders;
    stats.gaveWay = shared_->admission.gaveWay();
    if (tls_) {
      const detail::TlsServer::Stats tls = tls_->stats();
      stats.tlsHandshakes = tls.handshakes;
      stats.tlsRefused = tls.refused;
      stats.certificateExpires = tls.expires;
    }
    return stats;
  }

  Status reloadTls() { return tls_ ? tls_->reload() : Status(); }

 private:
  // What had arrived when the server was stopped has been read meanwhile.
  void closeIdle() {
    bool awaited = false;
    for (const auto& [connection, owned] : connections_) {
      if (connection->awaitsRequest()) {
        awaited = true;
      } else {
        connection->closeWhenIdle();
      }
    }
    if (awaited) look_.start(detail::kStopLook);
  }

  void onAccepted(int fd) override {
    ++accepted_;
    std::unique_ptr<detail::ByteStream> stream = std::make_unique<detail::TcpStream>(loop_, fd);
    std::unique_ptr<detail::PeerLimit::Ticket> ticket;
    const detail::HttpRefusal* const why = shared_->admission.admit(fd, ticket);
    if (tls_) {
      // A handshake only to refuse would cost more than the connection.
      if (why) return shared_->refusals.note(*why);
      stream = tls_->wrap(std::move(stream));
    }
    auto socket = std::make_unique<detail::HttpSocket>(shared_, std::move(stream));
    socket->admit(std::move(ticket));
    if (why && shared_->admission.turnedAway() >= detail::Admission::kRefusedAtOnce) return;
    detail::HttpSocket& accepted = *socket;
    auto connection = std::make_unique<WebConnection>(
        loop_, *this, std::move(socket), options_.limits.idleTimeout,
        options_.limits.highWaterBytes, options_.limits.maxBodyBytes);
    connections_.emplace(connection.get(), std::move(connection));
    if (why) accepted.turnAway(*why);
  }

  void onNoDescriptor() override { shared_->admission.makeRoom(); }

  void onAcceptFailure(Status why) override {
    EVMICRO_LOG_ERROR("web", "Accepting failed permanently: " << why.detail());
  }

  void onErrorPage(Page& answer) override {
    if (options_.errorPage) options_.errorPage(answer);
  }

  void answerWithPage(WebReply& reply, int status, std::string body, WebFields headers = {}) {
    Page answer;
    answer.status = status;
    answer.body = std::move(body);
    onErrorPage(answer);
    headers.emplace_back("Content-Type", answer.contentType);
    reply.send(answer.status, headers, answer.body);
  }

  bool takesParts(std::string_view method, std::string_view target) override {
    if (!hasStreamed_ || (method == "OPTIONS" && !options_.corsOrigins.empty())) return false;
    const std::string_view path = detail::splitHttpTarget(target).path;
    return detail::cleanPath(path) == path && routes_.find(method, path).streamed;
  }

  void onRequest(WebRequest request, WebBody body, WebReply reply,
                 const std::shared_ptr<WebExchange>& exchange) override {
    exchange->common =
        detail::corsHeaders(options_.corsOrigins, findField(request.headers, "Origin"));
    const detail::HttpTarget target = detail::splitHttpTarget(request.target);
    if (request.method == "OPTIONS" && !options_.corsOrigins.empty()) {
      return reply.send(200, {}, {});
    }
    if (std::string clean = detail::cleanPath(target.path); clean != target.path) {
      if (request.target == "*") return answerWithPage(reply, 400, "not a path: *\n");
      clean = detail::asLocation(clean);
      if (!target.query.empty()) clean.append("?").append(target.query);
      return answerWithPage(reply, 301, "moved to " + clean + "\n", {{"Location", clean}});
    }
    detail::WebRoutes::Found found = routes_.find(request.method, target.path);
    if (!found.handler && !found.streamed) {
      if (found.allowed.empty()) return answerWithPage(reply, 404, "404 page not found\n");
      return answerWithPage(reply, 405, "Method not allowed\n", {{"Allow", found.allowed}});
    }
    request.params = std::move(found.params);
    invoke(exchange, [&] {
      // The handler may destroy the server, and so itself: `found` shares it.
      if (found.streamed) {
        (*found.streamed)(std::move(request), std::move(body), std::move(reply));
      } else {
        (*found.handler)(std::move(request), std::move(reply));
      }
    });
  }

  template <typename Call>
  static void invoke(const std::shared_ptr<WebExchange>& exchange, const Call& call) {
    try {
      call();
    } catch (const std::exception& error) {
      EVMICRO_LOG_ERROR("web", "A handler threw: " << error.what());
      WebReply again(exchange);  // the handler's own was destroyed and has answered with 500
    }
  }

  void onReplied(const WebExchange& exchange) override {
    if (options_.onReplied) options_.onReplied(exchange.status);
    if (!options_.accessLog || !exchange.logged) return;
    options_.accessLog(detail::accessLogLine(*exchange.logged, std::time(nullptr), exchange.status,
                                             exchange.bodyBytes));
  }

  void onConnectionOver(WebConnection& connection) override {
    const auto place = connections_.find(&connection);
    loop_.deleteLater(std::move(place->second));
    connections_.erase(place);
    noteClosed();
  }

  void noteClosed() {
    if (connections_.empty() && onClosed_) allClosed_.start(std::chrono::seconds(0));
  }

  EventLoop& loop_;
  const WebServerOptions options_;
  const std::shared_ptr<detail::HttpSocketShared> shared_;  // shared with the sockets
  std::shared_ptr<detail::TlsServer> tls_;                  // shared with its streams; null: no TLS
  detail::WebRoutes routes_;
  std::unordered_map<WebConnection*, std::unique_ptr<WebConnection>> connections_;
  std::unique_ptr<detail::Acceptor> acceptor_;
  std::uint64_t accepted_ = 0;
  bool hasStreamed_ = false;
  std::function<void()> onClosed_;  // of stop()
  Timer allClosed_;
  Timer look_;  // after stop(): for idle connections
};

WebServer::WebServer(EventLoop& loop, WebServerOptions options)
    : impl_(std::make_unique<Impl>(loop, std::move(options))) {}
WebServer::~WebServer() = default;

void WebServer::handle(std::string method, std::string pattern, Handler handler) {
  impl_->handle(std::move(method), pattern, std::move(handler));
}

void WebServer::handleStreamed(std::string method, std::string pattern, StreamHandler handler) {
  impl_->handleStreamed(std::move(method), pattern, std::move(handler));
}

Status WebServer::start() { return impl_->start(); }
void WebServer::stop() { impl_->stop(); }
void WebServer::stop(std::function<void()> closed) { impl_->stop(std::move(closed)); }
std::string WebServer::address() const { return impl_->address(); }
std::size_t WebServer::connections() const noexcept { return impl_->connections(); }
ListenerStats WebServer::stats() const { return impl_->stats(); }
Status WebServer::reloadTls() { return impl_->reloadTls(); }

}  // namespace evmicro

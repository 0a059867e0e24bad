#include "transport/evhttp_listener.h"

#include <utility>

#include <evmicro/carried_headers.h>

#include "http/page.h"

namespace evmicro::detail {

namespace {

constexpr std::uint64_t kForever = 86'400;  // seconds, sent if there is no idle timeout

HttpServerOptions serverOptions(const ListenOptions& options) {
  HttpServerOptions http = httpServerOptions(options);
  http.offersContinue = false;  // Go's clients take it for the reply
  return http;
}

void servePage(HttpExchange exchange, const Page& page) {
  const HttpExchange::Headers headers = pageHeaders(page, exchange.method());
  if (page.close) {
    exchange.replyAndClose(page.status, headers, page.body);
  } else {
    exchange.reply(page.status, headers, page.body);
  }
}

bool asksToClose(const Metadata& headers) {
  const std::string_view value = headers.get("Connection").value_or("");
  return value == "close" || value == "Close";
}

// The Keep-Alive header: how long the connection is kept for another request.
std::string keepAlive(std::chrono::milliseconds idle) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(idle).count();
  return "timeout=" + std::to_string(seconds > 0 ? static_cast<std::uint64_t>(seconds) : kForever);
}

}  // namespace

// --- the port

Result<std::shared_ptr<EvhttpPort>> EvhttpPort::open(EventLoop& loop, std::string_view address,
                                                     const ListenOptions& options,
                                                     Listener::Observer& observer) {
  auto port = std::make_shared<EvhttpPort>(loop, observer);
  HttpServer::Observer& self = *port;
  auto server = HttpServer::open(loop, address, serverOptions(options), self);
  if (!server.ok()) return std::move(server).status().withContext("transport");
  port->server_ = std::move(*server);
  port->idleTimeout_ = options.idleTimeout;
  port->self_ = port;
  return port;
}

void EvhttpPort::detach() {
  observer_ = nullptr;
  server_->stopAccepting();
}

void EvhttpPort::onRequest(HttpExchange exchange) {
  const auto alive = self_.lock();
  if (!observer_) return exchange.replyAndClose(503, {}, "the server has stopped\n");
  if (exchange.method() == "POST") {
    auto socket = std::make_unique<EvhttpRequestSocket>(alive, std::move(exchange));
    EvhttpRequestSocket* const raw = socket.get();
    const auto watch = raw->watch();
    observer_->onAccept(std::move(socket));  // may destroy the socket and the listener
    if (!watch.expired()) raw->advance();
    return;
  }
  const bool known = asksForPage(exchange.method());
  const Page page = known ? observer_->onPage(exchange.path()) : pageForMethod(exchange.method());
  servePage(std::move(exchange), page);
}

void EvhttpPort::onRefused(const Metadata& headers, Page& answer) {
  if (observer_) observer_->onRefused(headers, answer);
}

void EvhttpPort::onServerFailure(Status why) {
  if (observer_) observer_->onListenerFailure(std::move(why));
}

ListenerStats EvhttpListener::stats() const {
  const HttpServer& server = port_->server();
  ListenerStats stats;
  stats.connections = server.connections();
  stats.accepted = server.accepted();
  stats.acceptDeferrals = server.acceptDeferrals();
  stats.malformed = server.refusals().malformed;
  stats.tooLarge = server.refusals().tooLarge;
  stats.tooSlow = server.refusals().tooSlow;
  stats.tooManyConnections = server.refusals().tooManyConnections;
  stats.heldBytes = server.heldBytes();
  stats.overMemory = server.overMemory();
  stats.gaveWay = server.gaveWay();
  stats.slowReaders = server.slowReaders();
  return stats;
}

// --- a request

EvhttpRequestSocket::EvhttpRequestSocket(std::shared_ptr<EvhttpPort> port, HttpExchange exchange)
    : port_(std::move(port)),
      exchange_(std::move(exchange)),
      request_(std::move(exchange_->message())),
      peer_(exchange_->peerAddress()),
      peerCloses_(exchange_->head().close) {
  exchange_->onGone([this] {
    peerLeft_ = true;
    wake();
  });
}

EvhttpRequestSocket::~EvhttpRequestSocket() = default;

void EvhttpRequestSocket::wake() {
  turn_ = port_->loop().defer([this] { advance(); });
}

void EvhttpRequestSocket::observe(Observer* observer) {
  observer_ = observer;
  if (observer && (!delivered_ || end_ || peerLeft_)) wake();
}

void EvhttpRequestSocket::resume() {
  paused_ = false;
  if (!delivered_) wake();
}

void EvhttpRequestSocket::advance() {
  if (!observer_ || over_) return;
  const Lifetime::Watch alive = watch();
  if (!delivered_ && !end_) {
    if (paused_) return;
    delivered_ = true;
    turn_.cancel();
    observer_->onMessage(request_);
  } else if (end_) {
    over_ = true;
    return observer_->onClosed(*std::exchange(end_, std::nullopt));
  } else if (std::exchange(peerLeft_, false)) {
    observer_->onPeerFinished();
  }
  if (!alive.expired() && (end_ || peerLeft_)) wake();
}

void EvhttpRequestSocket::send(const Metadata& headers, Buffer&& body) {
  sendRefusal(200, headers, std::move(body));
}

void EvhttpRequestSocket::sendRefusal(int status, const Metadata& headers, Buffer&& body) {
  if (over_ || (end_ && !exchange_ && !end_->ok())) return;
  if (!exchange_) {
    end_ = Status::invalid("evhttp does not carry streams: a request has one reply");
    return wake();
  }
  HttpExchange::Headers out;
  out.reserve(headers.size() + 1);
  for (const Metadata::Entry& entry : headers) {
    if (!isCarriedHeader(entry.name)) continue;
    std::string value;
    appendHeaderValue(value, entry.value);
    out.emplace_back(entry.name, std::move(value));
  }
  const bool close = peerCloses_ || asksToClose(headers);
  if (!close) out.emplace_back("Keep-Alive", keepAlive(port_->idleTimeout()));
  HttpExchange exchange = std::move(*exchange_);
  exchange_.reset();
  peerLeft_ = false;
  if (!end_) end_ = Status();
  wake();
  if (close) {
    exchange.replyAndClose(status, out, body.contiguous());
  } else {
    exchange.reply(status, out, body.contiguous());
  }
}

// In HTTP a request cannot end without a reply.
void EvhttpRequestSocket::giveUp(std::string_view why) {
  if (!exchange_) return;
  HttpExchange exchange = std::move(*exchange_);
  exchange_.reset();
  exchange.replyAndClose(500, {{"Content-Type", "text/plain; charset=utf-8"}}, why);
}

void EvhttpRequestSocket::close() {
  if (over_) return;
  giveUp("the request was closed without an answer\n");
  if (!end_) end_ = Status();
  wake();
}

void EvhttpRequestSocket::abort() {
  giveUp("the request was aborted\n");
  over_ = true;
  end_.reset();
  turn_.cancel();
}

}  // namespace evmicro::detail

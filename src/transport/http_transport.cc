#include <evmicro/http_transport.h>

#include <evmicro/event_loop.h>

#include "http/page.h"
#include "http/server.h"
#include "http/socket.h"
#include "transport/http_dialler.h"

namespace evmicro {

namespace {

using detail::HttpExchange;
using detail::HttpServer;
using detail::HttpSocket;

class HttpListener final : public Listener, private HttpServer::Handler {
 public:
  HttpListener(EventLoop& loop, ListenOptions options, Observer& observer)
      : loop_(loop), options_(options), observer_(observer) {}

  Status open(std::string_view address) {
    detail::HttpServerOptions http;
    http.maxBodyBytes = options_.maxBodyBytes;
    http.maxHeaderBytes = options_.maxHeaderBytes;
    http.maxConnections = options_.maxConnections;
    http.idleTimeout = options_.idleTimeout;
    http.requestTimeout = options_.messageTimeout;
    auto server = HttpServer::open(loop_, address, http, *this);
    if (!server.ok()) return server.status();
    server_ = std::move(*server);
    return {};
  }

  void stopAccepting() override { server_->stopAccepting(); }
  std::string address() const override { return server_->address(); }

  ListenerStats stats() const override {
    const detail::HttpRefusals& refused = server_->refusals();
    ListenerStats stats;
    stats.connections = server_->connections();
    stats.accepted = server_->accepted();
    stats.acceptDeferrals = server_->acceptDeferrals();
    stats.malformed = refused.malformed;
    stats.tooLarge = refused.tooLarge;
    stats.tooSlow = refused.tooSlow;
    stats.tooManyConnections = refused.tooManyConnections;
    return stats;
  }

 private:
  void onRequest(HttpExchange exchange) override {
    if (exchange.method() != "POST") {
      servePage(std::move(exchange));
      return;
    }
    auto socket =
        std::make_unique<HttpSocket>(loop_, exchange.takeOver(), exchange.head(), options_);
    HttpSocket* const raw = socket.get();
    const auto alive = raw->watch();
    observer_.onAccept(std::move(socket));  // may destroy the socket and this listener
    if (!alive.expired()) raw->deliverFirst(exchange.message());
  }

  void servePage(HttpExchange exchange) {
    const bool known = detail::asksForPage(exchange.method());
    const Page page = known ? observer_.onPage(exchange.path()) : detail::methodNotAllowed();
    // This listener may be gone: the exchange has noticed.
    if (page.close) {
      exchange.replyAndClose(page.status, detail::pageHeaders(page), page.body);
    } else {
      exchange.reply(page.status, detail::pageHeaders(page), page.body);
    }
  }

  void onServerFailure(Status why) override { observer_.onListenerFailure(std::move(why)); }

  EventLoop& loop_;
  const ListenOptions options_;
  Observer& observer_;
  std::unique_ptr<HttpServer> server_;
};

class HttpTransport final : public Transport {
 public:
  explicit HttpTransport(EventLoop& loop) : loop_(loop), dialler_(loop) {}

  std::string_view name() const override { return "http"; }

  Result<std::unique_ptr<Listener>> listen(std::string_view address, ListenOptions options,
                                           Listener::Observer& observer) override {
    auto listener = std::make_unique<HttpListener>(loop_, options, observer);
    Status status = listener->open(address);
    if (!status.ok()) return std::move(status).withContext("transport");
    return std::unique_ptr<Listener>(std::move(listener));
  }

  Result<std::unique_ptr<Socket>> dial(std::string_view address, DialOptions options) override {
    auto socket = dialler_.dial(address, options);
    if (!socket.ok()) return socket.status();
    return std::unique_ptr<Socket>(std::move(*socket));
  }

 private:
  EventLoop& loop_;
  detail::HttpDialler dialler_;
};

}  // namespace

std::unique_ptr<Transport> makeHttpTransport(EventLoop& loop) {
  return std::make_unique<HttpTransport>(loop);
}

}  // namespace evmicro

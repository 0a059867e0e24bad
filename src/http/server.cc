#include "http/server.h"

#include <utility>

#include "http/server_core.h"

namespace evmicro::detail {

HttpServerOptions httpServerOptions(const ListenOptions& options) {
  HttpServerOptions http;
  http.maxBodyBytes = options.maxBodyBytes;
  http.maxHeaderBytes = options.maxHeaderBytes;
  http.maxHeaderLines = options.maxHeaderLines;
  http.maxConnections = options.maxConnections;
  http.maxConnectionsPerPeer = options.maxConnectionsPerPeer;
  http.memoryBytes = options.memoryBytes;
  http.minReadRate = options.minReadRate;
  http.maxHandshakes = options.maxHandshakes;
  http.idleTimeout = options.idleTimeout;
  http.requestTimeout = options.messageTimeout;
  return http;
}

Result<std::unique_ptr<HttpServer>> HttpServer::open(EventLoop& loop, std::string_view address,
                                                     HttpServerOptions options,
                                                     Observer& observer) {
  auto core = HttpServerCore::open(loop, address, options, observer);
  if (!core.ok()) return std::move(core).status();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(*core)));
}

HttpServer::HttpServer(std::shared_ptr<HttpServerCore> core) noexcept : core_(std::move(core)) {}

HttpServer::~HttpServer() {
  core_->shutDown();
  // The evhttp itself may have a callback on the stack.
  EventLoop& loop = core_->loop();
  loop.deleteLater(std::move(core_));
}

void HttpServer::stopAccepting() { core_->acceptor().finish(); }
const std::string& HttpServer::address() const noexcept { return core_->acceptor().address(); }
Status HttpServer::reloadTls() { return core_->tls() ? core_->tls()->reload() : Status(); }
std::size_t HttpServer::connections() const noexcept { return core_->connections(); }
std::uint64_t HttpServer::acceptDeferrals() const noexcept { return core_->acceptor().deferrals(); }
std::uint64_t HttpServer::gaveWay() const noexcept { return core_->admission().gaveWay(); }
std::size_t HttpServer::heldBytes() const noexcept { return core_->memory().held(); }
std::uint64_t HttpServer::overMemory() const noexcept { return core_->memory().givenUp(); }
std::uint64_t HttpServer::slowReaders() const noexcept { return core_->slowReaders(); }
std::size_t HttpServer::awaited() const noexcept { return core_->awaited(); }
std::uint64_t HttpServer::accepted() const noexcept { return core_->accepted(); }
const HttpRefusals& HttpServer::refusals() const noexcept { return core_->refusals(); }

}  // namespace evmicro::detail

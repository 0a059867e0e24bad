// `evmicro api` as its users have it, but for the registry, which is one in memory: nobody looks
// the gateway up, and it has one service to find.
#include "bench/gateways.h"

#include <fcntl.h>
#include <unistd.h>

#include <list>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include <evmicro/memory_registry.h>
#include <evmicro/service.h>
#include <evmicro/web_socket.h>

#include "gateway/api.h"

namespace evmicro::bench {

namespace {

constexpr const char* kService = "go.micro.srv.greeter";

// The access log is written, to where it takes no room.
void discardErrors() {
  const int fd = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (fd < 0 || ::dup2(fd, STDERR_FILENO) < 0) throw std::runtime_error("no /dev/null");
  ::close(fd);
}

int portOf(const std::string& address) { return std::stoi(address.substr(address.rfind(':') + 1)); }

void registerBackend(Service& service, int port) {
  ServiceInfo info;
  info.name = kService;
  info.version = "1";
  info.nodes.push_back({"greeter-1", "127.0.0.1", static_cast<std::uint16_t>(port), {}});
  std::optional<Status> done;
  const Call call = service.registry().registerService(
      info, {}, [&done](Status status) { done = std::move(status); });
  static_cast<void>(service.loop().runUntil([&done] { return done.has_value(); }));
  if (!done || !done->ok()) throw std::runtime_error("the backend cannot be registered");
}

void serveApi(const std::string& handler, int backend, const Listening& listening) {
  EventLoop loop;
  ServiceOptions options;
  options.name = "go.micro.api";
  options.registry = "memory";
  Service service(loop, options);
  registerBackend(service, backend);
  gateway::ApiOptions api;
  api.address = "127.0.0.1:0";
  api.nameSpace = "go.micro.srv";
  api.handler = handler;
  gateway::ApiGateway gateway(service, api);
  if (const Status status = gateway.start(); !status.ok()) {
    throw std::runtime_error(status.toString());
  }
  discardErrors();
  listening(portOf(gateway.address()));
  static_cast<void>(loop.run());
}

}  // namespace

void passByEvmicro(int backend, const Listening& listening) {
  serveApi("proxy", backend, listening);
}
void callByEvmicroApi(int backend, const Listening& listening) {
  serveApi("rpc", backend, listening);
}

void serveWebSockets(const Listening& listening) {
  EventLoop loop;
  WebServerOptions options;
  options.address = "127.0.0.1:0";
  options.limits.maxConnections = 0;
  WebServer server(loop, options);
  std::list<WebSocket> kept;
  server.handle("GET", "/greeter", webSocketHandler([&kept](const WebRequest&, WebSocket socket) {
                  const auto place = kept.insert(kept.end(), std::move(socket));
                  place->onMessage(
                      [place](const WebSocketMessage& message) { place->sendText(message.data); });
                }));
  if (const Status status = server.start(); !status.ok()) {
    throw std::runtime_error(status.toString());
  }
  listening(portOf(server.address()));
  static_cast<void>(loop.run());
}

}  // namespace evmicro::bench

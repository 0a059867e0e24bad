// Bytes from outside on whole connections with streams: what looks like a reply goes to a client,
// everything else to a server. Neither may fail, and each connection must come to its end.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include <evmicro/client.h>
#include <evmicro/event_loop.h>
#include <evmicro/http_transport.h>
#include <evmicro/memory_registry.h>
#include <evmicro/server.h>
#include <evmicro/service_view.h>

#include "http/raw_peer.h"
#include "server/debug.pb.h"
#include "support/scripted_server.h"

namespace {

using namespace evmicro;
using Text = detail::HealthResponse;
using TextStream = ServerStream<Text, Text>;
using test::ScriptedServer;

void must(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

struct World {
  World() {
    const auto echo = [](const Context&, TextStream stream) {
      stream.onMessage([stream](const Text& message) mutable { stream.send(message); });
    };
    const auto three = [](const Context&, const Text& request, TextStream stream) {
      for (int i = 0; i < 3; ++i) stream.send(request);
      stream.finish();
    };
    for (const char* name : {"Peer.PingPong", "Peer.Sum"}) {
      server.handleStream<Text, Text>(name, echo);
    }
    server.handleStream<Text, Text>("Peer.Count", three);
    server.handleStream<JsonDocument, JsonDocument>(
        "Json.Chat", [](const Context&, ServerStream<JsonDocument, JsonDocument> stream) {
          stream.onMessage([stream](const JsonDocument& message) mutable { stream.send(message); });
        });
    bool started = false;
    server.start([&started](const Status& status) { started = status.ok(); });
    must(test::runUntil(loop, [&started] { return started; }), "the server does not start");
  }

  static ServerOptions options() {
    ServerOptions options;
    options.name = "peer";
    options.address = "127.0.0.1:0";
    options.limits.maxBodyBytes = 1 << 16;
    return options;
  }

  EventLoop loop;
  std::unique_ptr<Transport> transport = makeHttpTransport(loop);
  std::unique_ptr<Registry> registry = makeMemoryRegistry(loop);
  ServiceView view{loop, *registry};
  std::unique_ptr<Selector> selector = makeRandomSelector(view);
  Server server{loop, *transport, *registry, options()};
  Client client{loop, *transport, *selector};
};

void toServer(World& world, std::string_view bytes) {
  test::RawPeer peer(world.loop, world.server.address());
  peer.send(bytes.substr(0, bytes.size() / 2));
  peer.send(bytes.substr(bytes.size() / 2));
  peer.finish();
  must(test::runUntil(world.loop, [&peer] { return peer.ended(); }), "the server does not end");
}

void toClient(World& world, std::string_view bytes) {
  ScriptedServer server(world.loop, [&bytes](const ScriptedServer::Request&) {
    return ScriptedServer::Reply{std::string(bytes), ScriptedServer::Then::kClose};
  });
  CallOptions options;
  options.address = server.address();
  auto stream = world.client.stream<Text, Text>(Context(), "peer", "Peer.Count", options);
  std::optional<Status> end;
  stream.onMessage([](const Text&) {});
  stream.onEnd([&end](Status status) {
    must(!end.has_value(), "the end is told twice");
    end = std::move(status);
  });
  stream.send(Text());
  must(test::runUntil(world.loop, [&end] { return end.has_value(); }), "the client does not end");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static World world;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.substr(0, 4) == "HTTP") {
    toClient(world, bytes);
  } else {
    toServer(world, bytes);
  }
  return 0;
}

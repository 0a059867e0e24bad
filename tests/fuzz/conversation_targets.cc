// Bytes from outside on whole connections, over loopback. Each connection must come to its end.
#include <optional>
#include <string>

#include <evmicro/client.h>
#include <evmicro/event_loop.h>
#include <evmicro/http_client.h>
#include <evmicro/http_transport.h>
#include <evmicro/memory_registry.h>
#include <evmicro/server.h>
#include <evmicro/service_view.h>

#include "fuzz/target.h"
#include "http/raw_peer.h"
#include "server/debug.pb.h"
#include "support/scripted_server.h"

namespace evmicro::fuzz {

namespace {

using Text = detail::HealthResponse;
using TextStream = ServerStream<Text, Text>;
using test::ScriptedServer;

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

// What looks like a reply goes to a client, everything else to a server. The world stays: what a
// connection leaves behind meets the next one.
void readConnection(std::string_view bytes) {
  static World world;
  if (bytes.substr(0, 4) == "HTTP") {
    toClient(world, bytes);
  } else {
    toServer(world, bytes);
  }
}

// A registry's reply, as libcurl hands it over.
void readCurlReply(std::string_view bytes) {
  static EventLoop loop;
  static HttpClient client(loop);
  test::ScriptedServer server(loop, [&bytes](const test::ScriptedServer::Request&) {
    return test::ScriptedServer::Reply{std::string(bytes), test::ScriptedServer::Then::kClose};
  });
  HttpClientRequest request;
  request.url = "http://" + server.address() + "/v1/health";
  request.timeout = std::chrono::seconds(2);
  bool ended = false;
  const Call call = client.send(request, [&ended](Result<HttpClientReply> reply) {
    ended = true;
    if (!reply.ok()) {
      must(!reply.status().detail().empty(), "an error without a text");
      return;
    }
    must(reply->status >= 100 && reply->status <= 999, "a reply without a status");
    for (const auto& header : reply->headers) {
      must(header.first.find('\n') == std::string::npos, "a header of two lines");
    }
  });
  must(test::runUntil(loop, [&ended] { return ended; }), "the request does not end");
}

}  // namespace evmicro::fuzz

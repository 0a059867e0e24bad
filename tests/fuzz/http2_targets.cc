// Bytes from outside where HTTP/2 and gRPC are spoken: what a server sends to our client, and the
// messages in the data of a stream. Those of clients are among the inputs of "connection".
#include <optional>
#include <string>

#include <evmicro/client.h>
#include <evmicro/event_loop.h>
#include <evmicro/http_transport.h>
#include <evmicro/memory_registry.h>
#include <evmicro/service_view.h>

#include "fuzz/target.h"
#include "http/raw_peer.h"
#include "http2/grpc_message.h"
#include "server/debug.pb.h"
#include "support/scripted_server.h"

namespace evmicro::fuzz {

namespace {

using Text = detail::HealthResponse;
using test::ScriptedServer;

struct Caller {
  static ClientOptions options() {
    ClientOptions options;
    options.protocol = CallProtocol::kGrpc;
    options.dial.maxBodyBytes = 1 << 16;
    return options;
  }

  EventLoop loop;
  std::unique_ptr<Transport> transport = makeHttpTransport(loop);
  std::unique_ptr<Registry> registry = makeMemoryRegistry(loop);
  ServiceView view{loop, *registry};
  std::unique_ptr<Selector> selector = makeRandomSelector(view);
  Client client{loop, *transport, *selector, options()};
};

constexpr std::size_t kMost = 1U << 16;

void splitMessages(std::string_view bytes, detail::GrpcEncoding encoding) {
  detail::GrpcReader reader(kMost);
  reader.setEncoding(encoding);
  reader.append(bytes.substr(0, bytes.size() / 2));
  for (int half = 0; half < 2; ++half) {
    Buffer message;
    auto progress = detail::GrpcReader::Progress::kMessage;
    while ((progress = reader.next(message)) == detail::GrpcReader::Progress::kMessage) {
      must(message.size() >= detail::kGrpcPrefix, "a message without a prefix");
      must(message.size() <= kMost + detail::kGrpcPrefix, "a message above the limit");
      char flag = 1;
      message.peek(&flag, 1);
      must(flag == detail::kGrpcPlain, "a message is still compressed");
      message.clear();
    }
    if (progress == detail::GrpcReader::Progress::kError) {
      must(!reader.error().message.empty(), "an error without a text");
      return;
    }
    if (half == 0) reader.append(bytes.substr(bytes.size() / 2));
  }
}

}  // namespace

// A server's frames, the same for a call and a stream.
void readHttp2Reply(std::string_view bytes) {
  static Caller caller;
  ScriptedServer server(caller.loop, [&bytes](const ScriptedServer::Request&) {
    return ScriptedServer::Reply{std::string(bytes), ScriptedServer::Then::kClose};
  });
  CallOptions options;
  options.address = server.address();
  options.replyMetadata = std::make_shared<ReplyMetadata>();
  int ends = 0;
  caller.client.call<Text>(
      Context(), "peer", "Peer.Call", Text(), [&ends](const Result<Text>&) { ++ends; }, options);
  auto stream = caller.client.stream<Text, Text>(Context(), "peer", "Peer.Count", options);
  stream.onMessage([](const Text&) {});
  stream.onEnd([&ends](const Status&) { ++ends; });
  stream.send(Text());
  must(test::runUntil(caller.loop, [&ends] { return ends == 2; }), "a call does not end");
}

void readGrpcMessages(std::string_view bytes) {
  for (const auto encoding : {detail::GrpcEncoding::kIdentity, detail::GrpcEncoding::kGzip}) {
    splitMessages(bytes, encoding);
  }
}

}  // namespace evmicro::fuzz

// Bytes from outside where TLS is expected: broken records and handshakes.
#include <string>

#include <evmicro/event_loop.h>
#include <evmicro/http_transport.h>
#include <evmicro/memory_registry.h>
#include <evmicro/server.h>

#include "fuzz/target.h"
#include "http/raw_peer.h"
#include "support/certificates.h"

namespace evmicro::fuzz {

namespace {

struct TlsWorld {
  TlsWorld() {
    bool started = false;
    server.start([&started](const Status& status) { started = status.ok(); });
    must(test::runUntil(loop, [&started] { return started; }), "the server does not start");
  }

  ServerOptions options() const {
    ServerOptions options;
    options.name = "peer";
    options.address = "127.0.0.1:0";
    options.tls.certificate = identity.certificate;
    options.tls.key = identity.key;
    return options;
  }

  test::CertificateFolder folder;
  test::Authority ca{folder, "ca"};
  test::Identity identity = ca.issue({});
  EventLoop loop;
  std::unique_ptr<Transport> transport = makeHttpTransport(loop);
  std::unique_ptr<Registry> registry = makeMemoryRegistry(loop);
  Server server{loop, *transport, *registry, options()};
};

}  // namespace

void readTlsConnection(std::string_view bytes) {
  static TlsWorld world;
  test::RawPeer peer(world.loop, world.server.address());
  peer.send(bytes.substr(0, bytes.size() / 2));
  peer.send(bytes.substr(bytes.size() / 2));
  peer.finish();
  must(test::runUntil(world.loop, [&peer] { return peer.ended(); }), "the server does not end");
  must(peer.received().size() < 16'384, "a long answer to a stranger");
}

}  // namespace evmicro::fuzz

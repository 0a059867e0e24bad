#include "transport/http_listener.h"

#include <utility>

#include "http/socket.h"
#include "net/tcp_stream.h"

namespace evmicro::detail {

namespace {

// Maximum of refused connections that wait for their peers to read the refusal. Further ones are
// closed immediately, so that a flood does not use up the descriptors.
constexpr std::size_t kRefusedAtOnce = 256;

}  // namespace

Result<std::unique_ptr<HttpListener>> HttpListener::open(EventLoop& loop, std::string_view address,
                                                         const ListenOptions& options,
                                                         Listener::Observer& observer) {
  std::shared_ptr<TlsServer> tls;
  if (!options.tls.certificate.empty() || !options.tls.key.empty()) {
    auto made = makeTlsServer(loop, options.tls);
    if (!made.ok()) return std::move(made).status();
    tls = std::move(*made);
  }
  auto sockets = openListeningSockets(address);
  if (!sockets.ok()) return std::move(sockets).status();
  return std::unique_ptr<HttpListener>(
      new HttpListener(loop, std::move(*sockets), options, std::move(tls), observer));
}

HttpListener::HttpListener(EventLoop& loop, std::vector<ListeningSocket> sockets,
                           const ListenOptions& options, std::shared_ptr<TlsServer> tls,
                           Listener::Observer& observer)
    : loop_(loop),
      observer_(observer),
      maxConnections_(options.maxConnections),
      shared_(std::make_shared<HttpSocketShared>(loop, options)),
      tls_(std::move(tls)),
      backlog_(observer),
      acceptor_(loop, std::move(sockets), *this) {}

void HttpListener::onAccepted(int fd) {
  ++accepted_;
  std::unique_ptr<ByteStream> stream = std::make_unique<TcpStream>(loop_, fd);
  if (tls_) {
    // A handshake only to say no would cost more than the connection.
    if (maxConnections_ > 0 && shared_->connections >= maxConnections_) {
      shared_->refusals.note(kTooManyConnections);
      return;
    }
    stream = tls_->wrap(std::move(stream));
  }
  auto socket = std::make_unique<HttpSocket>(shared_, std::move(stream));
  if (maxConnections_ > 0 && shared_->connections > maxConnections_) {
    socket->turnAway();
    if (shared_->turnedAway > kRefusedAtOnce) return;
  }
  SocketLife& life = socket->life();
  backlog_.add(std::move(socket), life);
}

void HttpListener::stopAccepting() {
  acceptor_.acceptWaiting();
  acceptor_.stop();
}

ListenerStats HttpListener::stats() const {
  ListenerStats stats;
  stats.connections = shared_->connections;
  stats.accepted = accepted_;
  stats.acceptDeferrals = acceptor_.deferrals();
  stats.malformed = shared_->refusals.malformed;
  stats.tooLarge = shared_->refusals.tooLarge;
  stats.tooSlow = shared_->refusals.tooSlow;
  stats.tooManyConnections = shared_->refusals.tooManyConnections;
  if (tls_) {
    const TlsServer::Stats tls = tls_->stats();
    stats.tlsHandshakes = tls.handshakes;
    stats.tlsRefused = tls.refused;
    stats.certificateExpires = tls.expires;
  }
  return stats;
}

Status HttpListener::reloadTls() { return tls_ ? tls_->reload() : Status(); }

}  // namespace evmicro::detail

#include "transport/http_listener.h"

#include <utility>

#include "http/socket.h"
#include "net/tcp_stream.h"

namespace evmicro::detail {

namespace {

// After this time peers of HTTP/2 know of the end, and what they have sent before has arrived.
constexpr std::chrono::milliseconds kUnaware{100};

bool speaksHttp2(Http2Use http2) { return http2 == Http2Use::kYes && haveHttp2(); }

}  // namespace

Result<std::unique_ptr<HttpListener>> HttpListener::open(EventLoop& loop, std::string_view address,
                                                         const ListenOptions& options,
                                                         Listener::Observer& observer,
                                                         Http2Use http2) {
  auto tls =
      makeListenerTls(loop, options, speaksHttp2(http2) ? TlsAlpn::kHttp2OrHttp1 : TlsAlpn::kHttp1);
  if (!tls.ok()) return std::move(tls).status();
  auto sockets = openListeningSockets(address);
  if (!sockets.ok()) return std::move(sockets).status();
  return std::unique_ptr<HttpListener>(
      new HttpListener(loop, std::move(*sockets), options, std::move(*tls), http2, observer));
}

HttpListener::HttpListener(EventLoop& loop, std::vector<ListeningSocket> sockets,
                           const ListenOptions& options, std::shared_ptr<TlsServer> tls,
                           Http2Use http2, Listener::Observer& observer)
    : loop_(loop),
      observer_(observer),
      shared_(std::make_shared<HttpSocketShared>(loop, options)),
      tls_(std::move(tls)),
      http2_(speaksHttp2(http2) ? makeHttp2Port(shared_, observer) : nullptr),
      backlog_(observer),
      acceptor_(loop, std::move(sockets), *this) {
  shared_->http2 = http2_.get();
}

HttpListener::~HttpListener() { shared_->http2 = nullptr; }

void HttpListener::onAccepted(int fd) {
  ++accepted_;
  std::unique_ptr<ByteStream> stream = std::make_unique<TcpStream>(loop_, fd);
  std::unique_ptr<PeerLimit::Ticket> ticket;
  const HttpRefusal* const why = shared_->admission.admit(fd, ticket);
  if (tls_) {
    // A handshake only to say no would cost more than the connection.
    if (why) return shared_->refusals.note(*why);
    stream = tls_->wrap(std::move(stream));
  }
  auto socket = std::make_unique<HttpSocket>(shared_, std::move(stream));
  socket->admit(std::move(ticket));
  if (why) {
    socket->turnAway(*why);
    if (shared_->admission.turnedAway() > Admission::kRefusedAtOnce) return;
  }
  SocketLife& life = socket->life();
  backlog_.add(std::move(socket), life);
}

void HttpListener::stopAccepting() {
  acceptor_.acceptWaiting();
  acceptor_.stop();
  if (http2_) http2_->announceEnd();
  announced_ = EventLoop::now();
}

// The streams that peers of HTTP/2 have opened before they learn of the end may not have arrived.
std::size_t HttpListener::awaited() const {
  if (!http2_) return backlog_.awaited();
  const bool unaware = EventLoop::now() - announced_ < kUnaware;
  return backlog_.awaited() + (unaware ? http2_->connections() : http2_->awaited());
}

ListenerStats HttpListener::stats() const {
  ListenerStats stats;
  stats.connections = shared_->admission.connections();
  stats.accepted = accepted_;
  stats.acceptDeferrals = acceptor_.deferrals();
  stats.malformed = shared_->refusals.malformed;
  stats.tooLarge = shared_->refusals.tooLarge;
  stats.tooSlow = shared_->refusals.tooSlow;
  stats.tooManyConnections = shared_->refusals.tooManyConnections;
  stats.heldBytes = shared_->memory.held();
  stats.overMemory = shared_->memory.givenUp();
  stats.slowReaders = shared_->slowReaders;
  stats.gaveWay = shared_->admission.gaveWay();
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

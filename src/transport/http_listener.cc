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
  auto sockets = openListeningSockets(address);
  if (!sockets.ok()) return std::move(sockets).status();
  return std::unique_ptr<HttpListener>(
      new HttpListener(loop, std::move(*sockets), options, observer));
}

HttpListener::HttpListener(EventLoop& loop, std::vector<ListeningSocket> sockets,
                           const ListenOptions& options, Listener::Observer& observer)
    : loop_(loop),
      observer_(observer),
      maxConnections_(options.maxConnections),
      shared_(std::make_shared<HttpSocketShared>(loop, options)),
      backlog_(observer),
      acceptor_(loop, std::move(sockets), *this) {}

void HttpListener::onAccepted(int fd) {
  ++accepted_;
  auto socket = std::make_unique<HttpSocket>(shared_, std::make_unique<TcpStream>(loop_, fd));
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
  return stats;
}

}  // namespace evmicro::detail

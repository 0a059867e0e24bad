#include "net/dialler.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <event2/event.h>
#include <event2/event_struct.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "event/watch.h"
#include "net/dead_peers.h"

namespace evmicro::detail {

/// A connect() in flight.
struct Dialler::Attempt {
  Attempt(Dialler& owner, int descriptor) : dialler(owner), fd(descriptor) {
    event_assign(&writable, owner.loop_.base(), fd, EV_WRITE, &Dialler::onWritable, this);
  }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;
  ~Attempt() {
    event_del(&writable);
    if (fd >= 0) ::close(fd);
  }

  Dialler& dialler;
  int fd;  // owned until it is passed to the observer
  event writable{};
};

std::string reasonOf(int error) { return asReason(std::strerror(error)); }

std::string asReason(const char* text) {
  std::string reason = text;
  if (reason.size() > 1 && reason[0] >= 'A' && reason[0] <= 'Z' && reason[1] >= 'a') {
    reason[0] = static_cast<char>(reason[0] - 'A' + 'a');
  }
  return reason;
}

ResolvedAddresses familiesByTurns(ResolvedAddresses addresses) {
  if (addresses.empty()) return addresses;
  const int first = addresses.front().family();
  const auto others = std::stable_partition(
      addresses.begin(), addresses.end(),
      [&](const SocketAddress& address) { return address.family() == first; });
  ResolvedAddresses ordered;
  auto one = addresses.begin();
  auto other = others;
  while (one != others || other != addresses.end()) {
    if (one != others) ordered.push_back(*one++);
    if (other != addresses.end()) ordered.push_back(*other++);
  }
  return ordered;
}

Dialler::Dialler(EventLoop& loop, Resolver& resolver, const std::string& host, std::uint16_t port,
                 Observer& observer)
    : loop_(loop), observer_(observer) {
  if (const auto literal = SocketAddress::ofLiteral(host, port)) {
    connectDirectly(*literal);
    return;
  }
  pending_ = resolver.resolve(
      host, port, [this](Result<ResolvedAddresses> found) { onResolved(std::move(found)); });
}

Dialler::~Dialler() = default;

void Dialler::connectDirectly(const SocketAddress& address) {
  const int error = connectTo(address);
  if (error == EAGAIN && address.family() == AF_UNIX) {
    delay_.emplace(loop_, [this, address] { connectDirectly(SocketAddress(address)); });
    delay_->start(kFullDelay);
  } else if (error != 0) {
    failLater(reasonOf(error));
  }
}

void Dialler::onResolved(Result<ResolvedAddresses> found) {
  if (!found.ok()) return failLater(found.status().detail());
  addresses_ = familiesByTurns(std::move(*found));
  if (addresses_.size() > 1) delay_.emplace(loop_, [this] { connectNext(); });
  connectNext();
}

// Starts the next attempt that does not fail immediately.
void Dialler::connectNext() {
  while (next_ < addresses_.size()) {
    const int error = connectTo(addresses_[next_++]);
    if (error == 0) {
      if (next_ < addresses_.size()) delay_->start(kAttemptDelay);
      return;
    }
    if (reason_.empty()) reason_ = reasonOf(error);
  }
  if (attempts_.empty()) failLater(reason_);
}

// Returns the errno of an attempt that fails immediately, otherwise 0.
int Dialler::connectTo(const SocketAddress& address) {
  const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  if (::connect(fd, address.get(), address.size()) != 0 && errno != EINPROGRESS) {
    const int error = errno;
    ::close(fd);
    return error;
  }
  Attempt& attempt = attempts_.emplace_back(*this, fd);
  if (addWatch(loop_, attempt.writable)) return 0;
  const int error = errno;
  attempts_.pop_back();
  return error;
}

void Dialler::failLater(std::string reason) {
  pending_ = loop_.defer([this, reason = std::move(reason)] {
    Observer& observer = observer_;
    observer.onDialFailed(Status::unavailable(reason));  // may destroy this
  });
}

void Dialler::onWritable(evutil_socket_t /*fd*/, short /*what*/, void* context) noexcept {
  auto& attempt = *static_cast<Attempt*>(context);
  attempt.dialler.onAttemptEnd(attempt);
}

void Dialler::onAttemptEnd(Attempt& attempt) {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(attempt.fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  const int fd = error == 0 ? std::exchange(attempt.fd, -1) : -1;
  attempts_.remove_if([&](const Attempt& entry) { return &entry == &attempt; });
  if (error != 0) {
    if (reason_.empty()) reason_ = reasonOf(error);
    return connectNext();
  }
  attempts_.clear();
  delay_.reset();
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  findDeadPeers(fd);
  observer_.onDialled(fd);  // may destroy this
}

}  // namespace evmicro::detail

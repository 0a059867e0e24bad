#include "net/dialler.h"

#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

namespace evmicro::detail {

/// A look-up in flight: evdns calls it back even when it is cancelled, perhaps at once.
struct Dialler::Lookup {
  Dialler* dialler;  // null once nobody waits
  evdns_getaddrinfo_request* request;
};

std::string reasonOf(int error) { return asReason(std::strerror(error)); }

std::string asReason(const char* text) {
  std::string reason = text;
  if (reason.size() > 1 && reason[0] >= 'A' && reason[0] <= 'Z' && reason[1] >= 'a') {
    reason[0] = static_cast<char>(reason[0] - 'A' + 'a');
  }
  return reason;
}

Dialler::Dialler(EventLoop& loop, evdns_base* dns, const std::string& host, int port,
                 Observer& observer)
    : loop_(loop), observer_(observer) {
  if (connectToNumber(host, port)) return;
  if (dns) {
    lookUp(dns, host, port);
  } else {
    failLater("not an address: " + host);
  }
}

Dialler::~Dialler() {
  writable_.reset();
  if (fd_ >= 0) ::close(fd_);
  if (!lookup_) return;
  lookup_->dialler = nullptr;
  evdns_getaddrinfo_cancel(lookup_->request);
}

bool Dialler::connectToNumber(const std::string& host, int port) {
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  const auto netPort = htons(static_cast<std::uint16_t>(port));
  if (evutil_inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = netPort;
    connect(reinterpret_cast<const sockaddr*>(&v4), sizeof v4);
    return true;
  }
  if (evutil_inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = netPort;
    connect(reinterpret_cast<const sockaddr*>(&v6), sizeof v6);
    return true;
  }
  return false;
}

void Dialler::lookUp(evdns_base* dns, const std::string& host, int port) {
  evutil_addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_protocol = IPPROTO_TCP;
  auto lookup = std::make_unique<Lookup>(Lookup{this, nullptr});
  lookup_ = lookup.get();
  auto* const request = evdns_getaddrinfo(dns, host.c_str(), std::to_string(port).c_str(), &wanted,
                                          &Dialler::onFound, lookup.release());
  // Null: onFound() has run already, and the look-up is gone.
  if (request) lookup_->request = request;
}

void Dialler::onFound(int error, evutil_addrinfo* found, void* context) noexcept {
  const std::unique_ptr<Lookup> lookup(static_cast<Lookup*>(context));
  Dialler* const self = lookup->dialler;
  if (self) {
    self->lookup_ = nullptr;
    if (error != 0) {
      self->failLater(asReason(evutil_gai_strerror(error)));
    } else {
      self->connect(found->ai_addr, static_cast<socklen_t>(found->ai_addrlen));
    }
  }
  if (found) evutil_freeaddrinfo(found);
}

void Dialler::connect(const sockaddr* address, socklen_t size) {
  fd_ = ::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (fd_ < 0 || (::connect(fd_, address, size) != 0 && errno != EINPROGRESS)) {
    failLater(reasonOf(errno));
    return;
  }
  writable_.reset(event_new(loop_.base(), fd_, EV_WRITE, &Dialler::onWritable, this));
  if (!writable_ || event_add(writable_.get(), nullptr) != 0) throw std::bad_alloc();
}

void Dialler::failLater(std::string reason) {
  failure_ = loop_.defer([this, reason = std::move(reason)] {
    Observer& observer = observer_;
    observer.onDialFailed(Status::unavailable(reason));  // may destroy this
  });
}

void Dialler::onWritable(evutil_socket_t fd, short /*what*/, void* context) noexcept {
  auto* const self = static_cast<Dialler*>(context);
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error != 0) {
    self->observer_.onDialFailed(Status::unavailable(reasonOf(error)));
    return;
  }
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  self->fd_ = -1;
  self->writable_.reset();
  self->observer_.onDialled(fd);
}

}  // namespace evmicro::detail

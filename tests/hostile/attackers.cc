#include "hostile/attackers.h"

#include <cerrno>
#include <random>
#include <stdexcept>
#include <string_view>

#include <netinet/in.h>
#include <openssl/err.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace evmicro::hostile {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kGarbageAtOnce = 64;
constexpr auto kTick = 10ms;
constexpr auto kBetweenBytes = 500ms;
constexpr auto kComesBack = 10s;
constexpr auto kGarbageStays = 200ms;
constexpr std::string_view kSlowRequest =
    "POST / HTTP/1.1\r\nHost: localhost\r\nX-Header: value\r\n";
constexpr std::string_view kGarbage[] = {
    "GET / HTTP/1.0\r\n\r\n",
    std::string_view("\x16\x03\x01\x00\x05\x01\x00\x00\x01\xff", 10),
    std::string_view("\x16\x03\x01\xff\xff\x00\x00\x00\x00", 9),
    "\x80\x2e\x01\x00\x02",
    std::string_view("\0\0\0\0\0\0\0\0", 8),
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "\r\n\r\n\r\n\r\n"};

std::uint16_t portOf(const std::string& address) {
  return static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
}

void allowDescriptors(std::size_t count) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max < count) throw std::runtime_error("an attack needs more descriptors");
}

std::string clientHello(SSL_CTX* context) {
  const detail::SslHandle ssl(SSL_new(context));
  BIO* const in = BIO_new(BIO_s_mem());
  BIO* const out = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl.get(), in, out);
  SSL_set_connect_state(ssl.get());
  SSL_do_handshake(ssl.get());
  char bytes[2'048];
  const int size = BIO_read(out, bytes, sizeof bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

}  // namespace

struct Attackers::Peer {
  Kind kind;
  int fd = -1;
  detail::SslHandle ssl = {};
  std::size_t sent = 0;
  Clock::time_point next = {};  // when it does something, or comes back
};

Attackers::Attackers(const std::string& address, Size size)
    : port_(portOf(address)), size_(size), context_(SSL_CTX_new(TLS_client_method())) {
  allowDescriptors(size.slow + size.halfDone + kGarbageAtOnce + 1'000);
  hello_ = clientHello(context_.get());
  for (std::size_t i = 0; i < size.slow; ++i) {
    peers_.push_back({i % 2 == 0 ? Kind::kSlowPlain : Kind::kSlowTls});
  }
  for (std::size_t i = 0; i < size.halfDone; ++i) {
    peers_.push_back({i % 3 == 0 ? Kind::kHalfHello : Kind::kHello});
  }
  for (std::size_t i = 0; i < kGarbageAtOnce; ++i) peers_.push_back({Kind::kGarbage});
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  thread_ = std::thread([this] { attack(); });
}

Attackers::~Attackers() {
  stopping_ = true;
  thread_.join();
  for (Peer& peer : peers_) {
    if (peer.fd >= 0) ::close(peer.fd);
  }
  ::close(epoll_);
}

void Attackers::attack() {
  std::minstd_rand random(1);
  const auto start = Clock::now();
  garbageFrom_ = start;
  for (Peer& peer : peers_) peer.next = start + 1ms * (random() % kAllHaveCome.count());
  while (!stopping_) {
    epoll_event events[256];
    const int count = ::epoll_wait(epoll_, events, 256, static_cast<int>(kTick / 1ms));
    for (int i = 0; i < count; ++i) onEvent(peers_[events[i].data.u32], events[i].events);
    const auto now = Clock::now();
    for (Peer& peer : peers_) {
      if (peer.kind != Kind::kGarbage && peer.next <= now) act(peer, now);
    }
    startGarbage(now);
  }
}

void Attackers::open(Peer& peer) {
  peer.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (peer.fd < 0) return;
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port_);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::connect(peer.fd, reinterpret_cast<const sockaddr*>(&to), sizeof to);
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP;
  event.data.u32 = static_cast<std::uint32_t>(&peer - peers_.data());
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, peer.fd, &event);
  peer.sent = 0;
  if (peer.kind == Kind::kSlowTls) {
    peer.ssl.reset(SSL_new(context_.get()));
    SSL_set_fd(peer.ssl.get(), peer.fd);
    SSL_set_connect_state(peer.ssl.get());
  }
  ++tally_.connected;
  if (peer.kind != Kind::kGarbage) ++tally_.open;
}

void Attackers::drop(Peer& peer, Clock::duration pause) {
  if (peer.kind != Kind::kGarbage) --tally_.open;
  peer.ssl.reset();
  ::close(peer.fd);
  peer.fd = -1;
  peer.next = Clock::now() + pause;
}

// What a peer does at its time.
void Attackers::act(Peer& peer, Clock::time_point now) {
  peer.next = now + kBetweenBytes;
  if (peer.fd < 0) return open(peer);
  switch (peer.kind) {
    case Kind::kSlowPlain:
    case Kind::kSlowTls: return sendByte(peer);
    case Kind::kHello:
    case Kind::kHalfHello: {
      const std::size_t size = peer.kind == Kind::kHello ? hello_.size() : hello_.size() / 2;
      if (peer.sent == 0 && ::send(peer.fd, hello_.data(), size, MSG_NOSIGNAL) > 0)
        peer.sent = size;
      return;
    }
    case Kind::kGarbage: return;
  }
}

void Attackers::sendByte(Peer& peer) {
  ERR_clear_error();
  if (peer.kind == Kind::kSlowPlain) {  // of a ClientHello
    if (::send(peer.fd, hello_.data() + peer.sent % hello_.size(), 1, MSG_NOSIGNAL) > 0)
      ++peer.sent;
  } else if (SSL_is_init_finished(peer.ssl.get())) {
    if (SSL_write(peer.ssl.get(), &kSlowRequest[peer.sent % kSlowRequest.size()], 1) > 0)
      ++peer.sent;
  } else {
    SSL_do_handshake(peer.ssl.get());
  }
}

void Attackers::onEvent(Peer& peer, std::uint32_t what) {
  if (peer.fd < 0) return;
  const bool shaking = peer.ssl && !SSL_is_init_finished(peer.ssl.get());
  if (shaking && (what & (EPOLLHUP | EPOLLERR)) == 0) {
    ERR_clear_error();
    if (SSL_do_handshake(peer.ssl.get()) == 1) return;
    if (SSL_get_error(peer.ssl.get(), -1) == SSL_ERROR_WANT_READ && (what & EPOLLRDHUP) == 0)
      return;
  } else {
    char bytes[4'096];
    const ssize_t size = ::recv(peer.fd, bytes, sizeof bytes, 0);
    if (size > 0 || (size < 0 && errno == EAGAIN)) return;
  }
  if (peer.kind != Kind::kGarbage) ++tally_.dropped;
  drop(peer, kComesBack);
}

// So many a second; each is closed after a moment.
void Attackers::startGarbage(Clock::time_point now) {
  for (std::size_t i = peers_.size() - kGarbageAtOnce; i < peers_.size(); ++i) {
    Peer& peer = peers_[i];
    if (peer.fd < 0) continue;
    if (peer.sent == 0) {
      const std::string_view bytes = kGarbage[(garbageSent_ + i) % std::size(kGarbage)];
      if (::send(peer.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0) peer.sent = bytes.size();
    } else if (peer.next <= now) {
      drop(peer, 0s);
    }
  }
  const auto due =
      static_cast<std::uint64_t>(std::chrono::duration<double>(now - garbageFrom_).count() *
                                 static_cast<double>(size_.garbagePerSecond));
  for (std::size_t i = peers_.size() - kGarbageAtOnce; i < peers_.size() && garbageSent_ < due;
       ++i) {
    Peer& peer = peers_[i];
    if (peer.fd >= 0) continue;
    open(peer);
    peer.next = now + kGarbageStays;
    ++garbageSent_;
    ++tally_.garbage;
  }
}

}  // namespace evmicro::hostile

#include "http/raw_peer.h"

#include <cstring>
#include <stdexcept>

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/socket_address.h"
#include "net/unix_address.h"

namespace evmicro::test {

namespace {

int connectToPath(const std::string& path) {
  const auto to = detail::SocketAddress::ofUnixPath(path);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(fd, to.get(), to.size()) != 0) {
    const std::string why = std::strerror(errno);
    ::close(fd);
    throw std::runtime_error("connect to " + path + ": " + why);
  }
  evutil_make_socket_nonblocking(fd);
  return fd;
}

int connectTo(const std::string& address) {
  if (detail::isUnixAddress(address)) return connectToPath(*detail::parseUnixPath(address));
  const std::size_t colon = address.rfind(':');
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);  // of `[::]`, too
  ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr);
  to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int outcome = fd < 0 ? -1 : ::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to);
  if (outcome != 0 && fd >= 0 && errno == EINTR) {  // it goes on nevertheless
    pollfd writable{fd, POLLOUT, 0};
    while (::poll(&writable, 1, -1) < 0 && errno == EINTR) {
    }
    socklen_t size = sizeof errno;
    outcome = ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &errno, &size) == 0 && errno == 0 ? 0 : -1;
  }
  if (outcome != 0) {
    const std::string why = std::strerror(errno);
    if (fd >= 0) ::close(fd);
    throw std::runtime_error("connect to " + address + ": " + why);
  }
  evutil_make_socket_nonblocking(fd);
  const int yes = 1;  // small parts would wait for acknowledgements in real time
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return fd;
}

}  // namespace

RawPeer::RawPeer(EventLoop& loop, const std::string& address)
    : stream_(bufferevent_socket_new(loop.base(), connectTo(address), BEV_OPT_CLOSE_ON_FREE)) {
  bufferevent_setcb(stream_.get(), &RawPeer::onRead, &RawPeer::onWrite, &RawPeer::onEvent, this);
  bufferevent_enable(stream_.get(), EV_READ | EV_WRITE);
}

RawPeer::~RawPeer() = default;

void RawPeer::send(std::string_view bytes) {
  bufferevent_write(stream_.get(), bytes.data(), bytes.size());
}

std::size_t RawPeer::unsent() const {
  return evbuffer_get_length(bufferevent_get_output(stream_.get()));
}

void RawPeer::finish() {
  finishing_ = true;
  if (unsent() == 0) onWrite(stream_.get(), this);
}

void RawPeer::reset() {
  const linger now{1, 0};
  setsockopt(bufferevent_getfd(stream_.get()), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  stream_.reset();
}

void RawPeer::stopReading() { bufferevent_disable(stream_.get(), EV_READ); }
void RawPeer::startReading() { bufferevent_enable(stream_.get(), EV_READ); }

std::size_t RawPeer::count(std::string_view text) const {
  std::size_t found = 0;
  for (std::size_t at = received_.find(text); at != std::string::npos;
       at = received_.find(text, at + text.size())) {
    ++found;
  }
  return found;
}

void RawPeer::onRead(bufferevent* stream, void* self) noexcept {
  evbuffer* input = bufferevent_get_input(stream);
  const std::size_t size = evbuffer_get_length(input);
  const auto* bytes = reinterpret_cast<const char*>(evbuffer_pullup(input, -1));
  static_cast<RawPeer*>(self)->received_.append(bytes, size);
  evbuffer_drain(input, size);
}

void RawPeer::onWrite(bufferevent* stream, void* self) noexcept {
  if (static_cast<RawPeer*>(self)->finishing_) ::shutdown(bufferevent_getfd(stream), SHUT_WR);
}

void RawPeer::onEvent(bufferevent* /*stream*/, short what, void* self) noexcept {
  if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) static_cast<RawPeer*>(self)->ended_ = true;
}

std::size_t openDescriptors() {
  std::size_t count = 0;
  DIR* folder = ::opendir("/proc/self/fd");
  while (::readdir(folder)) ++count;
  ::closedir(folder);
  return count - 3;  // `.`, `..` and the folder itself
}

}  // namespace evmicro::test

#include "net/inherited_socket.h"

#include <cerrno>
#include <cstring>
#include <optional>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "net/dead_peers.h"
#include "net/descriptor.h"

namespace evmicro::detail {

namespace {

// nullopt, and errno set, if `fd` is no socket.
std::optional<int> optionOf(int fd, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  if (::getsockopt(fd, SOL_SOCKET, name, &value, &size) != 0) return std::nullopt;
  return value;
}

Status check(int fd) {
  const std::optional<int> listens = optionOf(fd, SO_ACCEPTCONN);
  if (!listens) return Status::unavailable(std::strerror(errno));
  const int domain = optionOf(fd, SO_DOMAIN).value_or(AF_UNSPEC);
  const bool served = domain == AF_INET || domain == AF_INET6 || domain == AF_UNIX;
  if (!served || optionOf(fd, SO_TYPE) != SOCK_STREAM) {
    return Status::unavailable("not a stream socket of TCP or a path");
  }
  return *listens ? Status() : Status::unavailable("the socket does not listen");
}

}  // namespace

Result<int> duplicateListeningSocket(int number) {
  if (const Status fit = check(number); !fit.ok()) return fit;
  Descriptor socket(::fcntl(number, F_DUPFD_CLOEXEC, 0));
  if (socket.get() < 0) return Status::unavailable(std::strerror(errno));
  const int flags = ::fcntl(socket.get(), F_GETFL);
  if (flags < 0 || ::fcntl(socket.get(), F_SETFL, flags | O_NONBLOCK) != 0) {
    return Status::unavailable(std::strerror(errno));
  }
  if (optionOf(number, SO_DOMAIN) != AF_UNIX) {
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    findDeadPeers(socket.get());
  }
  return socket.release();
}

}  // namespace evmicro::detail

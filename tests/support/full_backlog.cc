#include "support/full_backlog.h"

#include <stdexcept>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace evmicro::test {

FullBacklog::FullBacklog() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockets_.push_back(listener);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof name;
  auto* const address = reinterpret_cast<sockaddr*>(&name);
  if (::bind(listener, address, size) != 0 || ::listen(listener, 0) != 0 ||
      ::getsockname(listener, address, &size) != 0) {
    throw std::runtime_error("full backlog: cannot listen");
  }
  address_ = "127.0.0.1:" + std::to_string(ntohs(name.sin_port));
  for (int i = 0; i < 4; ++i) {  // Linux takes one more than it is told
    const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockets_.push_back(client);
    static_cast<void>(::connect(client, address, size));
  }
}

FullBacklog::~FullBacklog() {
  for (const int socket : sockets_) ::close(socket);
}

}  // namespace evmicro::test

#include "support/full_backlog.h"

#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace evmicro::test {

FullBacklog::FullBacklog(const std::string& host, int port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockets_.push_back(listener);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  ::inet_pton(AF_INET, host.c_str(), &name.sin_addr);
  name.sin_port = htons(static_cast<std::uint16_t>(port));
  socklen_t size = sizeof name;
  auto* const address = reinterpret_cast<sockaddr*>(&name);
  if (::bind(listener, address, size) != 0 || ::listen(listener, 0) != 0 ||
      ::getsockname(listener, address, &size) != 0) {
    throw std::runtime_error("full backlog: cannot listen");
  }
  address_ = host + ":" + std::to_string(ntohs(name.sin_port));
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

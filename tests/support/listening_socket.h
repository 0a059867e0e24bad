#pragma once

#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cppunit/extensions/HelperMacros.h>

#include "net/descriptor.h"

namespace evmicro::test {

/// A socket that listens on a free port of 127.0.0.1, with nobody behind it until the test accepts,
/// or lends it to servers that come and go: who connects between two of them waits.
class ListeningSocket {
 public:
  ListeningSocket() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const auto* address = reinterpret_cast<const sockaddr*>(&where);
    CPPUNIT_ASSERT(::bind(fd(), address, sizeof where) == 0);
    CPPUNIT_ASSERT(::listen(fd(), 16) == 0);
  }

  int fd() const noexcept { return socket_.get(); }
  /// The address for servers.
  std::string inherited() const { return "fd:" + std::to_string(fd()); }
  /// The address for clients.
  std::string address() const {
    sockaddr_in where{};
    socklen_t size = sizeof where;
    CPPUNIT_ASSERT(::getsockname(fd(), reinterpret_cast<sockaddr*>(&where), &size) == 0);
    return "127.0.0.1:" + std::to_string(ntohs(where.sin_port));
  }

 private:
  detail::Descriptor socket_;
};

}  // namespace evmicro::test

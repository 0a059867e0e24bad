#include "support/ports.h"

#include <stdexcept>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace evmicro::test {

namespace {

// A port that is this object's until it goes.
class HeldPort {
 public:
  HeldPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address_;
    auto* address = reinterpret_cast<sockaddr*>(&address_);
    if (socket_ < 0 || ::bind(socket_, address, length) != 0 ||
        ::getsockname(socket_, address, &length) != 0) {
      throw std::runtime_error("cannot bind a port of 127.0.0.1");
    }
  }
  HeldPort(HeldPort&& other) noexcept : socket_(other.socket_), address_(other.address_) {
    other.socket_ = -1;
  }
  HeldPort& operator=(HeldPort&&) = delete;
  ~HeldPort() {
    if (socket_ >= 0) ::close(socket_);
  }

  int number() const { return ntohs(address_.sin_port); }

 private:
  int socket_;
  sockaddr_in address_{};
};

}  // namespace

std::vector<int> freePorts(std::size_t count) {
  std::vector<HeldPort> held(count);  // all at once, or the same one might come again
  std::vector<int> numbers;
  for (const HeldPort& port : held) numbers.push_back(port.number());
  return numbers;
}

std::string freeAddress() { return "127.0.0.1:" + std::to_string(freePorts(1).front()); }

}  // namespace evmicro::test

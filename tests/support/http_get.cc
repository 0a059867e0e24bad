#include "support/http_get.h"

#include <cerrno>
#include <cstdlib>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace evmicro::test {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

sockaddr_in parse(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  sockaddr_in result{};
  result.sin_family = AF_INET;
  if (colon == std::string::npos ||
      ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &result.sin_addr) != 1) {
    throw std::runtime_error("not an address of the form 127.0.0.1:8500: " + address);
  }
  result.sin_port = htons(static_cast<in_port_t>(std::atoi(address.c_str() + colon + 1)));
  return result;
}

class Connection {
 public:
  explicit Connection(steady_clock::time_point deadline)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)),
        deadline_(deadline) {}
  Connection(const Connection&) = delete;
  ~Connection() { ::close(socket_); }

  bool connect(const sockaddr_in& peer) {
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&peer), sizeof peer) == 0) return true;
    if (errno != EINPROGRESS || !wait(POLLOUT)) return false;
    int error = 0;
    socklen_t length = sizeof error;
    return ::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error == 0;
  }

  bool write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(sent));
      } else if (errno != EAGAIN || !wait(POLLOUT)) {
        return false;
      }
    }
    return true;
  }

  // Up to the end of the connection.
  std::optional<std::string> readAll() {
    std::string all;
    char bytes[16384];
    for (;;) {
      const ssize_t count = ::recv(socket_, bytes, sizeof bytes, 0);
      if (count == 0) return all;
      if (count > 0) {
        all.append(bytes, static_cast<std::size_t>(count));
      } else if (errno != EAGAIN || !wait(POLLIN)) {
        return std::nullopt;
      }
    }
  }

 private:
  bool wait(short what) const {
    const auto left = std::chrono::ceil<milliseconds>(deadline_ - steady_clock::now()).count();
    pollfd events{socket_, what, 0};
    return left > 0 && ::poll(&events, 1, static_cast<int>(left)) > 0;
  }

  int socket_;
  steady_clock::time_point deadline_;
};

}  // namespace

std::optional<HttpAnswer> httpExchange(const std::string& address, const std::string& method,
                                       const std::string& path, const std::string& body,
                                       milliseconds limit) {
  Connection connection(steady_clock::now() + limit);
  const std::string request = method + " " + path + " HTTP/1.0\r\nHost: " + address +
                              "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                              body;
  if (!connection.connect(parse(address)) || !connection.write(request)) return std::nullopt;
  const std::optional<std::string> all = connection.readAll();
  if (!all || all->size() < 12 || all->compare(0, 5, "HTTP/") != 0) return std::nullopt;
  const std::size_t end = all->find("\r\n\r\n");
  if (end == std::string::npos) return std::nullopt;
  return HttpAnswer{std::atoi(all->c_str() + 9), all->substr(0, end), all->substr(end + 4)};
}

}  // namespace evmicro::test

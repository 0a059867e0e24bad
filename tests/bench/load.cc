#include "bench/load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace evmicro::bench {

namespace {

using Clock = std::chrono::steady_clock;

struct Connection {
  int fd = -1;
  std::string input;
  Clock::time_point sent;
};

class Generator {
 public:
  explicit Generator(const Load& load)
      : load_(load),
        epoll_(::epoll_create1(EPOLL_CLOEXEC)),
        connections_(static_cast<std::size_t>(load.connections)) {
    latencies_.reserve(static_cast<std::size_t>(load.calls));
  }
  Generator(const Generator&) = delete;
  Generator& operator=(const Generator&) = delete;
  ~Generator() {
    for (const Connection& connection : connections_) {
      if (connection.fd >= 0) ::close(connection.fd);
    }
    ::close(epoll_);
  }

  Measured run() {
    for (Connection& connection : connections_) open(connection);
    const auto start = Clock::now();
    for (Connection& connection : connections_) ask(connection);
    std::array<epoll_event, 256> events;
    while (answered_ < load_.calls) {
      const int count =
          ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 10'000);
      if (count <= 0) throw std::runtime_error("no reply for 10 s");
      for (int i = 0; i < count; ++i) {
        read(*static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr));
      }
    }
    Measured measured;
    measured.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    std::sort(latencies_.begin(), latencies_.end());
    measured.p50 = latencies_[latencies_.size() / 2];
    measured.p99 = latencies_[latencies_.size() * 99 / 100];
    return measured;
  }

 private:
  void open(Connection& connection) {
    connection.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(load_.port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(connection.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("cannot connect");
    }
    const int on = 1;
    ::setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connection.input.clear();
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &connection;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event);
  }

  void ask(Connection& connection) {
    if (asked_ == load_.calls) return;
    ++asked_;
    if (connection.fd < 0) open(connection);
    connection.sent = Clock::now();
    const auto size = static_cast<ssize_t>(load_.request.size());
    if (::send(connection.fd, load_.request.data(), load_.request.size(), MSG_NOSIGNAL) != size) {
      throw std::runtime_error("cannot send");
    }
  }

  void read(Connection& connection) {
    std::array<char, 4096> block;
    const ssize_t size = ::read(connection.fd, block.data(), block.size());
    if (size <= 0) throw std::runtime_error("the server has closed the connection");
    connection.input.append(block.data(), static_cast<std::size_t>(size));
    const std::size_t end = connection.input.find("\r\n\r\n");
    if (end == std::string::npos || connection.input.size() < end + 4 + load_.answer.size()) return;
    if (std::string_view(connection.input).substr(end + 4) != load_.answer) {
      throw std::runtime_error("wrong reply: " + connection.input);
    }
    connection.input.clear();
    ++answered_;
    const std::chrono::duration<double, std::micro> latency = Clock::now() - connection.sent;
    latencies_.push_back(latency.count());
    if (load_.connectionPerCall) {
      ::close(connection.fd);
      connection.fd = -1;
    }
    ask(connection);
  }

  const Load& load_;
  const int epoll_;
  std::vector<Connection> connections_;
  std::vector<double> latencies_;
  int asked_ = 0;
  int answered_ = 0;
};

std::string post(const std::string& contentType, const std::string& body) {
  return "POST / HTTP/1.1\r\nHost: 127.0.0.1:9090\r\nUser-Agent: Go-http-client/1.1\r\n"
         "Content-Length: " +
         std::to_string(body.size()) + "\r\nContent-Type: " + contentType +
         "\r\nX-Micro-From-Service: greeter\r\n\r\n" + body;
}

std::string netstring(const std::string& bytes) {
  const std::uint32_t size = htonl(static_cast<std::uint32_t>(bytes.size()));
  return std::string(reinterpret_cast<const char*>(&size), 4) + bytes;
}

}  // namespace

Measured run(const Load& load) { return Generator(load).run(); }

void protoCall(Load& load) {
  const std::string envelope = "\x0a\x0dGreeter.Hello\x11" + std::string(8, '\0');
  load.request = post("application/octet-stream", netstring(envelope) + netstring("\x0a\x04John"));
  load.answer = netstring(envelope + std::string("\x1a\0", 2)) + netstring("\x12\x0aHello John");
}

void jsonCall(Load& load) {
  load.request = post("application/json",
                      "{\"method\":\"Greeter.Hello\",\"params\":[{\"name\":\"John\"}],\"id\":0}\n");
  load.answer = "{\"id\":0,\"result\":{\"greeting\":\"Hello John\"},\"error\":null}\n";
}

}  // namespace evmicro::bench

#include "bench/load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace evmicro::bench {

Measured summarise(double seconds, std::vector<double>& latencies) {
  std::sort(latencies.begin(), latencies.end());
  Measured measured;
  measured.seconds = seconds;
  measured.p50 = latencies[latencies.size() / 2];
  measured.p99 = latencies[latencies.size() * 99 / 100];
  return measured;
}

Generator::Generator(Load load)
    : load_(std::move(load)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      connections_(load_.connections) {
  for (Connection& connection : connections_) connection.sent.resize(load_.slots);
}

Generator::~Generator() {
  for (const Connection& connection : connections_) {
    if (connection.fd >= 0) ::close(connection.fd);
  }
  ::close(epoll_);
}

Measured Generator::run(std::size_t calls) {
  calls_ = calls;
  asked_ = 0;
  latencies_.clear();
  latencies_.reserve(calls);
  const auto start = Clock::now();
  for (Connection& connection : connections_) {
    for (std::size_t slot = 0; slot < load_.slots; ++slot) ask(connection, slot);
    send(connection);
  }
  std::array<epoll_event, 256> events;
  while (latencies_.size() < calls_) {
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 10'000);
    if (count <= 0) throw std::runtime_error("no reply for 10 s");
    for (int i = 0; i < count; ++i) {
      read(*static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr));
    }
  }
  return summarise(std::chrono::duration<double>(Clock::now() - start).count(), latencies_);
}

void Generator::open(Connection& connection) {
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
  connection.conversation = load_.conversation();
  connection.input.clear();
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = &connection;
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event);
}

void Generator::ask(Connection& connection, std::size_t slot) {
  if (asked_ == calls_) return;
  ++asked_;
  if (connection.fd < 0) open(connection);
  connection.sent[slot] = Clock::now();
  connection.conversation->ask(slot, connection.output);
}

void Generator::read(Connection& connection) {
  std::array<char, 65'536> block;
  const ssize_t size = ::read(connection.fd, block.data(), block.size());
  if (size <= 0) throw std::runtime_error("the server has closed the connection");
  std::string& input = connection.input;
  input.append(block.data(), static_cast<std::size_t>(size));
  over_.clear();
  input.erase(0, connection.conversation->take(input, over_, connection.output));
  for (const std::size_t slot : over_) finish(connection, slot);
  send(connection);
}

void Generator::finish(Connection& connection, std::size_t slot) {
  const std::chrono::duration<double, std::micro> latency = Clock::now() - connection.sent[slot];
  latencies_.push_back(latency.count());
  if (load_.use == Load::Connections::kOnePerCall) {
    ::close(connection.fd);
    connection.fd = -1;
    connection.output.clear();
  }
  ask(connection, slot);
}

void Generator::send(Connection& connection) {
  if (connection.output.empty()) return;
  const auto size = static_cast<ssize_t>(connection.output.size());
  if (::send(connection.fd, connection.output.data(), connection.output.size(), MSG_NOSIGNAL) !=
      size) {
    throw std::runtime_error("cannot send");
  }
  connection.output.clear();
}

}  // namespace evmicro::bench

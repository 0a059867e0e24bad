#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "bench/conversation.h"

namespace evmicro::bench {

struct Load {
  int port = 0;
  std::size_t connections = 1;
  std::size_t slots = 1;  ///< calls in flight on each connection
  /// Whether a connection serves all its calls or is closed after one.
  enum class Connections { kKept, kOnePerCall } use = Connections::kKept;
  MakeConversation conversation;
};

struct Measured {
  double seconds = 0;
  double p50 = 0;  ///< microseconds
  double p99 = 0;
};

/// Calls a server of 127.0.0.1, and waits between the calls for nothing but their replies. Its
/// connections are kept from one run to the next, and until it is destroyed.
class Generator {
 public:
  explicit Generator(Load load);
  Generator(const Generator&) = delete;
  Generator& operator=(const Generator&) = delete;
  ~Generator();

  /// Makes so many calls, all together. Throws std::runtime_error at a wrong reply, at a connection
  /// that ends too early, and when nothing comes for 10 s.
  Measured run(std::size_t calls);

 private:
  using Clock = std::chrono::steady_clock;

  struct Connection {
    int fd = -1;
    std::unique_ptr<Conversation> conversation;
    std::string input;
    std::string output;
    std::vector<Clock::time_point> sent;  // by slot
  };

  void open(Connection& connection);
  void ask(Connection& connection, std::size_t slot);
  void read(Connection& connection);
  void finish(Connection& connection, std::size_t slot);
  void send(Connection& connection);

  const Load load_;
  const int epoll_;
  std::vector<Connection> connections_;
  std::vector<std::size_t> over_;
  std::vector<double> latencies_;
  std::size_t asked_ = 0;
  std::size_t calls_ = 0;
};

/// The quantiles of what is in `latencies`, which must not be empty; sorts them.
Measured summarise(double seconds, std::vector<double>& latencies);

}  // namespace evmicro::bench

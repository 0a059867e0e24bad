#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>

#include <evmicro/transport.h>

namespace evmicro::detail {

/// A connection to a node, and how many requests have been answered on it. Go numbers the requests
/// of a connection from 0, and a reply repeats the number: so the count tells an answer to this
/// request from one that came unasked.
struct NodeConnection {
  std::unique_ptr<Socket> socket;
  std::uint64_t answered = 0;
};

/// Connections that wait for the next call, by address. One that the peer closes, that is idle for
/// too long, or on which something arrives is dropped.
class ConnectionPool {
 public:
  ConnectionPool(std::size_t perNode, std::chrono::milliseconds idle);
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;
  ~ConnectionPool();

  /// The connection to `address` that was used last, or one without a socket.
  NodeConnection take(const std::string& address);
  /// Keeps `connection`, or drops it when there are enough or it cannot be used again. The
  /// observer of its socket is replaced.
  void give(const std::string& address, NodeConnection connection);
  /// Addresses that are remembered, with connections or without.
  std::size_t addresses() const noexcept { return idles_.size(); }

 private:
  class Idle;
  using Idles = std::list<Idle>;
  void dropEmpty();

  const std::size_t perNode_;
  const std::chrono::milliseconds idle_;
  std::unordered_map<std::string, Idles> idles_;  // an address stays while it is in use
  std::size_t dropAt_ = 64;                       // addresses; then those without connections go
};

}  // namespace evmicro::detail

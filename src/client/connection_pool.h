#pragma once

#include <chrono>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>

#include <evmicro/transport.h>

namespace evmicro::detail {

/// Connections that wait for the next call, by address. One that the peer closes, that is idle for
/// too long, or that says something unasked is dropped.
class ConnectionPool {
 public:
  ConnectionPool(std::size_t perNode, std::chrono::milliseconds idle);
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;
  ~ConnectionPool();

  /// The connection to `address` that was used last, or null.
  std::unique_ptr<Socket> take(const std::string& address);
  /// Keeps `socket`, or drops it when there are enough or it cannot be used again. Its observer is
  /// replaced.
  void give(const std::string& address, std::unique_ptr<Socket> socket);

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

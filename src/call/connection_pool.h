#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>

#include <evmicro/transport.h>

namespace evmicro::detail {

/// A connection to a node, and the number of requests answered on it. Requests are numbered from 0
/// on each connection, as by Go, and a reply repeats the number: so the count tells the answer to
/// the current request from an unexpected one.
struct NodeConnection {
  std::unique_ptr<Socket> socket;
  std::uint64_t answered = 0;
  bool grpc = false;  ///< a stream of its own on a connection of gRPC: never pooled
};

/// Idle connections for later calls, by address. A connection is dropped when the peer closes it,
/// when it has been idle for too long, or when anything arrives on it.
class ConnectionPool {
  class Idle;
  using Idles = std::list<Idle>;

 public:
  /// Remembers where the connections to one address are, so that they need not be searched for.
  struct Place {
    Idles* idles = nullptr;
    std::uint64_t removals = 0;  // that had happened by then
  };

  ConnectionPool(std::size_t perNode, std::chrono::milliseconds idle);
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;
  ~ConnectionPool();

  /// The most recently used connection to `address`; without a socket if there is none. `place`
  /// belongs to that address, or is null.
  NodeConnection take(const std::string& address, Place* place = nullptr);
  /// Keeps `connection`, or drops it if there are enough or it is not reusable. Replaces the
  /// observer of its socket.
  void give(const std::string& address, NodeConnection connection, Place* place = nullptr);
  /// The number of known addresses, with connections or without.
  std::size_t addresses() const noexcept { return idles_.size(); }

 private:
  Idles* known(const Place* place) const noexcept {
    return place && place->removals == removals_ ? place->idles : nullptr;
  }
  void dropEmpty();

  const std::size_t perNode_;
  const std::chrono::milliseconds idle_;
  std::unordered_map<std::string, Idles> idles_;  // an address is kept while it is in use
  std::size_t dropAt_ = 64;                       // at this many addresses, those without
                                                  // connections are removed
  std::uint64_t removals_ = 0;                    // how often that was done
};

}  // namespace evmicro::detail

#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include <evmicro/transport.h>

namespace evmicro::detail {

class SocketLife;

/// Owns the accepted sockets of a listener until their first message has arrived; then a socket is
/// handed to the listener's observer. Destroying the backlog destroys its sockets.
class SocketBacklog {
 public:
  /// `observer` must outlive it.
  explicit SocketBacklog(Listener::Observer& observer) noexcept : observer_(observer) {}
  SocketBacklog(const SocketBacklog&) = delete;
  SocketBacklog& operator=(const SocketBacklog&) = delete;
  ~SocketBacklog();

  /// Takes ownership of `socket`, whose life is `life`.
  void add(std::unique_ptr<Socket> socket, SocketLife& life);
  /// How many may be about to send their first message, see kMessageAwaited.
  std::size_t awaited() const noexcept;

 private:
  friend class SocketLife;
  struct Waiting {
    std::unique_ptr<Socket> socket;
    SocketLife* life;
  };

  std::unique_ptr<Socket> take(std::size_t place);

  Listener::Observer& observer_;
  std::vector<Waiting> waiting_;  // each life knows its index here
};

}  // namespace evmicro::detail

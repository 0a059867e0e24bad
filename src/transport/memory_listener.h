#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "net/socket_backlog.h"
#include "transport/memory_network.h"
#include "transport/memory_socket.h"

namespace evmicro::detail {

/// Listens on an address of a MemoryNetwork. Keeps accepted ends until their first message has
/// arrived.
class MemoryListener final : public Listener {
 public:
  MemoryListener(EventLoop& loop, std::shared_ptr<MemoryNetwork> network, ListenOptions options,
                 Observer& observer);
  ~MemoryListener() override;

  /// Must be called first.
  Status open(std::string_view address);
  /// Whether the connection limit is reached.
  bool full() const noexcept;
  /// Makes the accepted end for `dialled`.
  void connect(MemorySocket& dialled);

  void stopAccepting() override { network_->release(*this); }
  std::size_t awaited() const override { return backlog_.awaited(); }
  std::string address() const override { return address_; }
  ListenerStats stats() const override;

 private:
  EventLoop& loop_;
  const std::shared_ptr<MemoryNetwork> network_;  // shared with the transport, listeners and
                                                  // sockets
  const ListenOptions options_;
  std::string address_;
  std::uint64_t accepted_ = 0;
  // Each connection holds a copy, so use_count() gives their number.
  const std::shared_ptr<void> connections_ = std::make_shared<char>();
  SocketBacklog backlog_;
};

}  // namespace evmicro::detail

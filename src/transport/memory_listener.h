#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "net/socket_backlog.h"
#include "transport/memory_network.h"
#include "transport/memory_socket.h"

namespace evmicro::detail {

/// Listens on an address of a MemoryNetwork. Keeps the ends of its connections until their first
/// message has come.
class MemoryListener final : public Listener {
 public:
  MemoryListener(EventLoop& loop, std::shared_ptr<MemoryNetwork> network, ListenOptions options,
                 Observer& observer);
  ~MemoryListener() override;

  /// Before anything else.
  Status open(std::string_view address);
  /// Whether it has all the connections that it may have.
  bool full() const noexcept;
  /// Makes the other end of `dialled`.
  void connect(MemorySocket& dialled);

  void stopAccepting() override { network_->release(*this); }
  std::size_t awaited() const override { return backlog_.size(); }
  std::string address() const override { return address_; }
  ListenerStats stats() const override;

 private:
  EventLoop& loop_;
  const std::shared_ptr<MemoryNetwork> network_;  // with the transport, its listeners, its sockets
  const ListenOptions options_;
  std::string address_;
  std::uint64_t accepted_ = 0;
  // Each connection holds a copy, so that the count tells how many there are.
  const std::shared_ptr<void> connections_ = std::make_shared<char>();
  SocketBacklog backlog_;
};

}  // namespace evmicro::detail

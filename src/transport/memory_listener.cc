#include "transport/memory_listener.h"

#include <utility>

namespace evmicro::detail {

MemoryListener::MemoryListener(EventLoop& loop, std::shared_ptr<MemoryNetwork> network,
                               ListenOptions options, Observer& observer)
    : loop_(loop), network_(std::move(network)), options_(options), backlog_(observer) {}

MemoryListener::~MemoryListener() { network_->release(*this); }

Status MemoryListener::open(std::string_view address) {
  auto bound = network_->bind(address, *this);
  if (!bound.ok()) return std::move(bound).status().withContext("transport");
  address_ = std::move(*bound);
  return {};
}

bool MemoryListener::full() const noexcept {
  return options_.maxConnections > 0 && stats().connections >= options_.maxConnections;
}

ListenerStats MemoryListener::stats() const {
  ListenerStats stats;
  stats.connections = static_cast<std::size_t>(connections_.use_count() - 1);
  stats.accepted = accepted_;
  return stats;
}

void MemoryListener::connect(MemorySocket& dialled) {
  MemorySocket::Options options;
  options.maxBodyBytes = options_.maxBodyBytes;
  options.maxHeaderBytes = options_.maxHeaderBytes;
  options.highWaterBytes = options_.highWaterBytes;
  options.idleTimeout = options_.idleTimeout;
  auto accepted = std::make_unique<MemorySocket>(
      loop_, network_, MemorySocket::Role::kAccepted,
      MemorySocket::Addresses{dialled.peerAddress(), dialled.localAddress()}, options);
  accepted->hold(connections_);
  ++accepted_;
  dialled.link(*accepted);
  SocketLife& life = accepted->life();
  backlog_.add(std::move(accepted), life);
}

}  // namespace evmicro::detail

#include <evmicro/memory_transport.h>

#include <utility>

#include <evmicro/event_loop.h>

#include "net/dial_address.h"
#include "net/host_port.h"
#include "net/unix_address.h"
#include "transport/memory_listener.h"
#include "transport/memory_network.h"
#include "transport/memory_socket.h"

namespace evmicro {

namespace {

using detail::MemoryListener;
using detail::MemoryNetwork;
using detail::MemorySocket;

class MemoryTransport final : public Transport {
 public:
  MemoryTransport(EventLoop& loop, std::shared_ptr<MemoryFaults> faults)
      : loop_(loop), network_(std::make_shared<MemoryNetwork>(loop, std::move(faults))) {}

  std::string_view name() const override { return "memory"; }

  Result<std::unique_ptr<Listener>> listen(std::string_view address, ListenOptions options,
                                           Listener::Observer& observer) override {
    auto listener = std::make_unique<MemoryListener>(loop_, network_, options, observer);
    Status status = listener->open(address);
    if (!status.ok()) return status;
    return std::unique_ptr<Listener>(std::move(listener));
  }

  Result<std::unique_ptr<Socket>> dial(std::string_view address, DialOptions options) override {
    auto parsed = detail::parseDialAddress(address);
    if (!parsed.ok()) return std::move(parsed).status();
    MemorySocket::Options own;
    own.maxBodyBytes = options.maxBodyBytes;
    own.maxHeaderBytes = options.maxHeaderBytes;
    own.highWaterBytes = options.highWaterBytes;
    own.connectTimeout = options.connectTimeout;
    std::string peer = detail::isSocketPath(parsed->host)
                           ? detail::unixAddressText(parsed->host)
                           : detail::joinHostPort(parsed->host, parsed->port);
    return std::unique_ptr<Socket>(std::make_unique<MemorySocket>(
        loop_, network_, MemorySocket::Role::kDialled,
        MemorySocket::Addresses{network_->nextLocalAddress(), std::move(peer)}, own));
  }

 private:
  EventLoop& loop_;
  const std::shared_ptr<MemoryNetwork> network_;  // with its listeners and sockets
};

}  // namespace

std::unique_ptr<Transport> makeMemoryTransport(EventLoop& loop,
                                               std::shared_ptr<MemoryFaults> faults) {
  return std::make_unique<MemoryTransport>(loop, std::move(faults));
}

}  // namespace evmicro

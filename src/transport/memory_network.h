#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <evmicro/memory_transport.h>

#include "net/dial_address.h"
#include "transport/memory_socket.h"

namespace evmicro::detail {

class MemoryListener;

/// The addresses of one memory transport, and their listeners.
class MemoryNetwork final : public MemorySwitch {
 public:
  MemoryNetwork(EventLoop& loop, std::shared_ptr<MemoryFaults> faults);

  /// Binds `listener` to the first free port of `address`; returns the address as bound. Same
  /// errors as TCP and Unix sockets.
  Result<std::string> bind(std::string_view address, MemoryListener& listener);
  void release(const MemoryListener& listener) noexcept;

  /// A local address for a dialled end.
  std::string nextLocalAddress();

  Result<Outcome> connect(MemorySocket& dialled) override;
  MemoryFaults& faults() noexcept override { return *faults_; }
  Deadlines& deadlines() noexcept override { return deadlines_; }

 private:
  struct Bound {
    std::string host;
    MemoryListener* listener = nullptr;
  };

  Result<std::string> bindPath(const std::string& path, MemoryListener& listener);
  bool taken(std::uint16_t port, std::string_view host) const;
  std::uint16_t freePort(std::string_view host);
  MemoryListener* find(const DialAddress& address) const;

  const std::shared_ptr<MemoryFaults> faults_;     // shared with the test that injects them
  std::multimap<std::uint16_t, Bound> listeners_;  // port 0: Unix sockets
  std::uint16_t nextPort_;
  std::uint16_t nextLocalPort_;
  Deadlines deadlines_;
};

}  // namespace evmicro::detail

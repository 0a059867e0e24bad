#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>

#include "net/socket_address.h"

namespace evmicro::detail {

/// Limits how many connections come from one peer: an IPv4 address, or an IPv6 network of 64 bits,
/// which is what one customer has. Unix sockets are not limited.
class PeerLimit {
  using Counts = std::map<std::string, std::size_t>;

 public:
  /// One connection, as long as it lives. May outlive the PeerLimit.
  class Ticket {
   public:
    Ticket(std::shared_ptr<Counts> counts, Counts::iterator entry) noexcept;
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;
    ~Ticket();

   private:
    const std::shared_ptr<Counts> counts_;  // with the limit and the other tickets
    const Counts::iterator entry_;
  };

  /// `most` 0: no limit.
  explicit PeerLimit(std::size_t most) : most_(most) {}

  bool limits() const noexcept { return most_ > 0; }
  /// Null: there are as many of this peer as may be.
  std::unique_ptr<Ticket> admit(const SocketAddress& peer);

 private:
  const std::size_t most_;
  const std::shared_ptr<Counts> counts_ = std::make_shared<Counts>();  // with the tickets
};

}  // namespace evmicro::detail

#include "net/peer_limit.h"

#include <cstring>
#include <utility>

#include <netinet/in.h>

namespace evmicro::detail {

namespace {

constexpr std::size_t kNetwork = 8;  // bytes of an IPv6 address

// Empty: it is not limited.
std::string keyOf(const SocketAddress& peer) {
  if (peer.family() == AF_INET) {
    const auto& address = reinterpret_cast<const sockaddr_in&>(*peer.get());
    return {reinterpret_cast<const char*>(&address.sin_addr), sizeof address.sin_addr};
  }
  if (peer.family() != AF_INET6) return {};
  const auto& address = reinterpret_cast<const sockaddr_in6&>(*peer.get()).sin6_addr;
  const auto* const bytes = reinterpret_cast<const char*>(address.s6_addr);
  if (IN6_IS_ADDR_V4MAPPED(&address)) return {bytes + 12, sizeof(in_addr)};
  return {bytes, kNetwork};
}

}  // namespace

PeerLimit::Ticket::Ticket(std::shared_ptr<Counts> counts, Counts::iterator entry) noexcept
    : counts_(std::move(counts)), entry_(entry) {
  ++entry_->second;
}

PeerLimit::Ticket::~Ticket() {
  if (--entry_->second == 0) counts_->erase(entry_);
}

std::unique_ptr<PeerLimit::Ticket> PeerLimit::admit(const SocketAddress& peer) {
  const std::string key = keyOf(peer);
  const auto entry = counts_->try_emplace(key).first;
  if (!key.empty() && entry->second >= most_) return nullptr;
  return std::make_unique<Ticket>(counts_, entry);
}

}  // namespace evmicro::detail

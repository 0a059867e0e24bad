#include "transport/memory_network.h"

#include <algorithm>

#include "net/host_port.h"
#include "net/listen_address.h"
#include "net/unix_address.h"
#include "transport/memory_listener.h"

namespace evmicro::detail {

namespace {

// The range of ephemeral ports.
constexpr std::uint16_t kFirstPort = 49'152;
constexpr std::uint16_t kLastPort = 65'535;
constexpr std::uint16_t kFirstLocalPort = 32'768;

bool isWildcard(std::string_view host) { return host == "::" || host == "0.0.0.0"; }

std::string canonicalHost(const std::string& host) {
  if (host.empty()) return "::";
  return host == "localhost" ? "127.0.0.1" : host;
}

std::uint16_t next(std::uint16_t& port, std::uint16_t first, std::uint16_t last) {
  const std::uint16_t now = port;
  port = now >= last ? first : static_cast<std::uint16_t>(now + 1);
  return now;
}

}  // namespace

MemoryNetwork::MemoryNetwork(EventLoop& loop, std::shared_ptr<MemoryFaults> faults)
    : faults_(faults ? std::move(faults) : std::make_shared<MemoryFaults>()),
      nextPort_(kFirstPort),
      nextLocalPort_(kFirstLocalPort),
      deadlines_(loop) {}

bool MemoryNetwork::taken(std::uint16_t port, std::string_view host) const {
  const auto [first, last] = listeners_.equal_range(port);
  return std::any_of(first, last, [host](const auto& entry) {
    const std::string& other = entry.second.host;
    return other == host || isWildcard(other) || isWildcard(host);
  });
}

// 0 if there is none.
std::uint16_t MemoryNetwork::freePort(std::string_view host) {
  for (int tries = kFirstPort; tries <= kLastPort; ++tries) {
    const std::uint16_t port = next(nextPort_, kFirstPort, kLastPort);
    if (!taken(port, host)) return port;
  }
  return 0;
}

Result<std::string> MemoryNetwork::bind(std::string_view address, MemoryListener& listener) {
  auto wanted = parseListenAddress(address);
  if (!wanted.ok()) return std::move(wanted).status();
  if (wanted->descriptor) return Status::invalid("no descriptor can be listened on in memory");
  const std::string host = canonicalHost(wanted->host);
  if (isSocketPath(host)) return bindPath(host, listener);
  std::uint16_t port = 0;
  if (wanted->firstPort == 0) {
    port = freePort(host);
  } else {
    for (unsigned each = wanted->firstPort; port == 0 && each <= wanted->lastPort; ++each) {
      const auto candidate = static_cast<std::uint16_t>(each);
      if (!taken(candidate, host)) port = candidate;
    }
  }
  if (port == 0) {
    return Status::unavailable("listen on " + std::string(address) + ": Address already in use");
  }
  listeners_.emplace(port, Bound{host, &listener});
  return joinHostPort(host, port);
}

Result<std::string> MemoryNetwork::bindPath(const std::string& path, MemoryListener& listener) {
  std::string address = unixAddressText(path);
  if (taken(0, path)) {
    return Status::unavailable("listen on " + address + ": Address already in use");
  }
  listeners_.emplace(0, Bound{path, &listener});
  return address;
}

void MemoryNetwork::release(const MemoryListener& listener) noexcept {
  for (auto entry = listeners_.begin(); entry != listeners_.end(); ++entry) {
    if (entry->second.listener != &listener) continue;
    listeners_.erase(entry);
    return;
  }
}

std::string MemoryNetwork::nextLocalAddress() {
  return joinHostPort("127.0.0.1", next(nextLocalPort_, kFirstLocalPort, kFirstPort - 1));
}

MemoryListener* MemoryNetwork::find(const DialAddress& address) const {
  const std::string host = canonicalHost(address.host);
  const auto [first, last] = listeners_.equal_range(address.port);
  const auto found = std::find_if(first, last, [&host](const auto& entry) {
    return entry.second.host == host || isWildcard(entry.second.host);
  });
  return found == last ? nullptr : found->second.listener;
}

Result<MemorySwitch::Outcome> MemoryNetwork::connect(MemorySocket& dialled) {
  if (faults_->stall > 0) {
    --faults_->stall;
    return Outcome::kStalled;
  }
  const std::string peer = dialled.peerAddress();
  const auto address = parseDialAddress(peer);
  MemoryListener* const listener = address.ok() ? find(*address) : nullptr;
  const bool refused = faults_->refuse > 0;
  if (refused) --faults_->refuse;
  if (refused || !listener) return Status::unavailable(peer + ": connection refused");
  if (listener->full()) return Status::unavailable(peer + ": too many connections");
  listener->connect(dialled);
  return Outcome::kConnected;
}

}  // namespace evmicro::detail

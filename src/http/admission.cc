#include "http/admission.h"

#include <algorithm>

#include <sys/resource.h>

#include "net/socket_address.h"

namespace evmicro::detail {

namespace {

using std::chrono::milliseconds;

// Connections that are idle for less are in use, if perhaps not now.
constexpr milliseconds kLeastIdle{1'000};
// One without a message may be in the middle of its handshake. Longer, and those who only connect
// would keep others waiting.
constexpr milliseconds kLeastSilent{100};
// One in the middle of a message may have trouble with its network. Longer, and those who send a
// byte now and then would hold all connections, each for the time of a message.
constexpr milliseconds kLeastSlow{5'000};
// One look through all connections makes room for this part of them, so that newcomers, however
// many, do not cost a look each.
constexpr std::size_t kRoomPart = 64;
// Times as many are looked at: what they have sent may wait for us.
constexpr std::size_t kLookedAt = 4;
// After a look that has found none.
constexpr milliseconds kNextLook{10};
// Room is made while so many descriptors are left: once accept() has failed, newcomers wait.
constexpr int kSpareDescriptors = 64;

milliseconds leastAge(AcceptedConnection::Rank rank) noexcept {
  switch (rank) {
    case AcceptedConnection::Rank::kSilent: return kLeastSilent;
    case AcceptedConnection::Rank::kIdle: return kLeastIdle;
    case AcceptedConnection::Rank::kSlow: break;
  }
  return kLeastSlow;
}

struct Candidate {
  AcceptedConnection::Idleness idle;
  AcceptedConnection* connection;

  bool goesBefore(const Candidate& other) const noexcept {
    if (idle.rank != other.idle.rank) return idle.rank < other.idle.rank;
    return idle.since < other.idle.since;
  }
};

// Descriptors get the lowest number that is free.
bool nearlyTheLast(int fd) noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  const auto all = static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 1 << 30));
  return fd >= all - std::min(kSpareDescriptors, all / 16);
}

}  // namespace

const HttpRefusal* Admission::admit(int fd, std::unique_ptr<PeerLimit::Ticket>& ticket) {
  if (const auto peer = peers_.limits() ? peerSocketAddress(fd) : std::nullopt) {
    ticket = peers_.admit(*peer);
    if (!ticket) return &kTooManyOfPeer;
  }
  if (givingWay_ == 0 && nearlyTheLast(fd)) makeRoom();
  const std::size_t staying = connections() - givingWay_;
  const bool full = maxConnections_ > 0 && staying >= maxConnections_ && !makeRoom();
  return full ? &kTooManyConnections : nullptr;
}

bool Admission::makeRoom() {
  const auto now = EventLoop::now();
  if (now < nextLook_) return false;
  std::vector<Candidate> candidates;
  for (AcceptedConnection* const connection : connections_) {
    if (connection->givingWay_) continue;
    const auto idle = connection->idleness();
    if (idle && now - idle->since >= leastAge(idle->rank)) {
      candidates.push_back({*idle, connection});
    }
  }
  if (candidates.empty()) nextLook_ = now + kNextLook;
  const std::size_t most = 1 + connections_.size() / kRoomPart;
  const std::size_t looked = std::min(candidates.size(), kLookedAt * most);
  const auto end = candidates.begin() + static_cast<std::ptrdiff_t>(looked);
  std::partial_sort(candidates.begin(), end, candidates.end(),
                    [](const auto& a, const auto& b) { return a.goesBefore(b); });
  std::size_t count = 0;
  for (auto each = candidates.begin(); each != end && count < most; ++each) {
    // Not while there are others, even if these have to wait for us.
    if (each->idle.rank != candidates.front().idle.rank) break;
    if (!each->connection->quiet()) continue;
    each->connection->givingWay_ = true;
    ++givingWay_;
    each->connection->giveWay();
    ++count;
  }
  return count > 0;
}

void Admission::add(AcceptedConnection& connection) {
  connection.place_ = connections_.size();
  connections_.push_back(&connection);
}

void Admission::remove(AcceptedConnection& connection) noexcept {
  if (connection.place_ == AcceptedConnection::kNowhere) return;
  if (connection.turnedAway_) --turnedAway_;
  if (connection.givingWay_) --givingWay_;
  connections_.back()->place_ = connection.place_;
  connections_[connection.place_] = connections_.back();
  connections_.pop_back();
  connection.place_ = AcceptedConnection::kNowhere;
}

void Admission::turnAway(AcceptedConnection& connection) noexcept {
  connection.turnedAway_ = true;
  ++turnedAway_;
}

bool Admission::mayClose(AcceptedConnection& connection) noexcept {
  connection.givingWay_ = false;
  --givingWay_;
  if (!connection.idleness() || !connection.quiet()) return false;
  ++gaveWay_;
  return true;
}

}  // namespace evmicro::detail

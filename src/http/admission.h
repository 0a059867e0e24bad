#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <evmicro/event_loop.h>

#include "http/accepted_connection.h"
#include "http/refusal.h"
#include "net/peer_limit.h"

namespace evmicro::detail {

/// Decides which accepted connections a listener keeps. When connections or descriptors run out,
/// idle ones close in favour of new ones: first those that have never sent a message, then those
/// that have been idle longest, then those that send a message too slowly.
class Admission {
 public:
  /// Maximum of refused connections that wait for their peers to read the refusal. Further ones
  /// are closed immediately, so that a flood does not use up the descriptors.
  static constexpr std::size_t kRefusedAtOnce = 256;

  /// 0: no limit.
  Admission(std::size_t maxConnections, std::size_t maxPerPeer)
      : maxConnections_(maxConnections), peers_(maxPerPeer) {}
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;

  /// For a connection that has just been accepted as `fd`, before add(): null, or why there is no
  /// room for it. `ticket` is to be kept as long as the connection.
  const HttpRefusal* admit(int fd, std::unique_ptr<PeerLimit::Ticket>& ticket);
  /// Whether idle connections close in a later turn.
  bool makeRoom();

  void add(AcceptedConnection& connection);
  /// No effect if it was not added.
  void remove(AcceptedConnection& connection) noexcept;
  /// It is refused because it is above a limit, and does not count any more.
  void turnAway(AcceptedConnection& connection) noexcept;
  /// The turn in which `connection` gives way has come. True: close it now. False: it is not idle
  /// any more, or has received what was not read yet.
  bool mayClose(AcceptedConnection& connection) noexcept;

  /// Open connections that were not turned away.
  std::size_t connections() const noexcept { return connections_.size() - turnedAway_; }
  std::size_t turnedAway() const noexcept { return turnedAway_; }
  /// How many have closed in favour of others so far.
  std::uint64_t gaveWay() const noexcept { return gaveWay_; }

 private:
  const std::size_t maxConnections_;
  PeerLimit peers_;
  EventLoop::Clock::time_point nextLook_{};       // for idle connections
  std::vector<AcceptedConnection*> connections_;  // each knows its place
  std::size_t turnedAway_ = 0;                    // of them
  std::size_t givingWay_ = 0;                     // of them: they close in a later turn
  std::uint64_t gaveWay_ = 0;
};

}  // namespace evmicro::detail

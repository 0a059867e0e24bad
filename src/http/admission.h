#pragma once

#include <cstddef>
#include <memory>

#include <evmicro/event_loop.h>
#include <evmicro/transport.h>

#include "http/refusal.h"
#include "http/socket_shared.h"
#include "net/peer_limit.h"

namespace evmicro::detail {

/// Decides which accepted connections a listener keeps. When connections or descriptors run out,
/// idle ones close in favour of new ones: first those that have never sent a message, then those
/// that have been idle longest.
class Admission {
 public:
  /// Maximum of refused connections that wait for their peers to read the refusal. Further ones
  /// are closed immediately, so that a flood does not use up the descriptors.
  static constexpr std::size_t kRefusedAtOnce = 256;

  Admission(std::shared_ptr<HttpSocketShared> shared, const ListenOptions& options);

  /// For a connection that has just been accepted as `fd`: null, or why there is no room for it.
  /// `ticket` is to be kept as long as the connection.
  const HttpRefusal* admit(int fd, std::unique_ptr<PeerLimit::Ticket>& ticket);
  /// Whether idle connections close in a later turn.
  bool makeRoom();

 private:
  const std::size_t maxConnections_;
  PeerLimit peers_;
  EventLoop::Clock::time_point nextLook_{};         // for idle connections
  const std::shared_ptr<HttpSocketShared> shared_;  // shared with the sockets of the listener
};

}  // namespace evmicro::detail

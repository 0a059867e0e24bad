#pragma once

namespace evmicro::detail {

/// Makes the system break a TCP connection whose peer has disappeared (no power, no route):
/// one that is silent is probed after a minute, every ten seconds, six times; one that takes
/// nothing of what was sent is given up after five minutes. Accepted sockets inherit it from the
/// listening one. No effect on a Unix socket.
void findDeadPeers(int fd) noexcept;

}  // namespace evmicro::detail

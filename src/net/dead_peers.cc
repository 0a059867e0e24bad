#include "net/dead_peers.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace evmicro::detail {

namespace {

constexpr int kSilence = 60;        // seconds
constexpr int kProbeInterval = 10;  // seconds
constexpr int kProbes = 6;
// A peer that answers probes but takes nothing, such as a stream's consumer that has paused, is
// counted as well: longer than anybody pauses.
constexpr int kTakesNothing = 300'000;  // milliseconds

void set(int fd, int level, int option, int value) noexcept {
  ::setsockopt(fd, level, option, &value, sizeof value);
}

}  // namespace

void findDeadPeers(int fd) noexcept {
  set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(fd, IPPROTO_TCP, TCP_KEEPIDLE, kSilence);
  set(fd, IPPROTO_TCP, TCP_KEEPINTVL, kProbeInterval);
  set(fd, IPPROTO_TCP, TCP_KEEPCNT, kProbes);
  set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, kTakesNothing);
}

}  // namespace evmicro::detail

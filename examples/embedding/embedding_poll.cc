// evmicro inside a program whose main loop is poll(2): the loop stays as it is, and gets one more
// descriptor and a timeout.
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <optional>

#include <poll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <evmicro/loop_pump.h>

#include "greeting_service.h"

namespace {

// What the program has watched so far: a clock that ticks ten times a second.
int makeClock() {
  const itimerspec tenth{{0, 100'000'000}, {0, 100'000'000}};
  const int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  if (fd >= 0) timerfd_settime(fd, 0, &tenth, nullptr);
  return fd;
}

}  // namespace

int main() {
  const int clock = makeClock();
  evmicro::LoopPump pump;
  std::optional<bool> succeeded;
  GreetingService service(pump.loop(), [&succeeded](bool ok) { succeeded = ok; });

  //! [poll]
  while (!succeeded) {
    pollfd wait[] = {{clock, POLLIN, 0}, {pump.fd(), POLLIN, 0}};
    if (poll(wait, 2, pump.pollTimeout()) < 0 && errno != EINTR) break;
    if ((wait[0].revents & POLLIN) != 0) {
      std::uint64_t ticks = 0;
      if (read(clock, &ticks, sizeof ticks) > 0) std::puts("tick");
    }
    if (!pump.dispatchReady().ok()) break;
  }
  //! [poll]
  close(clock);
  return succeeded.value_or(false) ? 0 : 1;
}

#include "tool/stdout_watch.h"

#include <utility>

#include <event2/event.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace evmicro::tool {

namespace {

bool isPipeOrSocket(int descriptor) {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 &&
         (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
}

bool closedByReader(int descriptor) {
  pollfd wait{descriptor, 0, 0};  // POLLERR and POLLHUP are always reported
  return ::poll(&wait, 1, 0) > 0 && (wait.revents & (POLLERR | POLLHUP)) != 0;
}

}  // namespace

// Edge-triggered: input on a socket is never read, and must not wake the loop again and again.
StdoutWatch::StdoutWatch(EventLoop& loop, std::function<void()> onClosed)
    : onClosed_(std::move(onClosed)) {
  if (!isPipeOrSocket(STDOUT_FILENO)) return;
  event_.reset(event_new(loop.base(), STDOUT_FILENO, EV_READ | EV_PERSIST | EV_ET,
                         &StdoutWatch::onEvent, this));
  if (event_) event_add(event_.get(), nullptr);
}

void StdoutWatch::onEvent(int descriptor, short, void* self) noexcept {
  if (!closedByReader(descriptor)) return;
  const auto onClosed = std::exchange(static_cast<StdoutWatch*>(self)->onClosed_, nullptr);
  if (onClosed) onClosed();  // may destroy this object
}

}  // namespace evmicro::tool

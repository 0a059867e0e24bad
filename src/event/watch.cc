#include "event/watch.h"

#include <cerrno>
#include <cstring>

#include <event2/event.h>
#include <sys/epoll.h>

#include "base/log.h"
#include "event/loop_event.h"

namespace evmicro::detail {

namespace {

// Without events of its own until libevent sets them, and edge-triggered, so that it cannot keep
// the loop awake if libevent never does.
bool put(int epoll, int fd) noexcept {
  epoll_event none{};
  none.events = EPOLLET;
  none.data.fd = fd;
  return ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &none) == 0;
}

// Keeps errno.
void noteRefused(EventLoop& loop, int fd) noexcept {
  const int error = errno;
  if (LoopEvent::refusalsOf(loop).allow(EventLoop::now())) {
    EVMICRO_LOG_WARN("net",
                     "the system does not watch descriptor " << fd << ": " << std::strerror(error));
  }
  errno = error;
}

}  // namespace

bool addWatch(EventLoop& loop, event& watch) noexcept {
  const int fd = event_get_fd(&watch);
  if (event_add(&watch, nullptr) != 0) {
    noteRefused(loop, fd);
    return false;
  }
  const int collecting = LoopEvent::guardOf(loop).collecting();
  if (collecting < 0 || inherited(loop) || put(collecting, fd) || errno == EEXIST) return true;
  noteRefused(loop, fd);
  const int error = errno;
  event_del(&watch);
  errno = error;
  return false;
}

bool isWatched(EventLoop& loop, int fd) noexcept {
  ForkGuard& guard = LoopEvent::guardOf(loop);
  const int epoll = guard.collecting() >= 0 ? guard.collecting() : guard.epoll();
  if (epoll < 0 || inherited(loop)) return true;
  const bool added = put(epoll, fd);
  if (added && guard.collecting() < 0) {  // libevent should have done that: it has failed
    ::epoll_ctl(epoll, EPOLL_CTL_DEL, fd, nullptr);
    errno = ENOSPC;
  } else if (added || errno == EEXIST) {
    return true;
  }
  noteRefused(loop, fd);
  return false;
}

}  // namespace evmicro::detail

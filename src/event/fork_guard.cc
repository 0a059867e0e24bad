#include "event/fork_guard.h"

#include <algorithm>
#include <string_view>

#include <event2/event.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "event/signals.h"

namespace evmicro::detail {

namespace {

// The loops of the process: the handlers of fork() get no argument.
std::mutex all;
ForkGuard* first = nullptr;  // guarded by `all`

// Whether `fd` is an epoll that watches `wake`. Changes nothing: `wake` is registered as libevent
// has registered it. Libevent has no function for the descriptor of its epoll. Not by epoll_ctl(),
// which ThreadSanitizer takes for a use of `fd`: that may be one of another thread's.
bool watches(int fd, int wake) noexcept {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = wake;
  return ::syscall(SYS_epoll_ctl, fd, EPOLL_CTL_MOD, wake, &event) == 0;
}

int findEpoll(int wake) noexcept {
  constexpr rlim_t kMost = 1U << 20;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return -1;
  const int end = static_cast<int>(std::min(limit.rlim_cur, kMost));
  for (int fd = 0; fd < end; ++fd) {
    if (fd != wake && watches(fd, wake)) return fd;
  }
  return -1;
}

// Gives the number `fd` to `fresh`. Without `fresh` it is closed: libevent and our own code ignore
// the errors of a closed descriptor here.
void replace(int fd, int fresh) noexcept {
  if (fresh < 0) {
    ::close(fd);
    return;
  }
  ::dup3(fresh, fd, O_CLOEXEC);
  ::close(fresh);
}

}  // namespace

std::atomic<bool> ForkGuard::forked_{false};

ForkGuard::ForkGuard(event_base* base, int wake, std::mutex& mutex)
    : base_(base), wake_(wake), mutex_(mutex) {
  installOnce();
  const std::lock_guard<std::mutex> lock(all);
  next_ = first;
  if (first) first->previous_ = this;
  first = this;
}

ForkGuard::~ForkGuard() {
  const std::lock_guard<std::mutex> lock(all);
  (previous_ ? previous_->next_ : first) = next_;
  if (next_) next_->previous_ = previous_;
}

void ForkGuard::installOnce() {
  static const int installed = ::pthread_atfork(&beforeFork, &afterForkInParent, &afterForkInChild);
  static_cast<void>(installed);
}

void ForkGuard::watch() noexcept {
  // With the changelist `wake` is not in the epoll yet; other methods keep nothing in the kernel.
  if (std::string_view(event_base_get_method(base_)) == "epoll") epoll_ = findEpoll(wake_);
}

bool ForkGuard::watchCollecting() noexcept {
  if (std::string_view(event_base_get_method(base_)) != "epoll (with changelist)") return true;
  collecting_ = findEpoll(wake_);
  return collecting_ >= 0;
}

void ForkGuard::adopt() noexcept {
  inherited_ = false;
  collecting_ = -1;
  epoll_ = -1;
  watch();
}

void ForkGuard::beforeFork() noexcept {
  all.lock();
  lockSignals();
  for (ForkGuard* loop = first; loop; loop = loop->next_) loop->mutex_.lock();
}

void ForkGuard::afterForkInParent() noexcept {
  for (ForkGuard* loop = first; loop; loop = loop->next_) loop->mutex_.unlock();
  unlockSignals();
  all.unlock();
}

// Makes system calls only: another thread may have held any lock.
void ForkGuard::afterForkInChild() noexcept {
  for (ForkGuard* loop = first; loop; loop = loop->next_) {
    loop->isolate();
    loop->mutex_.unlock();
  }
  isolateSignals();
  unlockSignals();
  all.unlock();
}

void ForkGuard::isolate() noexcept {
  forked_.store(true, std::memory_order_relaxed);
  inherited_ = true;
  if (epoll_ >= 0) {
    // The program may have called event_reinit() since, and the number may be another's.
    if (!watches(epoll_, wake_)) epoll_ = findEpoll(wake_);
    if (epoll_ >= 0) replace(epoll_, ::epoll_create1(EPOLL_CLOEXEC));
  }
  replace(wake_, ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
}

void sever(int fd) noexcept {
  if (fd >= 0) replace(fd, ::open("/dev/null", O_RDWR | O_CLOEXEC));
}

}  // namespace evmicro::detail

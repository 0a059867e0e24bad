#pragma once

#include <atomic>
#include <mutex>

struct event_base;

namespace evmicro::detail {

/// Keeps a forked child's copy of a loop from acting on its parent. Parent and child share the
/// kernel's epoll: what the child removes from it is removed for the parent, too. So in the child,
/// before fork() returns there, the descriptors of the epoll and of the loop's eventfd are replaced
/// by new ones, to which the parent has no connection. An epoll whose changes libevent collects
/// until the next dispatch (EPOLL_USE_CHANGELIST) needs no replacement.
///
/// Also knows whether the calling process has inherited the loop.
class ForkGuard {
 public:
  /// `wake` is the loop's eventfd, which must be added to `base` for reading before watch().
  /// `mutex` is one that other threads lock: it is locked while the process forks, so that the
  /// child does not inherit it locked.
  ForkGuard(event_base* base, int wake, std::mutex& mutex);
  ForkGuard(const ForkGuard&) = delete;
  ForkGuard& operator=(const ForkGuard&) = delete;
  ~ForkGuard();

  /// Finds the base's epoll.
  void watch() noexcept;
  /// Finds that of a base that collects changes, and has applied its first. False: it watches
  /// nothing.
  bool watchCollecting() noexcept;
  /// Whether this process is a child that has not called adopt().
  bool inherited() const noexcept { return inherited_; }
  /// The loop is this process's from here on; the base has been reinitialised.
  void adopt() noexcept;
  /// Of the base's epoll; -1: it has another method, or collects changes.
  int epoll() const noexcept { return epoll_; }
  /// The epoll of a base that collects changes; -1: it does not, or was inherited.
  int collecting() const noexcept { return collecting_; }

  /// Whether a process has inherited any loop: false in nearly all, and cheap.
  static bool anyInherited() noexcept { return forked_.load(std::memory_order_relaxed); }

 private:
  static void installOnce();
  static void beforeFork() noexcept;
  static void afterForkInParent() noexcept;
  static void afterForkInChild() noexcept;
  void isolate() noexcept;

  static std::atomic<bool> forked_;

  event_base* const base_;
  const int wake_;
  std::mutex& mutex_;
  int epoll_ = -1;
  int collecting_ = -1;
  bool inherited_ = false;
  ForkGuard* previous_ = nullptr;  // in the list of all, as is next_
  ForkGuard* next_ = nullptr;
};

/// Replaces what `fd` refers to by /dev/null, so that what is done with it next has no effect on
/// the process that it was inherited from.
void sever(int fd) noexcept;

}  // namespace evmicro::detail

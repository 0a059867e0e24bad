#pragma once

#include <array>
#include <atomic>
#include <csignal>
#include <functional>
#include <memory>
#include <vector>

#include <evmicro/event_loop.h>

#include "event/loop_event.h"

namespace evmicro::detail {

/// Where the handler of the process's signals leaves them for one loop. Any number of loops may
/// watch one signal; libevent gives all signals to a single base.
struct SignalSlot {
  std::atomic<bool> used{false};
  std::array<std::atomic<bool>, NSIG> watched{};
  std::array<std::atomic<unsigned>, NSIG> raised{};  // since the loop last took them
  int fd = -1;                                       // an eventfd: readable when there are any
  SignalSlot* next = nullptr;
};

/// The signals that one loop watches.
class LoopSignals {
 public:
  class Watch;

  /// Throws std::runtime_error without a descriptor left.
  explicit LoopSignals(EventLoop& loop);
  LoopSignals(const LoopSignals&) = delete;
  LoopSignals& operator=(const LoopSignals&) = delete;
  ~LoopSignals();

  /// Calls `onSignal` at each `signal` while the result lives, which may outlive this object. Null:
  /// the system does not let it be watched.
  static std::shared_ptr<Watch> watch(const std::shared_ptr<LoopSignals>& self, int signal,
                                      std::function<void()> onSignal);

 private:
  static void onReadable(evutil_socket_t, short, void* self) noexcept;
  static std::shared_ptr<const std::function<void()>> functionOf(const std::weak_ptr<Watch>& handle,
                                                                 int signal);
  void deliver(int signal);
  void remove(const Watch& watch) noexcept;

  SignalSlot& slot_;
  std::vector<std::weak_ptr<Watch>> watches_;
  LoopEvent readable_;
};

/// Around fork(): the lock on the handlers, and in the child an eventfd of its own for each loop.
void lockSignals() noexcept;
void unlockSignals() noexcept;
void isolateSignals() noexcept;

}  // namespace evmicro::detail

#pragma once

#include <functional>

#include <evmicro/event_loop.h>
#include <evmicro/offload.h>

namespace evmicro::test {

/// Runs work that blocks, such as starting a process, while a loop turns. All of it runs on one
/// thread, which lives as long as this: a process dies with the thread that has started it
/// (PR_SET_PDEATHSIG).
class Meanwhile {
 public:
  /// `loop` must outlive it.
  explicit Meanwhile(EventLoop& loop) : loop_(loop), worker_(loop) {}

  /// Runs `work` and turns the loop until it is done; throws what it throws.
  void run(const std::function<void()>& work);

 private:
  EventLoop& loop_;
  Offload worker_;
};

}  // namespace evmicro::test

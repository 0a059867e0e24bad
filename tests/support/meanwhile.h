#pragma once

#include <functional>
#include <future>
#include <thread>
#include <vector>

#include <evmicro/event_loop.h>

namespace evmicro::test {

/// Runs work that blocks, such as starting a process, while a loop turns.
class Meanwhile {
 public:
  /// `loop` must outlive it.
  explicit Meanwhile(EventLoop& loop) : loop_(loop) {}
  Meanwhile(const Meanwhile&) = delete;
  Meanwhile& operator=(const Meanwhile&) = delete;
  /// @pre the processes that were started by run() have ended
  ~Meanwhile();

  /// Runs `work` on a thread of its own and turns the loop until it is done; throws what it throws.
  void run(std::function<void()> work);

 private:
  EventLoop& loop_;
  std::promise<void> over_;
  std::shared_future<void> ended_ = over_.get_future().share();
  // They stay: a process that a thread has started dies with it (PR_SET_PDEATHSIG).
  std::vector<std::thread> workers_;
};

}  // namespace evmicro::test

#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <evmicro/event_loop.h>

namespace sql {

/// A few threads for work that would keep the loop waiting: hashing, and a database in a file.
/// The work runs on one of them, what it returns runs on the loop.
class Workers {
 public:
  /// Runs on the loop.
  using Then = std::function<void()>;
  /// Runs on a thread; must not touch what belongs to the loop. An exception is logged, and what
  /// was captured is destroyed.
  using Work = std::function<Then()>;

  /// At most `queue` pieces of work wait. `loop` must outlive it.
  Workers(evmicro::EventLoop& loop, std::size_t threads, std::size_t queue);
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  /// Waits for the work that is running; what waits is dropped, and nothing runs on the loop
  /// afterwards.
  ~Workers();

  /// False: too much is waiting, and `work` does not run.
  bool run(Work work);
  std::size_t waiting() const;

 private:
  void serve();

  evmicro::EventLoop& loop_;
  const std::size_t most_;
  // Shared with what was posted to the loop: empty once this is gone. Used on the loop only.
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Work> work_;  // guarded by mutex_, as is stopping_
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace sql

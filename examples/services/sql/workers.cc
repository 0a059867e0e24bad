#include "workers.h"

#include <exception>
#include <string>
#include <utility>

#include <evmicro/log.h>

namespace sql {

Workers::Workers(evmicro::EventLoop& loop, std::size_t threads, std::size_t queue)
    : loop_(loop), most_(queue) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { serve(); });
}

Workers::~Workers() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
    work_.clear();
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  *alive_ = false;
}

bool Workers::run(Work work) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (work_.size() >= most_) return false;
    work_.push_back(std::move(work));
  }
  changed_.notify_one();
  return true;
}

std::size_t Workers::waiting() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return work_.size();
}

void Workers::serve() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !work_.empty(); });
    if (stopping_) return;
    Work work = std::move(work_.front());
    work_.pop_front();
    lock.unlock();
    Then then;
    try {
      then = work();
    } catch (const std::exception& failure) {
      then = [what = std::string(failure.what())] {
        evmicro::log("sql", evmicro::LogLevel::kError, "A worker failed: " + what);
      };
    }
    // What both have captured belongs to the loop, and is destroyed there.
    loop_.post([alive = alive_, work = std::move(work), then = std::move(then)] {
      if (*alive && then) then();
    });
    lock.lock();
  }
}

}  // namespace sql

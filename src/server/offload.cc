#include <evmicro/offload.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include <evmicro/event_loop.h>

#include "base/counted.h"
#include "base/hidden.h"
#include "event/loop_event.h"

namespace evmicro {

using detail::OffloadJob;

struct EVMICRO_HIDDEN Offload::State {
  using Jobs = std::deque<std::shared_ptr<OffloadJob>>;

  State(EventLoop& of, std::size_t most) : loop(of), limit(most) {}

  // Free threads take theirs as soon as they run: those do not count as waiting. @pre locked
  std::size_t free() const noexcept { return threads.size() - busy; }
  std::size_t inLine() const noexcept { return waiting.size() - std::min(waiting.size(), free()); }
  bool full() const noexcept { return waiting.size() >= free() && inLine() >= limit; }

  void serve(const std::weak_ptr<State>& self);
  void giveBack(const std::weak_ptr<State>& self, std::shared_ptr<OffloadJob> job);
  static void collect(const std::weak_ptr<State>& handle);

  EventLoop& loop;
  const std::size_t limit;
  bool ended = false;  // the Offload is being destroyed; used on the loop only
  std::mutex mutex;    // guards all that follows, but for the threads
  std::condition_variable changed;
  Jobs waiting;
  Jobs finished;         // to be collected by the loop
  std::size_t busy = 0;  // threads that have taken a job
  bool stopping = false;
  std::vector<std::thread> threads;
};

// On a thread.
void Offload::State::serve(const std::weak_ptr<State>& self) {
  std::unique_lock<std::mutex> lock(mutex);
  while (true) {
    changed.wait(lock, [this] { return stopping || !waiting.empty(); });
    if (stopping) return;
    auto job = std::move(waiting.front());
    waiting.pop_front();
    ++busy;
    lock.unlock();
    if (!job->abandoned()) job->work();
    lock.lock();
    --busy;
    giveBack(self, std::move(job));
  }
}

// The loop destroys the job. @pre locked
void Offload::State::giveBack(const std::weak_ptr<State>& self, std::shared_ptr<OffloadJob> job) {
  finished.push_back(std::move(job));
  if (finished.size() == 1) loop.post([self] { collect(self); });
}

// On the loop. Any function may destroy the Offload.
void Offload::State::collect(const std::weak_ptr<State>& handle) {
  const auto self = handle.lock();
  if (!self) return;
  Jobs jobs;
  {
    const std::lock_guard<std::mutex> lock(self->mutex);
    jobs.swap(self->finished);
  }
  while (!jobs.empty() && !self->ended) {
    const auto job = std::move(jobs.front());
    jobs.pop_front();
    if (!job->abandoned()) job->finish();
  }
}

Offload::Offload(EventLoop& loop, OffloadOptions options)
    : state_(std::make_shared<State>(loop, options.queue)) {
  const std::weak_ptr<State> self = state_;
  for (std::size_t i = 0; i < std::max<std::size_t>(options.threads, 1); ++i) {
    state_->threads.emplace_back([state = state_.get(), self] { state->serve(self); });
  }
}

Offload::~Offload() {
  state_->ended = true;
  if (detail::inherited(
          state_->loop)) {  // the threads, and what they have locked, are the parent's
    for (std::thread& thread : state_->threads) thread.detach();
    static_cast<void>(new std::shared_ptr<State>(state_));
    return;
  }
  State::Jobs dropped;
  {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    state_->stopping = true;
    dropped.swap(state_->waiting);
  }
  state_->changed.notify_all();
  for (std::thread& thread : state_->threads) thread.join();
  state_->finished.clear();
}

Pending Offload::start(std::shared_ptr<OffloadJob> job) {
  {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    if (!state_->full()) {
      state_->waiting.push_back(job);
      state_->changed.notify_one();
      return Pending(std::move(job));
    }
  }
  state_->loop.post([handle = std::weak_ptr<State>(state_), job, limit = state_->limit] {
    const auto self = handle.lock();
    if (!self || self->ended || job->abandoned()) return;
    job->fail(Status::overloaded("offload: " + detail::counted(limit, "function") + " waiting"));
  });
  return Pending(std::move(job));
}

std::size_t Offload::waiting() const {
  const std::lock_guard<std::mutex> lock(state_->mutex);
  return state_->inLine();
}

}  // namespace evmicro

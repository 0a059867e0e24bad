#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include <evmicro/context.h>
#include <evmicro/export.h>
#include <evmicro/pending.h>
#include <evmicro/server.h>
#include <evmicro/status.h>

namespace evmicro {

class EventLoop;

/// The pool of an Offload.
struct OffloadOptions {
  /// How many functions run at a time; at least one.
  std::size_t threads = 1;
  /// How many may wait while all threads work; more are refused with kOverloaded.
  std::size_t queue = 1'000;
};

namespace detail {

/// A function for a thread of the pool, and what is to be done with its result. Except for work(),
/// everything happens on the loop, destruction included.
class OffloadJob : public Abandonable {
 public:
  OffloadJob() = default;
  OffloadJob(const OffloadJob&) = delete;
  OffloadJob& operator=(const OffloadJob&) = delete;
  virtual ~OffloadJob() = default;

  /// On a thread.
  virtual void work() noexcept = 0;
  virtual void finish() = 0;
  virtual void fail(Status why) = 0;

  void abandon() noexcept final { abandoned_ = true; }
  bool abandoned() const noexcept { return abandoned_; }
  /// Abandons `job` when `context` ends.
  static void endWith(const Context& context, const std::shared_ptr<OffloadJob>& job) {
    job->ended_ = context.onDone([watch = std::weak_ptr<OffloadJob>(job)] {
      if (const auto abandoned = watch.lock()) abandoned->abandon();
    });
  }

 private:
  std::atomic<bool> abandoned_{false};
  Subscription ended_;
};

template <typename T>
struct OffloadResult {
  using Type = Result<T>;
};
template <typename T>
struct OffloadResult<Result<T>> {
  using Type = Result<T>;
};
template <>
struct OffloadResult<Status> {
  using Type = Status;
};
template <>
struct OffloadResult<void> {
  using Type = Status;
};

template <typename Work, typename Then>
class OffloadedWork final : public OffloadJob {
 public:
  using Value = std::invoke_result_t<Work&>;
  using Outcome = typename OffloadResult<Value>::Type;

  OffloadedWork(Work work, Then then) : work_(std::move(work)), then_(std::move(then)) {}

  void work() noexcept override {
    try {
      if constexpr (std::is_void_v<Value>) {
        work_();
        outcome_.emplace();
      } else {
        outcome_.emplace(work_());
      }
    } catch (const std::exception& thrown) {
      outcome_.emplace(
          Status::internal(std::string("the offloaded function threw: ") + thrown.what()));
    } catch (...) {
      outcome_.emplace(Status::internal("the offloaded function threw something unknown"));
    }
  }
  void finish() override { then_(std::move(*outcome_)); }
  void fail(Status why) override { then_(Outcome(std::move(why))); }

 private:
  Work work_;
  Then then_;
  std::optional<Outcome> outcome_;
};

}  // namespace detail

/// Threads for functions that block or compute for long, such as a database or a password hash: the
/// loop never waits for them. A function runs on a thread of the pool, and its result comes back to
/// the loop.
/// ```
/// void Hash(Context context, HashRequest request, Reply<HashResponse> reply) override {
///   offload_.answer(context, std::move(reply), [request] { return hash(request); });
/// }
/// ```
/// It starts the threads that the program asks for; the library starts no others, but for the NATS
/// broker. All functions are called on the loop's thread.
class EVMICRO_EXPORT Offload {
 public:
  /// `loop` must outlive it.
  explicit Offload(EventLoop& loop, OffloadOptions options = {});
  Offload(const Offload&) = delete;
  Offload& operator=(const Offload&) = delete;
  /// Waits for the functions that are running. Those that are waiting do not run, and no `then`
  /// runs afterwards; replies that they owe are answered with an error 500.
  ~Offload();

  /// Runs `work`, a function without parameters, on a thread: it must not use anything of the loop,
  /// nor change what others use without a lock. Then `then` runs once on the loop, with
  /// - a Result<T> if `work` returns a T or a Result<T>,
  /// - a Status if it returns that or nothing.
  /// Errors: kOverloaded if the queue is full; kInternal if `work` throws. What both have captured
  /// is destroyed on the loop's thread. If the result is taken as a Call, dropping it prevents
  /// `then` from running, and `work` as well if it has not begun.
  template <typename Work, typename Then>
  Pending run(Work work, Then then) {
    return start(
        std::make_shared<detail::OffloadedWork<Work, Then>>(std::move(work), std::move(then)));
  }

  /// Answers a call with what `work` returns on a thread: a Response or a Result<Response>. It does
  /// not run if the call ends while it waits, because the caller has gone or its deadline has
  /// passed.
  template <typename Response, typename Work>
  void answer(const Context& context, Reply<Response> reply, Work work) {
    if (context.done()) return;
    auto then = [reply = std::move(reply)](const Result<Response>& result) mutable {
      reply(result);
    };
    auto job = std::make_shared<detail::OffloadedWork<Work, decltype(then)>>(std::move(work),
                                                                             std::move(then));
    detail::OffloadJob::endWith(context, job);
    start(std::move(job));
  }

  /// How many functions are waiting for a thread, while all of them work.
  std::size_t waiting() const;

 private:
  struct State;
  Pending start(std::shared_ptr<detail::OffloadJob> job);

  const std::shared_ptr<State> state_;  // shared with what has been posted to the loop
};

}  // namespace evmicro

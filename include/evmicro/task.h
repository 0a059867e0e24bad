#pragma once

// For C++20 and later: in C++17 this header is empty.
#if __cplusplus >= 202002L && defined(__cpp_impl_coroutine)

#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include <evmicro/call.h>

namespace evmicro {

template <typename T>
class Task;
class CoroutineScope;

namespace detail {

/// A coroutine that a CoroutineScope owns, with those that it awaits. All of them are resumed by
/// resume(), because any of them may end the scope while it runs: then it is destroyed when it
/// suspends.
class CoroutineRoot {
 public:
  CoroutineRoot(const CoroutineRoot&) = delete;
  CoroutineRoot& operator=(const CoroutineRoot&) = delete;

  /// Resumes `frame`, a coroutine of `root` (null: of somebody else's). Both may be gone
  /// afterwards.
  static void resume(CoroutineRoot* root, std::coroutine_handle<> frame) {
    if (!root) return frame.resume();
    ++root->running_;
    frame.resume();
    if (--root->running_ > 0 || root->state_ == State::kAlive) return;
    root->leaveScope();
    if (root->state_ == State::kComplete) {
      root->conclude();
    } else {
      delete root;
    }
  }

  /// Destroys the coroutine, at the latest when it suspends. Its outcome is not reported.
  void cancel() noexcept {
    leaveScope();
    if (running_ > 0) {
      state_ = State::kCancelled;
    } else {
      delete this;
    }
  }

 protected:
  CoroutineRoot() = default;
  virtual ~CoroutineRoot() = default;

  void complete() noexcept {
    if (state_ == State::kAlive) state_ = State::kComplete;
  }
  /// Reports the outcome and destroys this object.
  virtual void conclude() = 0;

 private:
  friend class evmicro::CoroutineScope;
  enum class State { kAlive, kComplete, kCancelled };
  inline void leaveScope() noexcept;

  CoroutineScope* scope_ = nullptr;
  CoroutineRoot* previous_ = nullptr;  // in the scope, as is next_
  CoroutineRoot* next_ = nullptr;
  int running_ = 0;
  State state_ = State::kAlive;

 protected:
  Subscription ended_;  // of the context that cancels it
};

/// Who awaits tasks.
class TaskParent {
 public:
  TaskParent(const TaskParent&) = delete;
  TaskParent& operator=(const TaskParent&) = delete;
  /// The task number `which` has completed. Returns the coroutine to resume.
  virtual std::coroutine_handle<> childCompleted(std::size_t which) noexcept = 0;

 protected:
  TaskParent() = default;
  ~TaskParent() = default;
};

/// What all tasks' promises have in common.
class TaskPromiseBase {
 public:
  std::suspend_always initial_suspend() noexcept { return {}; }
  auto final_suspend() noexcept { return Final(); }
  void unhandled_exception() noexcept { exception_ = std::current_exception(); }

  /// Before the task is started.
  void setParent(TaskParent& parent, std::size_t which, CoroutineRoot* root) noexcept {
    parent_ = &parent;
    which_ = which;
    root_ = root;
  }
  CoroutineRoot* root() const noexcept { return root_; }

 protected:
  void rethrow() const {
    if (exception_) std::rethrow_exception(exception_);
  }

 private:
  struct Final {
    bool await_ready() const noexcept { return false; }
    template <typename Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> frame) const noexcept {
      const TaskPromiseBase& promise = frame.promise();
      return promise.parent_->childCompleted(promise.which_);
    }
    void await_resume() const noexcept {}
  };

  TaskParent* parent_ = nullptr;
  std::size_t which_ = 0;
  CoroutineRoot* root_ = nullptr;
  std::exception_ptr exception_;
};

template <typename T>
class TaskPromise final : public TaskPromiseBase {
 public:
  Task<T> get_return_object() noexcept;
  template <typename U>
  void return_value(U&& value) {
    value_.emplace(std::forward<U>(value));
  }
  /// The result, or the exception that has left the task. @pre completed
  T take() {
    rethrow();
    return std::move(*value_);
  }

 private:
  std::optional<T> value_;
};

template <>
class TaskPromise<void> final : public TaskPromiseBase {
 public:
  inline Task<void> get_return_object() noexcept;
  void return_void() noexcept {}
  void take() { rethrow(); }
};

/// The root of the coroutine with this promise; null if it is not one of ours.
template <typename Promise>
CoroutineRoot* rootOf(const std::coroutine_handle<Promise>& frame) noexcept {
  if constexpr (std::is_base_of_v<TaskPromiseBase, Promise>) {
    return frame.promise().root();
  } else {
    return nullptr;
  }
}

template <typename T>
class TaskAwaiter final : private TaskParent {
 public:
  explicit TaskAwaiter(std::coroutine_handle<TaskPromise<T>> child) noexcept : child_(child) {}

  bool await_ready() const noexcept { return false; }
  template <typename Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> waiting) noexcept {
    waiting_ = waiting;
    child_.promise().setParent(*this, 0, rootOf(waiting));
    return child_;
  }
  T await_resume() { return child_.promise().take(); }

 private:
  std::coroutine_handle<> childCompleted(std::size_t) noexcept override { return waiting_; }

  const std::coroutine_handle<TaskPromise<T>> child_;
  std::coroutine_handle<> waiting_;
};

}  // namespace detail

/// A coroutine that gives a T. It begins when it is awaited, or spawned in a CoroutineScope, and
/// may be awaited once. Destroying the task destroys the coroutine, which cancels what it waits
/// for: its calls, streams and timers, and the tasks that it awaits.
/// ```
/// evmicro::Task<int> length(const GreeterClient& greeter, std::string name) {
///   HelloRequest request;
///   request.set_name(name);
///   const auto reply = co_await greeter.Hello({}, request, evmicro::useCoroutine);
///   co_return reply.ok() ? reply->greeting().size() : 0;
/// }
/// ```
/// Parameters by value are kept by the coroutine; what references refer to, and a lambda whose body
/// it is, must outlive it. An exception that leaves the coroutine is thrown where it is awaited.
template <typename T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::TaskPromise<T>;
  using Frame = std::coroutine_handle<promise_type>;  ///< of the coroutine

  /// Owns `frame`. The compiler makes tasks from coroutines.
  explicit Task(Frame frame) noexcept : frame_(frame) {}
  /// Leaves `other` without a coroutine.
  Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      if (frame_) frame_.destroy();
      frame_ = std::exchange(other.frame_, nullptr);
    }
    return *this;
  }
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  ~Task() {
    if (frame_) frame_.destroy();
  }

  detail::TaskAwaiter<T> operator co_await() && noexcept { return detail::TaskAwaiter<T>(frame_); }

  /// For those who start it themselves.
  Frame frame() const noexcept { return frame_; }

 private:
  Frame frame_;
};

template <typename T>
Task<T> detail::TaskPromise<T>::get_return_object() noexcept {
  return Task<T>(std::coroutine_handle<TaskPromise>::from_promise(*this));
}
inline Task<void> detail::TaskPromise<void>::get_return_object() noexcept {
  return Task<void>(std::coroutine_handle<TaskPromise>::from_promise(*this));
}

/// Owns coroutines that run by themselves, such as the handlers of a server. Destroying the scope
/// destroys them, which cancels what they wait for; a coroutine may do that itself, and then ends
/// when it suspends. Usually the last member of a class whose coroutines use its other members.
class CoroutineScope {
 public:
  CoroutineScope() = default;
  CoroutineScope(const CoroutineScope&) = delete;
  CoroutineScope& operator=(const CoroutineScope&) = delete;
  ~CoroutineScope() { cancel(); }

  /// Starts `task`: it runs within this call until it first suspends. An exception that leaves it
  /// ends the process, as one that leaves a callback does.
  void spawn(Task<void> task) {
    spawn(std::move(task), [] {});
  }
  /// The same; `done` then runs with the result, unless the coroutine is cancelled before. It may
  /// do anything.
  template <typename T, typename Done>
  void spawn(Task<T> task, Done done);

  /// Destroys all coroutines of the scope.
  void cancel() noexcept {
    while (first_) first_->cancel();
  }
  /// Whether none of its coroutines is left.
  bool empty() const noexcept { return !first_; }

  /// Takes over `root`, made by new, and starts `frame`, its coroutine.
  void adopt(detail::CoroutineRoot* root, std::coroutine_handle<> frame) {
    root->scope_ = this;
    root->next_ = first_;
    if (first_) first_->previous_ = root;
    first_ = root;
    detail::CoroutineRoot::resume(root, frame);
  }

 private:
  friend class detail::CoroutineRoot;
  detail::CoroutineRoot* first_ = nullptr;
};

namespace detail {

inline void CoroutineRoot::leaveScope() noexcept {
  CoroutineScope* const scope = std::exchange(scope_, nullptr);
  if (!scope) return;
  (previous_ ? previous_->next_ : scope->first_) = next_;
  if (next_) next_->previous_ = previous_;
}

/// Calls `done` with the completed task, from which it takes the result.
template <typename T, typename Done>
class SpawnedTask final : public CoroutineRoot, private TaskParent {
 public:
  SpawnedTask(Task<T> task, Done done) : task_(std::move(task)), done_(std::move(done)) {
    task_.frame().promise().setParent(*this, 0, this);
  }
  std::coroutine_handle<> frame() const noexcept { return task_.frame(); }
  /// `cancelled` unregisters what calls cancel().
  void keep(Subscription cancelled) { ended_ = std::move(cancelled); }

 private:
  // Before the outcome is dropped, which may end the context.
  ~SpawnedTask() override { ended_.cancel(); }
  std::coroutine_handle<> childCompleted(std::size_t) noexcept override {
    complete();
    return std::noop_coroutine();
  }
  void conclude() override {
    const Task<T> task = std::move(task_);
    Done done = std::move(done_);
    delete this;
    done(task.frame().promise());
  }

  Task<T> task_;
  Done done_;
};

}  // namespace detail

template <typename T, typename Done>
void CoroutineScope::spawn(Task<T> task, Done done) {
  // noexcept: ends the process.
  auto report = [done = std::move(done)](detail::TaskPromise<T>& promise) mutable noexcept {
    if constexpr (std::is_void_v<T>) {
      promise.take();
      done();
    } else {
      done(promise.take());
    }
  };
  auto* const root =
      new detail::SpawnedTask<T, decltype(report)>(std::move(task), std::move(report));
  adopt(root, root->frame());
}

}  // namespace evmicro

#endif

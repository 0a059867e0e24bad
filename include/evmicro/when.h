#pragma once

// For C++20 and later: in C++17 this header is empty.
#if __cplusplus >= 202002L && defined(__cpp_impl_coroutine)

#include <cassert>
#include <coroutine>
#include <cstddef>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <evmicro/task.h>

namespace evmicro {

namespace detail {

/// A result as it is kept: std::monostate stands for void.
template <typename T>
using Kept = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

template <typename T>
Kept<T> takeFrom(Task<T>& task) {
  if constexpr (std::is_void_v<T>) {
    task.frame().promise().take();
    return {};
  } else {
    return task.frame().promise().take();
  }
}

/// Tasks of several types, or any number of one type.
template <typename... Ts>
class TaskTuple {
 public:
  using All = std::tuple<Kept<Ts>...>;
  using Any = std::variant<Kept<Ts>...>;

  explicit TaskTuple(Task<Ts>... tasks) : tasks_(std::move(tasks)...) {}
  static constexpr std::size_t size() noexcept { return sizeof...(Ts); }

  /// Calls `f` with each task and its number.
  template <typename F>
  void forEach(const F& f) {
    std::apply(
        [&f](auto&... tasks) {
          std::size_t which = 0;
          (f(tasks, which++), ...);
        },
        tasks_);
  }
  All takeAll() {
    return std::apply([](auto&... tasks) { return All{takeFrom(tasks)...}; }, tasks_);
  }
  Any take(std::size_t which) { return takeOne(which, std::index_sequence_for<Ts...>()); }
  void destroy() {
    std::apply([](auto&... tasks) { ((tasks = std::decay_t<decltype(tasks)>(nullptr)), ...); },
               tasks_);
  }

 private:
  template <std::size_t... is>
  Any takeOne(std::size_t which, std::index_sequence<is...>) {
    std::optional<Any> taken;
    ((is == which ? static_cast<void>(
                        taken.emplace(std::in_place_index<is>, takeFrom(std::get<is>(tasks_))))
                  : static_cast<void>(0)),
     ...);
    return std::move(*taken);
  }

  std::tuple<Task<Ts>...> tasks_;
};

template <typename T>
class TaskVector {
 public:
  using All = std::vector<Kept<T>>;
  using Any = std::pair<std::size_t, Kept<T>>;

  explicit TaskVector(std::vector<Task<T>> tasks) : tasks_(std::move(tasks)) {}
  std::size_t size() const noexcept { return tasks_.size(); }

  template <typename F>
  void forEach(const F& f) {
    std::size_t which = 0;
    for (Task<T>& task : tasks_) f(task, which++);
  }
  All takeAll() {
    All all;
    all.reserve(tasks_.size());
    for (Task<T>& task : tasks_) all.push_back(takeFrom(task));
    return all;
  }
  Any take(std::size_t which) { return {which, takeFrom(tasks_[which])}; }
  void destroy() { tasks_.clear(); }

 private:
  std::vector<Task<T>> tasks_;
};

template <typename Tasks>
class WhenAll final : private TaskParent {
 public:
  explicit WhenAll(Tasks tasks) : tasks_(std::move(tasks)) {}

  bool await_ready() const noexcept { return tasks_.size() == 0; }
  template <typename Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) {
    waiting_ = waiting;
    left_ = tasks_.size() + 1;  // one more: not to be resumed while tasks are being started
    tasks_.forEach([&](auto& task, std::size_t which) {
      task.frame().promise().setParent(*this, which, rootOf(waiting));
      task.frame().resume();
    });
    return --left_ > 0;
  }
  typename Tasks::All await_resume() { return tasks_.takeAll(); }

 private:
  std::coroutine_handle<> childCompleted(std::size_t) noexcept override {
    return --left_ == 0 ? waiting_ : std::noop_coroutine();
  }

  Tasks tasks_;
  std::coroutine_handle<> waiting_;
  std::size_t left_ = 0;
};

template <typename Tasks>
class WhenAny final : private TaskParent {
 public:
  explicit WhenAny(Tasks tasks) : tasks_(std::move(tasks)) { assert(tasks_.size() > 0); }

  bool await_ready() const noexcept { return false; }
  template <typename Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) {
    tasks_.forEach([&](auto& task, std::size_t which) {
      if (first_) return;  // it is decided
      task.frame().promise().setParent(*this, which, rootOf(waiting));
      task.frame().resume();
    });
    waiting_ = waiting;
    return !first_;
  }
  typename Tasks::Any await_resume() {
    auto result = tasks_.take(*first_);
    tasks_.destroy();
    return result;
  }

 private:
  // Before all are started there is nothing to resume.
  std::coroutine_handle<> childCompleted(std::size_t which) noexcept override {
    if (first_) return std::noop_coroutine();
    first_ = which;
    return waiting_ ? waiting_ : std::noop_coroutine();
  }

  Tasks tasks_;
  std::coroutine_handle<> waiting_;
  std::optional<std::size_t> first_;
};

}  // namespace detail

/// Runs several tasks at the same time and waits for all of them: gives a tuple of their results,
/// with std::monostate for void. An exception of one is thrown when all have completed.
/// ```
/// auto [first, second] = co_await evmicro::whenAll(greet("John"), greet("Jane"));
/// ```
template <typename... Ts>
auto whenAll(Task<Ts>... tasks) {
  return detail::WhenAll<detail::TaskTuple<Ts...>>(detail::TaskTuple<Ts...>(std::move(tasks)...));
}
/// The same for any number of tasks of one type: gives a vector of their results, in their order.
template <typename T>
auto whenAll(std::vector<Task<T>> tasks) {
  return detail::WhenAll<detail::TaskVector<T>>(detail::TaskVector<T>(std::move(tasks)));
}

/// Runs several tasks at the same time until one has completed, and cancels the others before it
/// gives the result: a variant whose index is the number of the task, with std::monostate for void.
template <typename... Ts>
auto whenAny(Task<Ts>... tasks) {
  return detail::WhenAny<detail::TaskTuple<Ts...>>(detail::TaskTuple<Ts...>(std::move(tasks)...));
}
/// The same for tasks of one type: gives the number of the task and its result. @pre not empty
template <typename T>
auto whenAny(std::vector<Task<T>> tasks) {
  return detail::WhenAny<detail::TaskVector<T>>(detail::TaskVector<T>(std::move(tasks)));
}

}  // namespace evmicro

#endif

#pragma once

#include <memory>
#include <utility>

#include <evmicro/call.h>

namespace evmicro {

namespace detail {

/// An operation that runs by itself and can be abandoned.
class Abandonable {
 public:
  /// Prevents its callback from running.
  virtual void abandon() noexcept = 0;

 protected:
  ~Abandonable() = default;
};

}  // namespace detail

/// The result of the asynchronous functions of clients, servers and services. If it is ignored, the
/// operation runs to its end, and the callback must not use anything that may be destroyed before.
/// If it is taken as a Call, the operation has an owner: once the Call has been destroyed, the
/// callback does not run, and a call in progress is cancelled.
/// ```
/// call_ = client.call<Reply>(context, "greeter", "Greeter.Hello", request, [this](auto reply) {});
/// ```
class Pending {
 public:
  /// For the library.
  explicit Pending(std::shared_ptr<detail::Abandonable> work) : work_(std::move(work)) {}
  Pending(const Pending&) = delete;
  Pending& operator=(const Pending&) = delete;
  ~Pending() = default;

  /// Takes ownership: destroying the Call cancels.
  operator Call() && {
    const auto abandon = [work = std::move(work_)](void*) { work->abandon(); };
    return Call(std::shared_ptr<void>(nullptr, abandon));
  }

 private:
  std::shared_ptr<detail::Abandonable> work_;  // shared with the implementation
};

}  // namespace evmicro

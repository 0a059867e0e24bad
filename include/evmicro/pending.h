#pragma once

#include <memory>
#include <utility>

#include <evmicro/call.h>

namespace evmicro {

namespace detail {

/// Work that goes on by itself and can be given up.
class Abandonable {
 public:
  /// Its callback does not run any more.
  virtual void abandon() noexcept = 0;

 protected:
  ~Abandonable() = default;
};

}  // namespace detail

/// What the asynchronous functions of clients, servers and services hand out. Ignored, the work
/// goes on by itself, and its callback must not use what dies before. Taken as a Call, it has an
/// owner: once the Call has gone, the callback does not run, and a call is broken off.
/// ```
/// call_ = client.call<Reply>(context, "greeter", "Greeter.Hello", request, [this](auto reply) {});
/// ```
class Pending {
 public:
  explicit Pending(std::shared_ptr<detail::Abandonable> work) : work_(std::move(work)) {}
  Pending(const Pending&) = delete;
  Pending& operator=(const Pending&) = delete;
  ~Pending() = default;

  operator Call() && {
    const auto abandon = [work = std::move(work_)](void*) { work->abandon(); };
    return Call(std::shared_ptr<void>(nullptr, abandon));
  }

 private:
  std::shared_ptr<detail::Abandonable> work_;  // the machinery's, too
};

}  // namespace evmicro

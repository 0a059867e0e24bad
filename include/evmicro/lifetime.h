#pragma once

#include <memory>
#include <utility>

namespace evmicro {

/// Lets callbacks check whether their owner still exists. Declare it as the last member: it is
/// destroyed first.
class Lifetime {
 public:
  /// Expired once the owner has been destroyed.
  using Watch = std::weak_ptr<void>;

  Lifetime() = default;
  Lifetime(const Lifetime&) = delete;  // a copy would keep the token alive
  Lifetime& operator=(const Lifetime&) = delete;

  /// Expires when this object is destroyed.
  Watch watch() const { return token_; }

  /// Wraps `f` in a function that does nothing once this object has been destroyed.
  template <typename F>
  auto guard(F f) const {
    return [watch = watch(), f = std::move(f)](auto&&... args) mutable {
      if (!watch.expired()) f(std::forward<decltype(args)>(args)...);
    };
  }

 private:
  std::shared_ptr<void> token_ = std::make_shared<char>();
};

}  // namespace evmicro

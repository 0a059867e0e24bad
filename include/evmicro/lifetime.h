#pragma once

#include <memory>
#include <utility>

namespace evmicro {

/// Tells callbacks that their owner has died. Declare it as the last member: it expires first.
class Lifetime {
 public:
  using Watch = std::weak_ptr<void>;

  Lifetime() = default;
  Lifetime(const Lifetime&) = delete;  // a copy would keep the token alive
  Lifetime& operator=(const Lifetime&) = delete;

  /// Expires with this object.
  Watch watch() const { return token_; }

  /// `f`, which does nothing once this object has died.
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

#pragma once

#include <memory>
#include <utility>

#include <evmicro/stream.h>

namespace evmicro::detail {

/// The callbacks of one end of a stream. Each is kept alive while it runs, even if it replaces
/// itself, ends the stream or destroys it.
class StreamCallbacks {
 public:
  void setMessage(StreamEnd::OnMessage f) { message_ = share(std::move(f)); }
  void setEnd(StreamEnd::OnEnd f) { end_ = share(std::move(f)); }
  void setWritable(StreamEnd::OnWritable f) { writable_ = share(std::move(f)); }
  bool wantsMessages() const noexcept { return message_ != nullptr; }
  bool wantsEnd() const noexcept { return end_ != nullptr; }

  /// ok() if there is no callback.
  Status message(Incoming& incoming) const {
    const auto f = message_;
    return f ? (*f)(incoming) : Status();
  }
  void writable() const {
    const auto f = writable_;
    if (f) (*f)();
  }
  /// Runs once.
  void end(Status status) {
    const auto f = std::exchange(end_, nullptr);
    if (f) (*f)(std::move(status));
  }
  /// Removes all callbacks. They may hold the last reference to this object: the caller must keep
  /// the returned ones until it is done.
  [[nodiscard]] StreamCallbacks take() { return std::exchange(*this, {}); }

 private:
  template <typename F>
  static std::shared_ptr<const F> share(F f) {
    return f ? std::make_shared<const F>(std::move(f)) : nullptr;
  }

  std::shared_ptr<const StreamEnd::OnMessage> message_;  // shared with the call in progress
  std::shared_ptr<const StreamEnd::OnEnd> end_;
  std::shared_ptr<const StreamEnd::OnWritable> writable_;
};

}  // namespace evmicro::detail

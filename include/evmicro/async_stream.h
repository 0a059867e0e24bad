#pragma once

// For C++20 and later: in C++17 this header is empty.
#if __cplusplus >= 202002L && defined(__cpp_impl_coroutine)

#include <coroutine>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include <evmicro/call.h>
#include <evmicro/context.h>
#include <evmicro/status.h>
#include <evmicro/stream.h>
#include <evmicro/task.h>

namespace evmicro {

namespace detail {

/// A coroutine that waits for something of a stream; at most one at a time.
class StreamWaiter {
 public:
  template <typename Promise>
  void wait(std::coroutine_handle<Promise> waiting) noexcept {
    waiting_ = waiting;
    root_ = rootOf(waiting);
  }
  void leave() noexcept { waiting_ = nullptr; }
  /// May destroy the stream.
  void resume() {
    if (const auto waiting = std::exchange(waiting_, nullptr)) {
      CoroutineRoot::resume(root_, waiting);
    }
  }

 private:
  std::coroutine_handle<> waiting_;
  CoroutineRoot* root_ = nullptr;
};

template <typename Stream>
inline constexpr bool isServed = false;
template <typename In, typename Out>
inline constexpr bool isServed<ServerStream<In, Out>> = true;

/// What a stream and its callbacks share.
template <typename Stream, typename In>
struct AsyncStreamState {
  // Messages that have arrived before they are wanted: above this number the peer is slowed down.
  static constexpr std::size_t kAhead = 16;

  explicit AsyncStreamState(Stream of) : stream(std::move(of)) {}

  void arrive(In&& message) {
    queue.push_back(std::move(message));
    if (queue.size() >= kAhead && !std::exchange(paused, true)) stream.pause();
    reader.resume();
  }
  In take() {
    In message = std::move(queue.front());
    queue.pop_front();
    if (queue.empty() && std::exchange(paused, false)) stream.resume();
    return message;
  }
  /// Before the first wait on a server's stream: onEnd() does not run again for one whose caller
  /// has sent everything. Not earlier, so that those who cancel the coroutine with the call come
  /// first.
  void watchContext() {
    if constexpr (isServed<Stream>) {
      if (std::exchange(watched, true)) return;
      const Context& context = stream.context();
      if (context.done() && !over) {
        ended = over = true;
        status = context.status();
      }
      cancelled = context.onDone([watch = self] {
        if (const auto state = watch.lock()) end(state, state->stream.context().status(), true);
      });
    }
  }
  /// No message comes any more; `all`: none can be sent either. `self` keeps this object.
  static void end(const std::shared_ptr<AsyncStreamState>& self, Status why, bool all) {
    if (!std::exchange(self->ended, true)) self->status = std::move(why);
    self->over = self->over || all;
    self->reader.resume();
    if (self->over) self->writer.resume();
  }

  Stream stream;
  std::deque<In> queue;
  bool paused = false;
  bool ended = false;  // nothing more comes
  bool over = false;   // nothing can be sent
  bool watched = false;
  Status status;
  std::weak_ptr<AsyncStreamState> self;
  StreamWaiter reader;
  StreamWaiter writer;
  Subscription cancelled;
};

template <typename State>
class [[nodiscard]] NextMessage {
 public:
  explicit NextMessage(const std::shared_ptr<State>& state) noexcept
      : state_(*state), alive_(state) {}
  NextMessage(const NextMessage&) = delete;
  NextMessage& operator=(const NextMessage&) = delete;
  ~NextMessage() {
    if (!alive_.expired()) state_.reader.leave();
  }

  bool await_ready() const {
    state_.watchContext();
    return !state_.queue.empty() || state_.ended;
  }
  template <typename Promise>
  void await_suspend(std::coroutine_handle<Promise> waiting) noexcept {
    state_.reader.wait(waiting);
  }
  auto await_resume() -> std::optional<decltype(std::declval<State&>().take())> {
    if (state_.queue.empty()) return std::nullopt;
    return state_.take();
  }

 private:
  State& state_;
  const std::weak_ptr<State> alive_;  // the stream may be destroyed while a coroutine waits for it
};

template <typename State>
class [[nodiscard]] Writable {
 public:
  explicit Writable(const std::shared_ptr<State>& state) noexcept : state_(*state), alive_(state) {}
  Writable(const Writable&) = delete;
  Writable& operator=(const Writable&) = delete;
  ~Writable() {
    if (!alive_.expired()) state_.writer.leave();
  }

  bool await_ready() const {
    state_.watchContext();
    return state_.over || state_.stream.writable();
  }
  template <typename Promise>
  void await_suspend(std::coroutine_handle<Promise> waiting) noexcept {
    state_.writer.wait(waiting);
  }
  bool await_resume() const noexcept { return !state_.over; }

 private:
  State& state_;
  const std::weak_ptr<State> alive_;
};

/// What both ends of a stream have in common.
template <typename Stream, typename In, typename Out>
class AsyncStream {
 public:
  AsyncStream(AsyncStream&&) noexcept = default;
  AsyncStream& operator=(AsyncStream&&) noexcept = default;
  AsyncStream(const AsyncStream&) = delete;
  AsyncStream& operator=(const AsyncStream&) = delete;
  ~AsyncStream() = default;

  const Context& context() const noexcept { return state_->stream.context(); }

  /// Awaits the next message: a std::optional<In>, empty at the end, see status(). While messages
  /// wait to be read, flow control slows the peer down.
  auto next() { return NextMessage<State>(state_); }

  /// Sends `message`, then awaits that the stream is writable again: true, or false if it is over.
  /// So a sender is never faster than its peer.
  auto send(const Out& message) {
    state_->stream.send(message);
    return Writable<State>(state_);
  }

  /// After next() has given nothing: ok() if the peer has ended in order, or the error.
  const Status& status() const noexcept { return state_->status; }

 protected:
  using State = AsyncStreamState<Stream, In>;

  explicit AsyncStream(Stream stream) : state_(std::make_shared<State>(std::move(stream))) {
    const std::weak_ptr<State> watch = state_;
    state_->self = watch;
    state_->stream.onWritable([watch] {
      if (const auto state = watch.lock()) state->writer.resume();
    });
    state_->stream.onMessage([watch](In message) {
      if (const auto state = watch.lock()) state->arrive(std::move(message));
    });
  }
  Stream& stream() noexcept { return state_->stream; }

  std::shared_ptr<State> state_;  // its callbacks watch it, and keep it while they run
};

}  // namespace detail

/// The caller's end of a stream for a coroutine:
/// ```
/// evmicro::AsyncClientStream stream(example.Stream({}, request));
/// while (auto response = co_await stream.next()) print(response->count());
/// if (!stream.status().ok()) ...
/// ```
/// One coroutine may read while another one sends. Destroying it cancels the stream; a coroutine
/// that waits for it then does not go on. What is said of ClientStream holds; make this object in
/// the turn of the loop in which the stream was opened.
template <typename Out, typename In>
class AsyncClientStream final : public detail::AsyncStream<ClientStream<Out, In>, In, Out> {
  using Base = detail::AsyncStream<ClientStream<Out, In>, In, Out>;

 public:
  /// Takes over the callbacks of `stream`.
  explicit AsyncClientStream(ClientStream<Out, In> stream) : Base(std::move(stream)) {
    const std::weak_ptr<typename Base::State> watch = this->state_;
    this->stream().onEnd([watch](Status status) {
      if (const auto state = watch.lock()) Base::State::end(state, std::move(status), true);
    });
  }
  /// Half-close: no more messages will be sent.
  void finishSending() { this->stream().finishSending(); }
};

/// The server's end of a stream for a coroutine, see coroutineStream(). It does not finish the
/// stream: a copy of the ServerStream does.
template <typename In, typename Out>
class AsyncServerStream final : public detail::AsyncStream<ServerStream<In, Out>, In, Out> {
  using Base = detail::AsyncStream<ServerStream<In, Out>, In, Out>;

 public:
  /// Takes over the callbacks of `stream`.
  explicit AsyncServerStream(ServerStream<In, Out> stream) : Base(std::move(stream)) {
    const std::weak_ptr<typename Base::State> watch = this->state_;
    this->stream().onEnd([watch](Status status) {
      if (const auto state = watch.lock()) {
        const bool all = !status.ok();
        Base::State::end(state, std::move(status), all);
      }
    });
  }
};

}  // namespace evmicro

#endif

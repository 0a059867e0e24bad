#pragma once

/// Coroutines for programs in C++20, with g++ 12 or clang 14 and later; the library itself is
/// C++17, where this header is empty. Calls, publications, timers and streams can be awaited, and
/// handlers can be coroutines:
/// ```
/// evmicro::Task<evmicro::Result<GreetResponse>> Front::greet(evmicro::Context context,
///                                                            GreetRequest request) {
///   HelloRequest hello;
///   hello.set_name(request.name());
///   auto reply = co_await greeter_.Hello(context, hello, evmicro::useCoroutine);
///   if (!reply.ok()) co_return reply.status();
///   GreetResponse response;
///   response.set_text(reply->greeting());
///   co_return response;
/// }
/// ```
/// The rules of lifetime are those of the callbacks: a coroutine has an owner, the Task or the
/// CoroutineScope; destroying that cancels what the coroutine waits for, and it never goes on.
/// Nothing that is awaited resumes the coroutine within the call that started it. After the client
/// or the loop has been destroyed, what was pending never resumes. Not thread-safe.
///
/// g++ 12 copies some temporaries of an expression with co_await wrongly: give CallOptions and
/// other structs a name, or write `CallOptions()` for `{}`, and use no co_await in the condition
/// of `?:`.
#if __cplusplus >= 202002L && defined(__cpp_impl_coroutine)

#include <chrono>
#include <coroutine>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <evmicro/async_stream.h>
#include <evmicro/client.h>
#include <evmicro/context.h>
#include <evmicro/event_loop.h>
#include <evmicro/log.h>
#include <evmicro/pending.h>
#include <evmicro/server.h>
#include <evmicro/status.h>
#include <evmicro/task.h>
#include <evmicro/timer.h>
#include <evmicro/when.h>

namespace evmicro {

/// An operation that has begun and gives a T, a Result or a Status. Awaited once, at any time: it
/// may have ended by then. Destroying it cancels the operation.
/// ```
/// auto first = greeter.Hello({}, john, evmicro::useCoroutine);   // both are under way
/// auto second = greeter.Hello({}, jane, evmicro::useCoroutine);
/// auto one = co_await first;
/// auto two = co_await second;
/// ```
template <typename T>
class [[nodiscard]] Awaitable {
 public:
  /// `start` is called with a callback `void(T)`, and returns the Pending of the operation.
  template <typename Start>
  explicit Awaitable(const Start& start)
      : pending_(start([this](T result) { arrive(std::move(result)); })) {}
  Awaitable(const Awaitable&) = delete;
  Awaitable& operator=(const Awaitable&) = delete;
  ~Awaitable() {
    if (!over_) static_cast<void>(Call(std::move(pending_)));
  }

  bool await_ready() const noexcept { return over_; }
  template <typename Promise>
  void await_suspend(std::coroutine_handle<Promise> waiting) noexcept {
    waiting_ = waiting;
    root_ = detail::rootOf(waiting);
  }
  T await_resume() { return std::move(arrived_ ? *arrived_ : *kept_); }

 private:
  void arrive(T&& result) {
    over_ = true;
    if (!waiting_) {
      kept_.emplace(std::move(result));
      return;
    }
    arrived_ = &result;
    detail::CoroutineRoot::resume(root_, waiting_);  // may destroy this object
  }

  bool over_ = false;
  T* arrived_ = nullptr;   // while the coroutine is being resumed
  std::optional<T> kept_;  // if it was not awaited yet
  std::coroutine_handle<> waiting_;
  detail::CoroutineRoot* root_ = nullptr;
  Pending pending_;
};

/// Given to a generated client's function in place of the callback, it makes the call awaitable:
/// `co_await greeter.Hello(context, request, evmicro::useCoroutine)`.
struct UseCoroutine {
  using CompletionToken = void;  ///< generated clients look for it
  /// For generated clients.
  template <typename T, typename Start>
  Awaitable<T> await(const Start& start) const {
    return Awaitable<T>(start);
  }
};
/// Makes a call awaitable, see UseCoroutine.
inline constexpr UseCoroutine useCoroutine;

/// Client::call() without generated code: gives a Result<Response>.
template <typename Response, typename Request>
Awaitable<Result<Response>> awaitCall(Client& client, const Context& context,
                                      std::string_view service, std::string_view method,
                                      const Request& request, CallOptions options = CallOptions()) {
  return Awaitable<Result<Response>>([&](auto done) {
    return client.call<Response>(context, service, method, request, std::move(done),
                                 std::move(options));
  });
}

/// Client::publish(): gives a Status. The event is published although the result is not awaited.
template <typename Event>
Awaitable<Status> awaitPublish(Client& client, const Context& context, std::string_view topic,
                               const Event& event, PublishOptions options = PublishOptions()) {
  return Awaitable<Status>([&](auto done) {
    return client.publish(context, topic, event, std::move(done), std::move(options));
  });
}

/// A pause: `co_await evmicro::sleepFor(loop, 50ms)`. It begins when this object is made.
class [[nodiscard]] Sleep {
 public:
  /// `loop` must outlive it.
  Sleep(EventLoop& loop, std::chrono::nanoseconds time) : timer_(loop, [this] { fire(); }) {
    timer_.start(time);
  }
  Sleep(const Sleep&) = delete;
  Sleep& operator=(const Sleep&) = delete;
  ~Sleep() = default;

  bool await_ready() const noexcept { return over_; }
  template <typename Promise>
  void await_suspend(std::coroutine_handle<Promise> waiting) noexcept {
    waiting_ = waiting;
    root_ = detail::rootOf(waiting);
  }
  void await_resume() const noexcept {}

 private:
  void fire() {
    over_ = true;
    if (waiting_) detail::CoroutineRoot::resume(root_, waiting_);  // may destroy this object
  }

  bool over_ = false;
  std::coroutine_handle<> waiting_;
  detail::CoroutineRoot* root_ = nullptr;
  Timer timer_;
};
/// A pause, see Sleep.
inline Sleep sleepFor(EventLoop& loop, std::chrono::nanoseconds time) { return {loop, time}; }

namespace detail {

/// Starts `task` in `scope`: it is cancelled when `context` ends. `done` gets its result, or an
/// error 500 for an exception, which is logged.
template <typename T, typename Done>
void runHandler(CoroutineScope& scope, const Context& context, Task<T> task, Done done) {
  if (context.done()) return;
  auto report = [done = std::move(done)](TaskPromise<T>& promise) mutable {
    std::string text = "a handler threw";
    try {
      return done(promise.take());
    } catch (const std::exception& thrown) {
      text += std::string(": ") + thrown.what();
    } catch (...) {
      text += " something unknown";
    }
    log("call", LogLevel::kWarn, text);
    done(Status::internal(text));
  };
  auto* const root = new SpawnedTask<T, decltype(report)>(std::move(task), std::move(report));
  root->keep(context.onDone([root] { root->cancel(); }));
  scope.adopt(root, root->frame());
}

}  // namespace detail

/// Answers a call with what `task`, a coroutine, gives. The coroutine is cancelled when the call
/// ends before, because the caller has gone, its deadline has passed or the server stops, and when
/// `scope` is destroyed. An exception that leaves it is logged and becomes an error 500. For the
/// asynchronous handlers of generated code:
/// ```
/// void Greet(Context context, GreetRequest request, Reply<GreetResponse> reply) override {
///   evmicro::answer(scope_, context, greet(context, std::move(request)), std::move(reply));
/// }
/// ```
template <typename Response>
void answer(CoroutineScope& scope, const Context& context, Task<Result<Response>> task,
            Reply<Response> reply) {
  detail::runHandler(
      scope, context, std::move(task),
      [reply = std::move(reply)](const Result<Response>& result) mutable { reply(result); });
}

/// Runs `task` for a stream, and finishes the stream with its result.
template <typename In, typename Out>
void answer(CoroutineScope& scope, Task<Status> task, ServerStream<In, Out> stream) {
  const Context context = stream.context();
  detail::runHandler(scope, context, std::move(task),
                     [stream](Status status) mutable { stream.finish(std::move(status)); });
}

namespace detail {

/// A function that makes coroutines, and the coroutines that it has made.
template <typename F>
struct CoroutineHandlerState {
  explicit CoroutineHandlerState(F function) : f(std::make_shared<F>(std::move(function))) {}

  /// Runs what `f` makes of `arguments`.
  template <typename Done, typename... Arguments>
  void run(const Context& context, Done done, Arguments&&... arguments) {
    runHandler(scope, context, (*f)(std::forward<Arguments>(arguments)...),
               [kept = f, done = std::move(done)](auto&& outcome) mutable {
                 done(std::forward<decltype(outcome)>(outcome));
               });
  }

  std::shared_ptr<F> f;  // a lambda: also kept by its coroutines, which use what it has captured
  CoroutineScope scope;
};

}  // namespace detail

/// Makes a handler for Server::handle() of `f`, a `Task<Result<Response>>(Context, Request)`:
/// ```
/// server.handle<HelloRequest, HelloResponse>(
///     "Greeter.Hello", evmicro::coroutineHandler<HelloRequest, HelloResponse>(
///         [](evmicro::Context, HelloRequest request) ->
///         evmicro::Task<evmicro::Result<HelloResponse>> {
///           ...
///           co_return response;
///         }));
/// ```
/// The coroutines end with the call and with the server, see answer().
template <typename Request, typename Response, typename F>
auto coroutineHandler(F f) {
  auto state = std::make_shared<detail::CoroutineHandlerState<F>>(std::move(f));
  return [state](Context context, Request request, Reply<Response> reply) {
    auto done = [reply = std::move(reply)](const Result<Response>& result) mutable {
      reply(result);
    };
    state->run(context, std::move(done), context, std::move(request));
  };
}

/// Makes a handler for Server::handleStream() of `f`, which is one of
/// - `Task<Status>(Context, AsyncServerStream<Request, Response>)`,
/// - `Task<Status>(Context, Request, AsyncServerStream<Request, Response>)`: one request.
/// The stream is finished with what it returns.
template <typename Request, typename Response, typename F>
auto coroutineStream(F f) {
  using Stream = ServerStream<Request, Response>;
  using Async = AsyncServerStream<Request, Response>;
  auto state = std::make_shared<detail::CoroutineHandlerState<F>>(std::move(f));
  const auto finish = [](Stream stream) {
    return [stream](Status status) mutable { stream.finish(std::move(status)); };
  };
  if constexpr (std::is_invocable_v<F&, Context, Async>) {
    return [state, finish](const Context& context, Stream stream) {
      state->run(context, finish(stream), context, Async(stream));
    };
  } else {
    return [state, finish](const Context& context, Request request, Stream stream) {
      state->run(context, finish(stream), context, std::move(request), Async(stream));
    };
  }
}

}  // namespace evmicro

#endif

#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <evmicro/client.h>
#include <evmicro/context.h>
#include <evmicro/export.h>
#include <evmicro/metadata.h>
#include <evmicro/status.h>

namespace evmicro {

class EventLoop;

/// Limits of a ClientFacade.
struct ClientFacadeOptions {
  /// How many calls and publications may be waiting for the loop or in progress. More are refused
  /// with kOverloaded, so that threads which are faster than the services do not fill the memory.
  std::size_t limit = 10'000;
};

/// What a call or a publication by a ClientFacade may have beside its message.
struct FacadeCall {
  /// Headers to send.
  Metadata metadata;
  /// If `options.timeout` is set, it includes the time that the call waits for the loop. For a
  /// publication only `timeout` and `contentType` have a meaning.
  CallOptions options;
};

namespace detail {

/// A call or publication that another thread has asked for.
class EVMICRO_EXPORT FacadeWork {
 public:
  FacadeWork(FacadeCall call);
  FacadeWork(const FacadeWork&) = delete;
  FacadeWork& operator=(const FacadeWork&) = delete;
  virtual ~FacadeWork() = default;

  /// Runs on the loop. `finished` must run once, before the result is reported.
  virtual Call start(Client& client, std::function<void()> finished) = 0;
  /// Reports that it will not be started, or not be finished.
  virtual void fail(Status why) = 0;

 protected:
  /// Has the metadata and the deadline.
  Context context() const;
  const CallOptions& options() const noexcept { return call_.options; }

 private:
  FacadeCall call_;
  std::optional<Context::Deadline> deadline_;
};

template <typename Response, typename Request>
class FacadeUnaryCall final : public FacadeWork {
 public:
  using Done = std::function<void(Result<Response>)>;

  FacadeUnaryCall(std::string service, std::string method, Request request, FacadeCall call,
                  Done done)
      : FacadeWork(std::move(call)),
        service_(std::move(service)),
        method_(std::move(method)),
        request_(std::move(request)),
        done_(done ? std::move(done) : Done([](const Result<Response>&) {})) {}

  Call start(Client& client, std::function<void()> finished) override {
    return client.call<Response>(
        context(), service_, method_, request_,
        [done = done_, finished = std::move(finished)](Result<Response> result) {
          finished();  // destroys this object
          done(std::move(result));
        },
        options());
  }
  void fail(Status why) override { done_(std::move(why)); }

 private:
  const std::string service_;
  const std::string method_;
  const Request request_;
  const Done done_;
};

template <typename Event>
class FacadePublication final : public FacadeWork {
 public:
  using Done = std::function<void(Status)>;

  FacadePublication(std::string topic, Event event, FacadeCall call, Done done)
      : FacadeWork(std::move(call)),
        topic_(std::move(topic)),
        event_(std::move(event)),
        done_(done ? std::move(done) : Done([](const Status&) {})) {}

  Call start(Client& client, std::function<void()> finished) override {
    return client.publish(context(), topic_, event_,
                          [done = done_, finished = std::move(finished)](Status status) {
                            finished();  // destroys this object
                            done(std::move(status));
                          },
                          {options().contentType});
  }
  void fail(Status why) override { done_(std::move(why)); }

 private:
  const std::string topic_;
  const Event event_;
  const Done done_;
};

}  // namespace detail

/// Lets any thread call services and publish through the client of one loop.
/// ```
/// evmicro::ClientFacade facade(service.loop(), service.client());
/// std::thread worker([&facade] {
///   HelloRequest request;
///   auto reply = facade.call<HelloResponse>("greeter", "Greeter.Hello", request).get();
/// });
/// service.run();
/// facade.close();  // the threads' futures have a result now
/// worker.join();
/// ```
/// call(), publish() and pending() are thread-safe. The messages are handed over by value: the
/// thread must not change what they refer to afterwards. Each call and publication that is accepted
/// ends exactly once, with its result or by close(). Waiting for a future on the loop's own thread
/// would wait forever.
class EVMICRO_EXPORT ClientFacade {
 public:
  /// Made on the loop's thread. `loop` and `client` must live until close().
  ClientFacade(EventLoop& loop, Client& client, ClientFacadeOptions options = {});
  ClientFacade(const ClientFacade&) = delete;
  ClientFacade& operator=(const ClientFacade&) = delete;
  /// As close(). After close() it may be destroyed on any thread, but not while another uses it.
  ~ClientFacade();

  /// Calls `method` (`Greeter.Hello`) of `service`, see Client::call. The future always gets a
  /// result: also kOverloaded above the limit, and kCancelled by close() or after it.
  template <typename Response, typename Request>
  std::future<Result<Response>> call(std::string service, std::string method, Request request,
                                     FacadeCall call = {}) {
    auto promise = std::make_shared<std::promise<Result<Response>>>();
    auto future = promise->get_future();
    Status refused = this->call<Response>(
        std::move(service), std::move(method), std::move(request),
        [promise](Result<Response> result) { promise->set_value(std::move(result)); },
        std::move(call));
    if (!refused.ok()) promise->set_value(std::move(refused));
    return future;
  }

  /// The form with a callback, which may be empty. ok(): accepted, and `done` runs once, on the
  /// loop's thread. Otherwise (kOverloaded, kCancelled) nothing happens.
  template <typename Response, typename Request>
  Status call(std::string service, std::string method, Request request,
              std::function<void(Result<Response>)> done, FacadeCall call = {}) {
    return submit(std::make_shared<detail::FacadeUnaryCall<Response, Request>>(
        std::move(service), std::move(method), std::move(request), std::move(call),
        std::move(done)));
  }

  /// Publishes `event` to `topic`, see Client::publish.
  template <typename Event>
  std::future<Status> publish(std::string topic, Event event, FacadeCall call = {}) {
    auto promise = std::make_shared<std::promise<Status>>();
    auto future = promise->get_future();
    Status refused = this->publish(
        std::move(topic), std::move(event),
        [promise](Status status) { promise->set_value(std::move(status)); }, std::move(call));
    if (!refused.ok()) promise->set_value(std::move(refused));
    return future;
  }
  /// The form with a callback, as for calls.
  template <typename Event>
  Status publish(std::string topic, Event event, std::function<void(Status)> done,
                 FacadeCall call = {}) {
    return submit(std::make_shared<detail::FacadePublication<Event>>(
        std::move(topic), std::move(event), std::move(call), std::move(done)));
  }

  /// Ends all calls and publications with kCancelled before it returns, and refuses new ones.
  /// Called on the loop's thread, or on any when no thread turns the loop; before the client is
  /// destroyed. Their callbacks run within it. No effect when called again.
  void close();

  /// How many are waiting or in progress.
  std::size_t pending() const;

 private:
  struct State;
  Status submit(std::shared_ptr<detail::FacadeWork> work);

  const std::shared_ptr<State> state_;  // shared with what has been posted to the loop
};

}  // namespace evmicro

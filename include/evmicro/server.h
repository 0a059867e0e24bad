#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <google/protobuf/message.h>

#include <evmicro/broker.h>
#include <evmicro/codec.h>
#include <evmicro/context.h>
#include <evmicro/export.h>
#include <evmicro/metrics.h>
#include <evmicro/pending.h>
#include <evmicro/registry.h>
#include <evmicro/server_stats.h>
#include <evmicro/status.h>
#include <evmicro/stream.h>
#include <evmicro/transport.h>
#include <evmicro/wrapper.h>

namespace evmicro {

class EventLoop;

struct ServerOptions {
  std::string name = "go-server";
  std::string version = "1.0.0";
  /// Unique among the nodes; empty: a UUID. The node is registered as `name-id`.
  std::string id;
  std::map<std::string, std::string> metadata;
  /// Where to listen, see Transport::listen.
  std::string address = ":0";
  /// `host` or `host:port` put into the registry; empty: the bound host, or when that is a
  /// wildcard the local address of the route to the registry, else one of this machine.
  std::string advertise;
  ListenOptions limits;
  /// Time after which the registration ends unless renewed; 0: none.
  std::chrono::milliseconds registerTtl{30'000};
  std::chrono::milliseconds registerInterval{10'000};
  /// How long a stopping server serves on after it has been deregistered.
  std::chrono::milliseconds grace{250};
  /// A stream in which no message has gone either way for so long is ended with an error; 0: never.
  std::chrono::milliseconds streamIdle{0};
  /// Bytes queued in one stream, to a peer that does not read, above which the stream is ended; 0:
  /// no limit.
  std::size_t streamQueueBytes = 64U << 20;
  /// How long a stopping server then waits for handlers that have not answered.
  std::chrono::milliseconds drain{10'000};
  /// Content types beside those that evmicro knows, for calls, streams and subscribers.
  Codecs codecs;
};

namespace detail {

class ServerCall;

/// The obligation to answer a call, without its type.
class EVMICRO_EXPORT AnyReply {
 public:
  explicit AnyReply(std::shared_ptr<ServerCall> call) noexcept;
  AnyReply(AnyReply&&) noexcept;
  AnyReply& operator=(AnyReply&&) noexcept;
  ~AnyReply();  // unanswered: error 500

  const Context& context() const noexcept;
  /// Reads the request into `target`; on failure the call has been answered.
  bool read(PayloadTarget target);
  void send(PayloadSource response);
  void fail(Status why);
  /// Turns the call into a stream, which then owes the end. Nothing else may follow.
  std::shared_ptr<StreamEnd> openStream();

 private:
  std::shared_ptr<ServerCall> call_;  // shared with the connection that waits for the answer
};

using Invoke = std::function<void(AnyReply)>;

EVMICRO_EXPORT Value describe(const google::protobuf::Descriptor& message);

template <typename Payload>
std::optional<Value> describePayload() {
  if constexpr (std::is_base_of_v<google::protobuf::Message, Payload>) {
    return describe(*Payload::descriptor());
  } else {
    return std::nullopt;
  }
}

}  // namespace detail

/// The obligation to answer one call, now or in a later turn of the loop. Answers exactly once:
/// dropped unanswered it sends an error 500 that says so. Outliving the connection or the server is
/// harmless. Copyable as little as a debt.
template <typename Response>
class Reply {
 public:
  explicit Reply(detail::AnyReply reply) noexcept : reply_(std::move(reply)) {}

  /// Answers. The second answer and later ones are ignored.
  void send(const Response& response) { reply_.send(&response); }
  /// Answers with an error. @pre !why.ok()
  void fail(Status why) { reply_.fail(std::move(why)); }
  void operator()(const Result<Response>& result) {
    if (result.ok()) {
      send(*result);
    } else {
      fail(result.status());
    }
  }

 private:
  detail::AnyReply reply_;
};

struct HandleOptions {
  /// More metadata for the endpoint's entry in the registry.
  std::map<std::string, std::string> metadata;
  /// kNo: callable, but not announced (as Debug.Health).
  enum class Announce { kYes, kNo } announce = Announce::kYes;
};

struct SubscriberOptions {
  /// See SubscribeOptions::queue.
  std::string queue;
  /// What the registry calls it: `Func`, or `Type.Method`.
  std::string name = "Func";
};

/// What became of the messages that subscribers of a server have got.
struct SubscriberStats {
  std::uint64_t handled = 0;
  std::uint64_t failed = 0;  ///< could not be decoded, or the handler answered with an error
};

namespace detail {

/// Reads the event out of a message.
using ReadEvent = std::function<Status(PayloadTarget)>;
using HandleEvent = std::function<Status(Context&, const ReadEvent&)>;

}  // namespace detail

/// Answers calls: listens, registers itself, dispatches to handlers. All handlers run on the loop's
/// thread. Not started by itself: see Service for the usual way.
///
/// Besides its own methods it answers Debug.Health and Debug.Stats, and on the same port, where the
/// transport speaks HTTP, GET of `/health` and `/health/live` (it turns), `/health/ready` (others
/// can find it and it is not stopping; else 503) and `/metrics` (Prometheus' text format).
class EVMICRO_EXPORT Server {
 public:
  using Done = std::function<void(Status)>;

  /// All must outlive the server. Without a broker it cannot subscribe.
  Server(EventLoop& loop, Transport& transport, Registry& registry, ServerOptions options = {});
  Server(EventLoop& loop, Transport& transport, Registry& registry, Broker& broker,
         ServerOptions options = {});
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  /// Closes everything at once, nothing is called any more. Registrations end by their TTL: stop()
  /// first for an orderly end.
  ~Server();

  /// Adds a method, `Service.Method`. Request and Response are protobuf messages, or JsonDocument
  /// for both (then only json-rpc callers are understood). `handler` is one of
  /// - `Status (Context&, const Request&, Response&)`: answers when it returns,
  /// - `void (Context, Request, Reply<Response>)`: answers whenever it likes.
  /// What a handler throws becomes an error 500. Names must have exactly one dot, and each may be
  /// given once: std::invalid_argument otherwise. @pre not started
  template <typename Request, typename Response, typename Handler>
  void handle(std::string method, Handler handler, HandleOptions options = {}) {
    add(std::move(method), detail::describePayload<Request>(), detail::describePayload<Response>(),
        std::move(options), invoker<Request, Response>(std::move(handler)));
  }

  /// Adds a streaming method; nothing on the wire but the method's name says that it is one.
  /// `handler` is one of
  /// - `void (Context, ServerStream<Request, Response>)`: messages both ways, or a stream of
  ///   requests and one response before finish(),
  /// - `void (Context, Request, ServerStream<Request, Response>)`: one request, many responses.
  template <typename Request, typename Response, typename Handler>
  void handleStream(std::string method, Handler handler, HandleOptions options = {}) {
    addStream(std::move(method), std::move(options),
              streamInvoker<Request, Response>(std::move(handler)));
  }

  /// Adds a subscriber: `handler`, a `Status (Context&, const Event&)`, is called with each message
  /// that is published to `topic`. The message's Content-Type says how it is read: Event is a
  /// protobuf message, or JsonDocument for JSON alone. The context has the message's headers as
  /// metadata and no deadline. Wrappers see the message as a call. Nobody hears of an error, or of
  /// what a handler throws: it is logged and counted. Subscribing begins with the server and ends
  /// with it. @pre not started, made with a broker
  template <typename Event, typename Handler>
  void subscribe(std::string topic, Handler handler, SubscriberOptions options = {}) {
    static_assert(std::is_invocable_r_v<Status, Handler&, Context&, const Event&>,
                  "a subscriber is Status(Context&, const Event&)");
    addSubscriber(std::move(topic), detail::describePayload<Event>(), std::move(options),
                  [handler = std::move(handler)](Context& context,
                                                 const detail::ReadEvent& read) mutable -> Status {
                    Event event;
                    if (Status status = read(&event); !status.ok()) return status;
                    return handler(context, std::as_const(event));
                  });
  }

  /// Adds middleware around every handler, see Wrapper. @pre not started: handle(), subscribe(),
  /// wrap() and collect() throw std::logic_error afterwards.
  void wrap(Wrapper wrapper);

  /// Adds to the numbers on the page /metrics: `collector` runs at each scrape. @pre not started
  void collect(Collector collector);

  /// Listens and registers; `done` runs once both have happened, or with the reason why it cannot
  /// listen. A registry that is away is tried again until it answers: this is not a failure. `done`
  /// may be empty, here and below. Dropping the result, once it is taken as a Call, silences
  /// `done`; the server starts, or stops, all the same.
  Pending start(Done done);
  /// Deregisters, serves on for the grace time, stops accepting, waits up to the drain time for
  /// handlers, closes; then `done`. Calling it again joins the first stop.
  Pending stop(Done done);

  /// Runs when accepting has failed for good. The server is not stopped by itself.
  void onFailure(std::function<void(Status)> onFailure);

  /// Where it listens, empty before start(): `127.0.0.1:50137`.
  std::string address() const;
  const ServerOptions& options() const noexcept;
  /// Its numbers as they are now.
  ServerStats stats() const;
  SubscriberStats subscriberStats() const noexcept;
  /// What is put into the registry: with the node once it listens.
  ServiceInfo info() const;

 private:
  template <typename Request, typename Response, typename Handler>
  static detail::Invoke invoker(Handler handler) {
    if constexpr (std::is_invocable_r_v<Status, Handler&, Context&, const Request&, Response&>) {
      return [handler = std::move(handler)](detail::AnyReply reply) mutable {
        Request request;
        if (!reply.read(&request)) return;
        Response response;
        Context context = reply.context();
        Status status = handler(context, std::as_const(request), response);
        if (status.ok()) {
          reply.send(&response);
        } else {
          reply.fail(std::move(status));
        }
      };
    } else {
      static_assert(std::is_invocable_v<Handler&, Context, Request, Reply<Response>>,
                    "a handler is Status(Context&, const Request&, Response&) or "
                    "void(Context, Request, Reply<Response>)");
      return [handler = std::move(handler)](detail::AnyReply reply) mutable {
        Request request;
        if (!reply.read(&request)) return;
        Context context = reply.context();
        handler(std::move(context), std::move(request), Reply<Response>(std::move(reply)));
      };
    }
  }
  template <typename Request, typename Response, typename Handler>
  static detail::Invoke streamInvoker(Handler handler) {
    using Stream = ServerStream<Request, Response>;
    if constexpr (std::is_invocable_v<Handler&, Context, Stream>) {
      return [handler = std::move(handler)](detail::AnyReply reply) mutable {
        Context context = reply.context();
        handler(std::move(context), Stream(reply.openStream()));
      };
    } else {
      static_assert(std::is_invocable_v<Handler&, Context, Request, Stream>,
                    "a stream handler is void(Context, ServerStream<Request, Response>) or "
                    "void(Context, Request, ServerStream<Request, Response>)");
      return [handler = std::make_shared<Handler>(std::move(handler))](detail::AnyReply reply) {
        Stream stream(reply.openStream());
        stream.onEnd([stream](Status status) mutable {
          if (status.ok()) stream.finish(Status::invalid("the stream ended before its request"));
        });
        stream.onMessage([handler, stream](Request request) mutable {
          stream.onEnd([](Status) {});       // the caller may end its side now
          stream.onMessage([](Request) {});  // one request is all that counts
          Context context = stream.context();
          (*handler)(std::move(context), std::move(request), stream);
        });
      };
    }
  }
  void addSubscriber(std::string topic, std::optional<Value> event, SubscriberOptions options,
                     detail::HandleEvent handle);
  void addStream(std::string method, HandleOptions options, detail::Invoke invoke);
  void add(std::string method, std::optional<Value> request, std::optional<Value> response,
           HandleOptions options, detail::Invoke invoke);

  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace evmicro

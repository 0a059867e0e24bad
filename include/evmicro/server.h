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
#include <evmicro/tls.h>
#include <evmicro/transport.h>
#include <evmicro/wrapper.h>

namespace evmicro {

class Health;
class EventLoop;

/// Of one server. Service sets most of it from its own options and flags.
struct ServerOptions {
  std::string name = "go-server";  ///< the service that it is a node of
  std::string version = "1.0.0";   ///< of the service
  /// Must be unique among the nodes; empty: a UUID is made. The node is registered as `name-id`.
  std::string id;
  std::map<std::string, std::string> metadata;
  /// Where to listen, see Transport::listen.
  std::string address = ":0";
  /// `host`, `host:port` or `unix:///path` to register. Empty: the bound host, or if that is a
  /// wildcard the local address that packets to the registry are sent from (with a warning if that
  /// is loopback), and without a route to it a private or else another address of this machine. A
  /// server on a Unix socket can register the `host:port` of a proxy.
  std::string advertise;
  /// With a certificate the server speaks TLS, and its node is announced with `secure=true`.
  TlsOptions tls;
  ListenOptions limits;  ///< `limits.tls` is replaced by `tls`
  /// The registration expires unless it is renewed within this time; 0: it never expires.
  std::chrono::milliseconds registerTtl{30'000};
  std::chrono::milliseconds registerInterval{10'000};  ///< how often it is renewed
  /// Load shedding. When requests have waited for the loop longer than this for a tenth of a second
  /// (or twice this time, if that is more) without a break, the newest are refused with 429 and
  /// Retry-After until the wait is shorter again. 0: never. Debug.* methods are exempt.
  std::chrono::milliseconds shed{0};
  /// How long a stopping server keeps serving after it has been deregistered.
  std::chrono::milliseconds grace{250};
  /// A stream without a message in either direction for this long is ended with an error; 0: never.
  std::chrono::milliseconds streamIdle{0};
  /// A stream is ended when more than this many bytes are queued for a peer that does not read; 0:
  /// no limit.
  std::size_t streamQueueBytes = 64U << 20;
  /// Most calls in progress, open streams included; more are refused with 429, so that callers try
  /// another node. Debug.* methods are exempt. 0: no limit.
  std::size_t maxInFlight = 0;
  /// How long a stopping server then waits for requests that are arriving and for handlers that are
  /// still running. 0: not at all.
  std::chrono::milliseconds drain{10'000};
  /// Whether gRPC's health service (grpc.health.v1.Health) is served to gRPC callers.
  bool grpcHealth = true;
  /// Whether gRPC's reflection service (grpc.reflection.v1 and v1alpha) is.
  bool grpcReflection = true;
  /// Further content types, for calls, streams and subscribers.
  Codecs codecs;
};

namespace detail {

class ServerCall;

/// The obligation to answer a call, independent of the response's type.
class EVMICRO_EXPORT AnyReply {
 public:
  explicit AnyReply(std::shared_ptr<ServerCall> call) noexcept;
  AnyReply(AnyReply&&) noexcept;
  AnyReply& operator=(AnyReply&&) noexcept;
  ~AnyReply();  // if unanswered: answers with error 500

  const Context& context() const noexcept;
  /// Decodes the request into `target`. False: it could not be decoded, and the call has been
  /// answered with the error.
  bool read(PayloadTarget target);
  void send(PayloadSource response);
  void fail(Status why);
  /// Turns the call into a stream, which takes over the obligation. Call nothing else afterwards.
  std::shared_ptr<StreamEnd> openStream();

 private:
  std::shared_ptr<ServerCall> call_;  // shared with the wrappers around the call
};

using Invoke = std::function<void(AnyReply)>;

EVMICRO_EXPORT Value describe(const google::protobuf::Descriptor& message);

/// Null: not a protobuf message.
template <typename Payload>
const google::protobuf::Descriptor* descriptorOf() {
  if constexpr (std::is_base_of_v<google::protobuf::Message, Payload>) {
    return Payload::descriptor();
  } else {
    return nullptr;
  }
}

template <typename Payload>
std::optional<Value> describePayload() {
  const google::protobuf::Descriptor* const message = descriptorOf<Payload>();
  return message ? std::optional<Value>(describe(*message)) : std::nullopt;
}

/// The types of a method.
struct MethodTypes {
  const google::protobuf::Descriptor* request;
  const google::protobuf::Descriptor* response;
};

template <typename Request, typename Response>
MethodTypes methodTypes() {
  return {descriptorOf<Request>(), descriptorOf<Response>()};
}

}  // namespace detail

/// The obligation to answer one call, now or in a later turn of the loop. Answers exactly once: if
/// it is destroyed unanswered, the caller gets an error 500 that says so. It may outlive the
/// connection and the server. Move-only.
template <typename Response>
class Reply {
 public:
  /// For the library.
  explicit Reply(detail::AnyReply reply) noexcept : reply_(std::move(reply)) {}

  /// Answers. Only the first answer counts; later ones are ignored.
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

/// Of one method.
struct HandleOptions {
  /// Additional metadata for the endpoint's entry in the registry.
  std::map<std::string, std::string> metadata;
  /// kNo: can be called, but is not listed in the registry (like Debug.Health).
  enum class Announce { kYes, kNo } announce = Announce::kYes;
  /// Of the body of a unary request, which is refused with 413 above it, before it is decoded; 0:
  /// ListenOptions::maxBodyBytes alone.
  std::size_t maxRequestBytes = 0;
};

/// Of one subscription.
struct SubscriberOptions {
  /// See SubscribeOptions::queue.
  std::string queue;
  /// Its name in the registry: `Func`, or `Type.Method`.
  std::string name = "Func";
};

/// Counts the messages that the subscribers of a server have received.
struct SubscriberStats {
  std::uint64_t handled = 0;  ///< events whose handler succeeded
  std::uint64_t failed = 0;   ///< could not be decoded, or the handler returned an error
};

namespace detail {

/// Decodes the event from a message.
using ReadEvent = std::function<Status(PayloadTarget)>;
using HandleEvent = std::function<Status(Context&, const ReadEvent&)>;

}  // namespace detail

/// Serves calls: listens, registers itself, dispatches requests to handlers. All handlers run on
/// the loop's thread. It must be started with start(); most programs use a Service instead.
///
/// In addition to the methods that are added, it serves Debug.Health and Debug.Stats. If the
/// transport speaks HTTP, it also answers GET on the same port: `/health/live` (200: the loop
/// turns), `/health` (503 while a part that it requires fails), `/health/ready` (503 then, too, and
/// while the registry does not list it or it stops) and `/metrics` (Prometheus' text format).
class EVMICRO_EXPORT Server {
 public:
  /// The outcome of an operation.
  using Done = std::function<void(Status)>;

  /// All arguments must outlive the server. Without a broker, subscribe() throws.
  Server(EventLoop& loop, Transport& transport, Registry& registry, ServerOptions options = {});
  /// All of them must outlive the server. A Service makes one by itself.
  Server(EventLoop& loop, Transport& transport, Registry& registry, Broker& broker,
         ServerOptions options = {});
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  /// Closes everything immediately; no callback runs afterwards. The registration stays until its
  /// TTL expires: call stop() first for an orderly shutdown.
  ~Server();

  /// Adds a method, `Service.Method`, or with the package of its .proto
  /// `some.package.Service.Method`, as generated code does. Callers find it without the package,
  /// which go-micro's protocol does not carry; so all methods of a service must have the same.
  /// Request and Response are protobuf messages, or both JsonDocument (only json-rpc callers can
  /// use the method then), or types that a codec of the program carries. A name that has no dot, or
  /// is taken by another method or package: std::invalid_argument. An exception from a handler is
  /// logged and becomes an error 500. @pre not started. `handler` is one of
  /// - `Status (Context&, const Request&, Response&)`: answers when it returns,
  /// - `void (Context, Request, Reply<Response>)`: answers at any later time.
  template <typename Request, typename Response, typename Handler>
  void handle(std::string method, Handler handler, HandleOptions options = {}) {
    add(std::move(method), detail::methodTypes<Request, Response>(), std::move(options),
        invoker<Request, Response>(std::move(handler)));
  }

  /// Adds a streaming method. Nothing on the wire marks a call as a stream but the method's name.
  /// `handler` is one of
  /// - `void (Context, ServerStream<Request, Response>)`: messages in both directions, or a stream
  ///   of requests and one response before finish(),
  /// - `void (Context, Request, ServerStream<Request, Response>)`: one request, many responses.
  template <typename Request, typename Response, typename Handler>
  void handleStream(std::string method, Handler handler, HandleOptions options = {}) {
    addStream(std::move(method), detail::methodTypes<Request, Response>(), std::move(options),
              streamInvoker<Request, Response>(std::move(handler)));
  }

  /// Adds a subscriber: `handler`, a `Status (Context&, const Event&)`, is called for each message
  /// published to `topic`. Event is a protobuf message, or JsonDocument for JSON only; the
  /// message's Content-Type selects the codec. The context has the message's headers as metadata
  /// and no deadline. Wrappers see the message as a call. An error or exception from the handler is
  /// logged and counted, but not reported to the publisher. The subscription starts and stops with
  /// the server. @pre not started, made with a broker
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

  /// Adds middleware around every handler, see Wrapper. @pre not started: after start(), handle(),
  /// subscribe(), wrap(), setMetadata(), collect() and require() throw std::logic_error.
  void wrap(Wrapper wrapper);

  /// Adds `name=value` to the node's metadata, for what only becomes known when the program runs,
  /// such as the port of a WebServer beside this server. What the server sets itself, such as
  /// `transport`, cannot be changed. @pre not started
  void setMetadata(std::string name, std::string value);

  /// Adds metrics to the page /metrics: `collector` runs at each scrape. @pre not started
  void collect(Collector collector);

  /// From now on this server is well only while `part` is: see Health. @pre not started
  void require(const Health& part);

  /// Listens and registers. `done` runs when both have succeeded, or with an error if the server
  /// cannot listen. A registry that cannot be reached is not an error: registering is retried until
  /// it succeeds. `done` may be empty, here and in stop(). If the result is taken as a Call,
  /// dropping it only prevents `done` from running; the server starts, or stops, all the same.
  Pending start(Done done);
  /// Deregisters, keeps serving for the grace time, stops accepting, waits up to the drain time for
  /// requests that have begun to arrive and for running handlers, closes, then calls `done`.
  /// Calling it again waits for the same stop.
  Pending stop(Done done);

  /// Reads the TLS certificates again. New connections use the new ones, open connections are not
  /// affected. If there is an error the old certificates stay in use.
  Status reloadTls();

  /// `onFailure` runs if accepting connections fails permanently. The server does not stop by
  /// itself then.
  void onFailure(std::function<void(Status)> onFailure);

  /// Where it listens, such as `127.0.0.1:50137`; empty before start().
  std::string address() const;
  const ServerOptions& options() const noexcept;
  /// Its statistics at this moment.
  ServerStats stats() const;
  SubscriberStats subscriberStats() const noexcept;
  /// The registration: includes the node once the server listens.
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
  void addStream(std::string method, detail::MethodTypes types, HandleOptions options,
                 detail::Invoke invoke);
  void add(std::string method, detail::MethodTypes types, HandleOptions options,
           detail::Invoke invoke);

  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace evmicro

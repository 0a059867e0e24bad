#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <google/protobuf/message.h>

#include <evmicro/broker.h>
#include <evmicro/codec.h>
#include <evmicro/context.h>
#include <evmicro/export.h>
#include <evmicro/pending.h>
#include <evmicro/reply_metadata.h>
#include <evmicro/selector.h>
#include <evmicro/status.h>
#include <evmicro/stream.h>
#include <evmicro/tls.h>
#include <evmicro/transport.h>
#include <evmicro/wrapper.h>

namespace evmicro {

class EventLoop;

/// Outlier detection: how a client finds out that a node hangs or cannot be reached although the
/// registry lists it. Such a node is ejected: it gets no calls, whichever selector is in use, as
/// long as another node can be chosen. The client probes it with Debug.Health, at once and then
/// after growing pauses, and readmits it as soon as it answers anything. At most half the nodes of
/// a service are ejected at a time. Calls to a fixed address are not observed.
struct OutlierOptions {
  bool enabled = true;  ///< false: nodes that hang are called like all others
  /// A node is ejected after this many consecutive timeouts and failures to connect, with no answer
  /// in between.
  int failures = 3;
  /// A node is also ejected when calls are waiting for it and no answer has come for this long, or
  /// for its own usual time if that is longer: twice its mean latency, plus four times the
  /// deviation while fewer than three calls are waiting. If the node then answers a probe, the time
  /// is doubled until it answers a call.
  std::chrono::milliseconds silence{15};
  /// How long a probe waits for the answer to Debug.Health.
  std::chrono::milliseconds probeTimeout{1'000};
  /// The pause between two probes of a node that does not answer: begins with firstPause and
  /// doubles up to longestPause.
  std::chrono::milliseconds firstPause{1'000};
  std::chrono::milliseconds longestPause{30'000};
};

/// What outlier detection has done.
struct OutlierStats {
  std::size_t ejected = 0;      ///< nodes ejected at present
  std::uint64_t ejections = 0;  ///< total
  std::uint64_t probes = 0;     ///< health checks sent
};

/// Limits the extra load that a client causes: attempts that repeat a call which may have run, that
/// try another node after an overloaded one (429), and hedges. Each takes a token from a bucket; a
/// call whose bucket is empty ends with its last error. Attempts that follow a node that could not
/// be reached are free.
struct RetryBudgetOptions {
  /// Tokens that a hundred calls add.
  int percent = 10;
  /// Tokens at the start. Below this number one token a second is added, for clients that call
  /// seldom. The bucket holds ten times as many. 0, with percent 0: no such attempts at all.
  int reserve = 10;
};

/// Counters since the client was made.
struct ClientStats {
  std::uint64_t repetitions = 0;  ///< attempts paid for by the retry budget, hedges included
  std::uint64_t exhausted = 0;    ///< attempts not made because the retry budget was used up
  std::uint64_t hedges = 0;       ///< second attempts sent because the first took too long
  std::uint64_t hedgesWon = 0;    ///< hedges that were answered first
};

/// The protocol of a call. gRPC needs no transport: it has connections of its own.
enum class CallProtocol {
  /// go-micro's, by the transport; gRPC to nodes that speak nothing else (`protocol=grpc`, as
  /// go-micro's gRPC servers announce it).
  kMicro,
  /// gRPC, whatever the node announces.
  kGrpc,
  /// gRPC to nodes that announce it (`protocol=grpc`, or `grpc=true` as evmicro's servers do),
  /// go-micro's to all others and to fixed addresses.
  kAuto,
};

/// What is the same for all calls of a client.
struct ClientOptions {
  /// The caller's name, sent as X-Micro-From-Service; empty: not sent.
  std::string name;
  /// `application/grpc`, `+proto` and `+json` mean gRPC, whatever `protocol` is.
  std::string contentType = "application/octet-stream";
  CallProtocol protocol = CallProtocol::kMicro;  ///< how calls go out
  /// Limit for a whole call, including all attempts and registry lookups; 0: no limit.
  std::chrono::milliseconds requestTimeout{5'000};
  /// How many attempts of an idempotent call may reach a node: 1 means that no call is repeated.
  int retries = 1;
  /// A stream without a message in either direction for this long is ended with an error; 0: never.
  std::chrono::milliseconds streamIdle{0};
  /// A stream is ended when more than this many bytes are queued for a peer that does not read; 0:
  /// no limit.
  std::size_t streamQueueBytes = 64U << 20;
  /// How many idle connections per node are kept for later calls.
  std::size_t poolSize = 100;
  std::chrono::milliseconds poolIdle{60'000};  ///< how long such a connection is kept unused
  TlsOptions tls;                              ///< for connections to nodes that announce TLS
  TlsUse tlsUse = TlsUse::kAuto;
  DialOptions dial;  ///< `dial.tls` is replaced by `tls`
  OutlierOptions outliers;
  RetryBudgetOptions retryBudget;
  /// Further content types, for calls, streams and publications.
  Codecs codecs;
};

/// Options of a single call. A field that is not set has the client's value.
struct CallOptions {
  /// Limit for a call; 0: none. The context's deadline applies as well, whichever is earlier.
  std::optional<std::chrono::milliseconds> timeout;
  /// Idle limit of a stream; 0: none.
  std::optional<std::chrono::milliseconds> streamIdle;
  std::optional<int> retries;
  /// `host:port` or `unix:///path` to call directly, without a registry lookup.
  std::string address;
  /// kRequired, together with `address`: TLS is spoken to that address.
  std::optional<TlsUse> tls;
  /// Empty: the client's.
  std::string contentType;
  std::optional<CallProtocol> protocol;  ///< instead of the client's
  /// If set, filled with the metadata of the reply before the callback runs; of a stream,
  /// `initial` before the first message and `trailing` before the end. Servers of go-micro repeat
  /// the headers of the request.
  std::shared_ptr<ReplyMetadata> replyMetadata;
  std::vector<NodeFilter> filters;
  /// kYes: the method may safely run twice. Only then is a call that may have reached a node
  /// repeated (`retries` attempts at most).
  enum class Idempotent { kNo, kYes } idempotent = Idempotent::kNo;
  /// For an idempotent call: if there is no answer after this time, the request is also sent to a
  /// second node, if there is one and the retry budget allows it. The first answer wins, the other
  /// attempt is cancelled. Not set: never.
  std::optional<std::chrono::milliseconds> hedgeAfter;
};

/// Of one publication.
struct PublishOptions {
  /// Empty: the client's.
  std::string contentType;
};

/// Calls services: chooses a node, connects, sends, waits for the answer. Each callback runs
/// exactly once, from the loop, and never after the client has been destroyed. Not thread-safe.
///
/// Errors: kNotFound (404: no such service or node), kUnavailable (503: no node could be
/// connected), kTimeout (408), kCancelled (499: the context ended), kRemote (the handler's error),
/// kInvalid, kInternal (500: the connection broke, or the reply could not be understood).
class EVMICRO_EXPORT Client {
 public:
  /// All arguments must outlive the client. Without a broker, publish() fails.
  Client(EventLoop& loop, Transport& transport, Selector& selector, ClientOptions options = {});
  /// All of them must outlive the client. A Service makes one by itself.
  Client(EventLoop& loop, Transport& transport, Selector& selector, Broker& broker,
         ClientOptions options = {});
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  /// Cancels all calls; no callback runs.
  ~Client();

  /// Calls `method` of `service`: `Greeter.Hello`, or with the package of its .proto
  /// `some.package.Greeter.Hello`. gRPC servers need the package if there is one; go-micro's
  /// protocol does not carry it. The request is serialised before this returns.
  /// `done` runs in a later turn of the loop and may be empty; an exception from it ends the
  /// process. Cancelling `context` ends the call with kCancelled. If the result is taken as a Call,
  /// dropping it cancels the call, and `done` does not run.
  template <typename Response, typename Request>
  Pending call(const Context& context, std::string_view service, std::string_view method,
               const Request& request, std::function<void(Result<Response>)> done,
               CallOptions options = {}) {
    auto response = std::make_shared<Response>();
    return Pending(start(
        context, service, method, &request, response.get(),
        [response, done = std::move(done)](Status status) {
          if (!done) return;
          if (status.ok()) {
            done(std::move(*response));
          } else {
            done(std::move(status));
          }
        },
        std::move(options)));
  }

  /// The blocking form, for main() and scripts: turns the loop until the answer has come. Called
  /// from inside a callback of the loop, it fails at once.
  template <typename Response, typename Request>
  Result<Response> call(const Context& context, std::string_view service, std::string_view method,
                        const Request& request, CallOptions options = {}) {
    Response response;
    Status status = wait(context, service, method, &request, &response, std::move(options));
    if (!status.ok()) return status;
    return response;
  }

  /// Opens a stream to `method`. Never fails here: errors are reported to onEnd. The timeout of
  /// calls does not apply; the context's deadline does. When the client is destroyed, the stream
  /// ends without a callback.
  template <typename Request, typename Response>
  ClientStream<Request, Response> stream(const Context& context, std::string_view service,
                                         std::string_view method, CallOptions options = {}) {
    const Request opening;  // the server ignores its content
    return ClientStream<Request, Response>(
        open(context, service, method, &opening, std::move(options)));
  }

  /// Publishes `event`, a protobuf message or a JsonDocument, to `topic`, with the context's
  /// metadata as headers. The event is serialised before this returns. `done` (may be empty) runs
  /// when the result is known: ok() if every subscriber has received the event, or there is none;
  /// otherwise an error that names the subscribers that have not, see PublishResult. A context that
  /// has already ended makes it fail; one that ends later has no effect. kInvalid without a broker.
  /// If the result is taken as a Call, dropping it only prevents `done` from running; the event is
  /// published all the same.
  template <typename Event>
  Pending publish(const Context& context, std::string_view topic, const Event& event,
                  std::function<void(Status)> done, PublishOptions options = {}) {
    return Pending(startPublish(context, topic, &event, std::move(done), std::move(options)));
  }

  /// The blocking form, for main() and scripts: turns the loop until the result is known.
  template <typename Event>
  Status publish(const Context& context, std::string_view topic, const Event& event,
                 PublishOptions options = {}) {
    return waitPublish(context, topic, &event, std::move(options));
  }

  /// Adds middleware around every call, stream and publication, see Wrapper. Must be called before
  /// the first of them: throws std::logic_error afterwards.
  void wrap(Wrapper wrapper);

  /// What the client was made with; what outlier detection has done; counters since the beginning.
  const ClientOptions& options() const noexcept;
  OutlierStats outlierStats() const noexcept;
  ClientStats stats() const noexcept;

 private:
  std::shared_ptr<detail::Abandonable> start(const Context& context, std::string_view service,
                                             std::string_view method, PayloadSource request,
                                             PayloadTarget response,
                                             std::function<void(Status)> done, CallOptions options);
  Status wait(const Context& context, std::string_view service, std::string_view method,
              PayloadSource request, PayloadTarget response, CallOptions options);

  std::shared_ptr<detail::Abandonable> startPublish(const Context& context, std::string_view topic,
                                                    PayloadSource event,
                                                    std::function<void(Status)> done,
                                                    PublishOptions options);
  Status waitPublish(const Context& context, std::string_view topic, PayloadSource event,
                     PublishOptions options);

  std::unique_ptr<detail::StreamEnd> open(const Context& context, std::string_view service,
                                          std::string_view method, PayloadSource opening,
                                          CallOptions options);

  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace evmicro

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
#include <evmicro/selector.h>
#include <evmicro/status.h>
#include <evmicro/stream.h>
#include <evmicro/transport.h>
#include <evmicro/wrapper.h>

namespace evmicro {

class EventLoop;

/// How a client finds out that a node hangs or cannot be reached, although the registry has it.
/// Such a node is ejected: it gets no calls, whichever selector is in use, as long as another node
/// can be chosen. It is asked by a call of Debug.Health, at once and then after growing pauses, and
/// is let back in as soon as it answers anything. Never more than half the nodes of a service are
/// ejected. Calls to a fixed address are not observed.
struct OutlierOptions {
  bool enabled = true;
  /// Time-outs and failures to connect in a row, with no answer in between, that eject a node.
  int failures = 3;
  /// A node is ejected as well when calls wait for its answers and none has come for so long, or
  /// for longer than is usual for it: twice its mean latency, and while fewer than three calls wait
  /// four times the deviation, too. One that then answers a health check has its time doubled until
  /// it answers a call.
  std::chrono::milliseconds silence{15};
  /// For an answer to Debug.Health.
  std::chrono::milliseconds probeTimeout{1'000};
  /// Between two health checks of a node that does not answer: doubled each time, up to the latter.
  std::chrono::milliseconds firstPause{1'000};
  std::chrono::milliseconds longestPause{30'000};
};

struct OutlierStats {
  std::size_t ejected = 0;      ///< nodes that are ejected now
  std::uint64_t ejections = 0;  ///< so far
  std::uint64_t probes = 0;     ///< health checks made
};

struct ClientOptions {
  /// Who calls, sent as X-Micro-From-Service; empty: not sent.
  std::string name;
  std::string contentType = "application/octet-stream";
  /// For a whole call, all attempts and look-ups included; 0: no limit.
  std::chrono::milliseconds requestTimeout{5'000};
  /// Attempts that may reach a node: 1 is one attempt, no repetition.
  int retries = 1;
  /// A stream in which no message has gone either way for so long is ended with an error; 0: never.
  std::chrono::milliseconds streamIdle{0};
  /// Bytes queued in one stream, to a peer that does not read, above which the stream is ended; 0:
  /// no limit.
  std::size_t streamQueueBytes = 64U << 20;
  /// Kept-alive connections per node that wait for the next call.
  std::size_t poolSize = 100;
  std::chrono::milliseconds poolIdle{60'000};
  DialOptions dial;
  OutlierOptions outliers;
  /// Content types beside those that evmicro knows, for calls, streams and publications.
  Codecs codecs;
};

/// What is not set is as the client's options say.
struct CallOptions {
  /// Of a call; 0: no limit. The context's deadline counts too, whichever is earlier.
  std::optional<std::chrono::milliseconds> timeout;
  /// Of a stream; 0: never.
  std::optional<std::chrono::milliseconds> streamIdle;
  std::optional<int> retries;
  /// `host:port` to call, without asking the registry.
  std::string address;
  /// Empty: the client's.
  std::string contentType;
  std::vector<NodeFilter> filters;
  /// Says that running the method twice does no harm: only then is a call that may have reached a
  /// node repeated (`retries` attempts at most).
  enum class Idempotent { kNo, kYes } idempotent = Idempotent::kNo;
};

struct PublishOptions {
  /// Empty: the client's.
  std::string contentType;
};

/// Calls services: chooses a node, connects, sends, waits. Completions run in the loop, exactly
/// once; never after the client has been destroyed. Not thread-safe.
///
/// Errors: kNotFound (404: no such service or node), kUnavailable (503: no node could be
/// connected), kTimeout (408), kCancelled (499: the context ended), kRemote (what the handler
/// answered), kInvalid, kInternal (500: the connection broke, or the reply makes no sense).
class EVMICRO_EXPORT Client {
 public:
  /// All must outlive the client. Without a broker it cannot publish.
  Client(EventLoop& loop, Transport& transport, Selector& selector, ClientOptions options = {});
  Client(EventLoop& loop, Transport& transport, Selector& selector, Broker& broker,
         ClientOptions options = {});
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  /// Cancels every call silently.
  ~Client();

  /// Calls `method` (`Greeter.Hello`) of `service`. The request is serialised before this returns.
  /// `done` may be empty; what it throws ends the process. Cancelling `context` ends the call with
  /// kCancelled. Dropping the result, once it is taken as a Call, breaks the call off: `done` does
  /// not run.
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

  /// The same, turning the loop until the answer is there: for main() and scripts. From inside a
  /// callback of the loop an error at once.
  template <typename Response, typename Request>
  Result<Response> call(const Context& context, std::string_view service, std::string_view method,
                        const Request& request, CallOptions options = {}) {
    Response response;
    Status status = wait(context, service, method, &request, &response, std::move(options));
    if (!status.ok()) return status;
    return response;
  }

  /// Opens a stream with `method`. Never fails here: what goes wrong comes to onEnd. The timeout
  /// of calls does not apply; the context's deadline does. When the client goes, the stream
  /// ends silently.
  template <typename Request, typename Response>
  ClientStream<Request, Response> stream(const Context& context, std::string_view service,
                                         std::string_view method, CallOptions options = {}) {
    const Request opening;  // its content means nothing to the server
    return ClientStream<Request, Response>(
        open(context, service, method, &opening, std::move(options)));
  }

  /// Publishes `event`, a protobuf message or a JsonDocument, to `topic`, with the context's
  /// metadata as headers. It is serialised before this returns. `done` (may be empty) runs when its
  /// fate is known: ok() when every subscriber has got it, also when there is none; otherwise an
  /// error that names those who have not, see PublishResult. A context that has ended before fails
  /// it, one that ends later has no effect. kInvalid without a broker. Dropping the result, once it
  /// is taken as a Call, silences `done`; the event is published all the same.
  template <typename Event>
  Pending publish(const Context& context, std::string_view topic, const Event& event,
                  std::function<void(Status)> done, PublishOptions options = {}) {
    return Pending(startPublish(context, topic, &event, std::move(done), std::move(options)));
  }

  /// The same, turning the loop until the fate is known: for main() and scripts.
  template <typename Event>
  Status publish(const Context& context, std::string_view topic, const Event& event,
                 PublishOptions options = {}) {
    return waitPublish(context, topic, &event, std::move(options));
  }

  /// Adds middleware around every call, stream and publication, see Wrapper. Before the first of
  /// them: std::logic_error afterwards.
  void wrap(Wrapper wrapper);

  const ClientOptions& options() const noexcept;
  OutlierStats outlierStats() const noexcept;

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

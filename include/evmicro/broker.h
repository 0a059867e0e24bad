#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <evmicro/call.h>
#include <evmicro/export.h>
#include <evmicro/status.h>

namespace evmicro {

/// What a broker carries. Header names are kept exactly as given, unlike those of Metadata. The
/// name `:topic` is reserved for the broker: a publisher's value is replaced.
struct BrokerMessage {
  std::map<std::string, std::string> header;  ///< sent with the body, as they are
  std::string body;                           ///< any bytes
};

/// How a subscription is made.
struct SubscribeOptions {
  /// Empty: this subscriber gets every message of the topic. Otherwise the subscribers of the same
  /// queue share the messages: each goes to one of them.
  std::string queue;
  /// Runs at most once, in a later turn, when publishers can find the subscription. Not after the
  /// subscription has ended.
  std::function<void()> ready;
};

/// The outcome of one publication for each subscription. The broker names the subscriptions; names
/// are unique within a topic.
struct EVMICRO_EXPORT PublishResult {
  /// A subscriber that has not received the message.
  struct Failure {
    std::string node;  ///< its node, or the server that refused it
    Status why;        ///< what happened
  };
  std::vector<std::string> delivered;  ///< accepted it
  std::vector<std::string> dropped;    ///< too slow: their queue was full
  std::vector<Failure> failed;  ///< not reached, or the connection broke before they confirmed it

  /// ok() if nothing was dropped and nothing failed, also when there is no subscriber; otherwise an
  /// error that names the nodes: kOverloaded, or the kind of the first failure.
  Status status() const;
};

/// Counters since the broker was made. A message counts once per subscription, except in
/// `published`.
struct BrokerStats {
  std::uint64_t published = 0;  ///< calls of publish()
  std::uint64_t delivered = 0;  ///< to a subscriber that has confirmed it
  std::uint64_t dropped = 0;    ///< because its queue was full
  std::uint64_t failed = 0;     ///< includes messages whose subscriptions could not be looked up
  std::uint64_t received = 0;   ///< passed to handlers of this broker
};

/// Publishes messages to topics and receives them. A message is delivered to each subscription at
/// most once; the messages of one publisher arrive in the order in which they were published. Not
/// thread-safe.
///
/// Connections and ports are opened only when needed: a program that only publishes does not
/// listen. Callbacks never run within the function that requested them, and never after the broker
/// has been destroyed; any of them may destroy it.
class EVMICRO_EXPORT Broker {
 public:
  /// Receives one message, which is valid until the handler returns. Must not throw.
  using Handler = std::function<void(std::string_view topic, const BrokerMessage& message)>;
  /// An error: the topic's subscriptions could not be looked up, and none got the message.
  using Published = std::function<void(Result<PublishResult>)>;

  Broker() = default;
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;
  /// Ends everything immediately: queued messages are lost, and subscriptions stay in the registry
  /// until their TTL expires. Call stop() first for an orderly shutdown.
  virtual ~Broker() = default;

  /// "http", "memory", "nats".
  virtual std::string_view name() const = 0;
  /// Where messages are received, `host:port`; empty while no port is open.
  virtual std::string address() const = 0;

  /// Calls `handler` for each message of `topic` until the token is dropped; after that it does not
  /// run, and the subscription is withdrawn in the background. Errors: kInvalid for an empty topic,
  /// an empty handler or a stopped broker, or the reason why this process cannot listen.
  virtual Result<Subscription> subscribe(std::string_view topic, Handler handler,
                                         SubscribeOptions options = {}) = 0;

  /// Sends `message` to the subscribers of `topic`: to all that have no queue, and to one of each
  /// queue. Never blocks: messages are queued for a slow subscriber up to a limit, and dropped
  /// above it. `done` (may be empty) runs exactly once, when the outcome is known for every
  /// subscriber.
  virtual void publish(std::string_view topic, BrokerMessage message, Published done = {}) = 0;

  /// Begins an orderly shutdown: withdraws all subscriptions, so that publishers stop sending, but
  /// still handles the messages that arrive until the tokens are dropped. New subscriptions fail
  /// with kInvalid; publishing still works. `done` runs once, when all are withdrawn.
  virtual void withdraw(std::function<void()> done) = 0;
  /// Ends all subscriptions, waits until all publications have been sent or have failed and the
  /// subscriptions are withdrawn, closes everything, then runs `done` once. Later publications and
  /// subscriptions fail with kInvalid. Calling it again waits for the same stop.
  virtual void stop(std::function<void()> done) = 0;

  /// `onFailure` runs, at most once, if receiving messages fails permanently.
  virtual void onFailure(std::function<void(Status)> onFailure) = 0;

  /// Counters since the beginning.
  virtual const BrokerStats& stats() const noexcept = 0;

  /// Reads certificates again, for new connections, both ways. After an error the old ones stay in
  /// use.
  virtual Status reloadTls() { return {}; }
};

}  // namespace evmicro

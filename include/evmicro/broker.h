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

/// What a broker carries. Names of headers are kept to the letter, unlike those of Metadata. The
/// name `:topic` is the broker's own: what a publisher puts there is replaced.
struct BrokerMessage {
  std::map<std::string, std::string> header;
  std::string body;  ///< any bytes
};

struct SubscribeOptions {
  /// Empty: this subscriber gets every message of the topic. Otherwise the subscribers that name
  /// the same queue share them: each message goes to one of them.
  std::string queue;
  /// Runs at most once, in a later turn: publishers can find the subscription from now on. Not
  /// after the end of the subscription.
  std::function<void()> ready;
};

/// What became of one message, by the subscriptions it was meant for. Their names are the broker's,
/// unique among all of a topic.
struct EVMICRO_EXPORT PublishResult {
  struct Failure {
    std::string node;
    Status why;
  };
  std::vector<std::string> delivered;  ///< have taken it
  std::vector<std::string> dropped;    ///< too slow: too much is waiting for them already
  std::vector<Failure> failed;         ///< not reached, or broke before they had said that it came

  /// ok() when nothing was dropped and nothing failed, a message without subscribers included;
  /// otherwise an error that names the nodes: kOverloaded, or the kind of the first failure.
  Status status() const;
};

/// Counters since the broker was made. A message counts once for each of its subscriptions, except
/// in `published`.
struct BrokerStats {
  std::uint64_t published = 0;  ///< calls of publish()
  std::uint64_t delivered = 0;
  std::uint64_t dropped = 0;
  std::uint64_t failed = 0;    ///< and messages of which the subscriptions could not be found out
  std::uint64_t received = 0;  ///< handed to handlers of this broker
};

/// Publishes messages to topics and receives them. A message is delivered at most once to each
/// subscription, in the order in which one publisher sent them. Not thread-safe.
///
/// Nothing is connected or opened before it is needed: a program that only publishes listens
/// nowhere. Callbacks never run inside the call that asked for them, and never after the broker has
/// been destroyed, which may happen in any of them.
class EVMICRO_EXPORT Broker {
 public:
  /// Takes one message, which is gone when it returns. Must not throw.
  using Handler = std::function<void(std::string_view topic, const BrokerMessage& message)>;
  /// An error: nothing is known of the topic's subscriptions, and nobody got the message.
  using Published = std::function<void(Result<PublishResult>)>;

  Broker() = default;
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;
  /// Ends everything at once: what waits to be sent is lost, and subscriptions that are registered
  /// somewhere end there by their TTL. stop() first for an orderly end.
  virtual ~Broker() = default;

  /// "http", "memory", "nats".
  virtual std::string_view name() const = 0;
  /// Where messages come in, `host:port`; empty while nothing is open.
  virtual std::string address() const = 0;

  /// Calls `handler` for each message of `topic` until the token is dropped: from then on it does
  /// not run any more, and publishers are told in the background. Errors: kInvalid for an empty
  /// topic, no handler, or a stopped broker, and what prevents this process from listening.
  virtual Result<Subscription> subscribe(std::string_view topic, Handler handler,
                                         SubscribeOptions options = {}) = 0;

  /// Sends `message` to the subscribers of `topic`: to all without a queue, and to one of each
  /// queue. Never blocks; what a subscriber does not take in time waits, up to a limit, above which
  /// messages to it are dropped. `done` (may be empty) runs exactly once, when the message's fate
  /// is known at every subscriber.
  virtual void publish(std::string_view topic, BrokerMessage message, Published done = {}) = 0;

  /// Begins an orderly end: takes all subscriptions back, so that publishers learn of it, while
  /// what they still send is handled until the tokens are dropped. New subscriptions fail with
  /// kInvalid, publishing goes on. `done` runs once all are taken back.
  virtual void withdraw(std::function<void()> done) = 0;
  /// Ends all subscriptions, waits until what was published is sent or has failed and the
  /// subscriptions are taken back, closes everything; then `done`, once. Later publications and
  /// subscriptions fail with kInvalid. Calling it again joins the first.
  virtual void stop(std::function<void()> done) = 0;

  /// Runs when messages cannot come in any more, for good; at most once.
  virtual void onFailure(std::function<void(Status)> onFailure) = 0;

  virtual const BrokerStats& stats() const noexcept = 0;
};

}  // namespace evmicro

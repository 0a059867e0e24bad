#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <evmicro/broker.h>
#include <evmicro/lifetime.h>
#include <evmicro/server.h>

#include "base/log_limiter.h"
#include "server/server_shared.h"

namespace evmicro::detail {

/// The subscribers of a server. Each is a subscription of the broker whose messages pass through
/// the server's wrappers to a typed handler.
class Subscribers {
 public:
  /// `handlers` and `broker` must outlive it. A null broker: add() throws.
  Subscribers(const Handlers& handlers, Broker* broker);
  Subscribers(const Subscribers&) = delete;
  Subscribers& operator=(const Subscribers&) = delete;
  ~Subscribers();

  /// @throws std::logic_error without a broker, std::invalid_argument without a topic.
  void add(std::string topic, std::optional<Value> event, SubscriberOptions options,
           HandleEvent handle);
  /// Their endpoints for the registry, in the order in which they were added.
  std::vector<Endpoint> endpoints() const;

  bool empty() const noexcept { return subscribers_.empty(); }
  /// Starts all subscriptions. `ready` runs once, in a later turn, when publishers can find all of
  /// them.
  /// @pre !empty()
  Status start(std::function<void()> ready);
  /// Withdraws the subscriptions; messages are still handled. `done` runs once, in a later turn.
  /// @pre !empty()
  void withdraw(std::function<void()> done);
  /// Stops handling messages.
  void stop();

  const SubscriberStats& stats() const noexcept { return stats_; }

 private:
  struct Subscriber;
  class Event;

  void receive(Subscriber& subscriber, const BrokerMessage& message);
  static Status handle(const HandleEvent& handler, const Codec& codec, std::string_view body,
                       Context context);
  void ended(Subscriber& subscriber, const std::string& id, const Status& status);

  const Handlers& handlers_;
  Broker* const broker_;
  std::list<Subscriber> subscribers_;
  std::size_t awaited_ = 0;
  std::function<void()> ready_;
  SubscriberStats stats_;
  std::vector<Subscription> tokens_;
  Lifetime lifetime_;
};

}  // namespace evmicro::detail

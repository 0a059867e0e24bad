#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <evmicro/broker.h>
#include <evmicro/event_loop.h>
#include <evmicro/http_broker.h>
#include <evmicro/lifetime.h>
#include <evmicro/registry.h>

#include "broker/subscription_token.h"
#include "http/server.h"
#include "registry/advertise.h"
#include "registry/registrar.h"

namespace evmicro::detail {

/// The version under which a subscription without a queue is registered.
inline constexpr std::string_view kBroadcastVersion = "ff.http.broadcast";
/// Where publishers find the subscriptions to `topic`.
inline std::string topicService(std::string_view topic) { return "topic:" + std::string(topic); }

/// The receiving side of the http broker: an HTTP server that takes POSTs to `/_sub?id=`, and the
/// subscriptions that it serves, each registered on its own. Opened at the first subscription.
class Inbox final : private HttpServer::Observer {
 public:
  /// `stats` must outlive it, as `loop` and `registry` must.
  Inbox(EventLoop& loop, Registry& registry, const HttpBrokerOptions& options, BrokerStats& stats);
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;
  /// Closes everything; registrations end by their TTL.
  ~Inbox();

  Result<Subscription> subscribe(std::string_view topic, Broker::Handler handler,
                                 SubscribeOptions options);
  /// Takes all registrations back; messages that still come are handled. `done` runs once, in a
  /// later turn.
  void withdraw(std::function<void()> done);
  /// Ends all subscriptions and closes the port. Registrations that are being taken back go on.
  void close();

  /// `host:port` as bound; empty while it is not open.
  std::string address() const;
  /// Accepting has failed for good.
  void onFailure(std::function<void(Status)> onFailure) { onFailure_ = std::move(onFailure); }

 private:
  struct Subscriber;
  using Token = SubscriptionToken<Inbox, Subscriber>;
  friend Token;
  // Of one subscription; owned here alone, while tokens share the subscribers.
  struct Registration {
    std::unique_ptr<Registrar> registrar;
    bool leaving = false;
  };

  Status open();
  void onRequest(HttpExchange exchange) override;
  void onServerFailure(Status why) override;
  void receive(HttpExchange exchange);
  ServiceInfo describe(const Subscriber& subscriber) const;
  void end(const std::shared_ptr<Subscriber>& subscriber);
  void takeBack(const std::string& id);
  void forget(const std::string& id);
  void finishWithdrawal();

  EventLoop& loop_;
  Registry& registry_;
  const HttpBrokerOptions& options_;
  BrokerStats& stats_;
  const std::string idPrefix_;  // `broker-<uuid>.`
  std::unique_ptr<HttpServer> server_;
  AdvertisedAddress advertised_;
  std::function<void(Status)> onFailure_;
  std::map<std::string, std::shared_ptr<Subscriber>> listening_;  // by id
  std::map<std::string, Registration> registered_;                // by id, also of ended ones
  bool withdrawing_ = false;
  std::vector<std::function<void()>> whenWithdrawn_;
  Call withdrawn_;
  Lifetime lifetime_;
};

}  // namespace evmicro::detail

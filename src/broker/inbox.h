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
/// The registry's service name under which publishers find the subscriptions to `topic`.
inline std::string topicService(std::string_view topic) { return "topic:" + std::string(topic); }

/// The receiving side of the http broker: an HTTP server that handles POSTs to `/_sub?id=`, and its
/// subscriptions, each registered separately. Opened by the first subscription.
class Inbox final : private HttpServer::Observer {
 public:
  /// `loop`, `registry` and `stats` must outlive it.
  Inbox(EventLoop& loop, Registry& registry, const HttpBrokerOptions& options, BrokerStats& stats);
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;
  /// Closes everything; registrations stay until their TTL expires.
  ~Inbox();

  Result<Subscription> subscribe(std::string_view topic, Broker::Handler handler,
                                 SubscribeOptions options);
  /// Withdraws all registrations; messages that still arrive are handled. `done` runs once, in a
  /// later turn.
  void withdraw(std::function<void()> done);
  /// Ends all subscriptions and closes the port. Deregistrations in progress continue.
  void close();

  /// `host:port` as bound; empty while the port is not open.
  std::string address() const;
  Status reloadTls() { return server_ ? server_->reloadTls() : Status(); }
  /// `onFailure` runs if accepting fails permanently.
  void onFailure(std::function<void(Status)> onFailure) { onFailure_ = std::move(onFailure); }

 private:
  struct Subscriber;
  using Token = SubscriptionToken<Inbox, Subscriber>;
  friend Token;
  // The registration of one subscription; owned only here, while subscribers are shared with
  // tokens.
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
  std::map<std::string, Registration> registered_;                // by id, including ended ones
  bool withdrawing_ = false;
  std::vector<std::function<void()>> whenWithdrawn_;
  Call withdrawn_;
  Lifetime lifetime_;
};

}  // namespace evmicro::detail

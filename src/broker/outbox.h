#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <evmicro/broker.h>
#include <evmicro/event_loop.h>
#include <evmicro/http_broker.h>
#include <evmicro/lifetime.h>
#include <evmicro/service_view.h>

#include "broker/node_link.h"
#include "broker/publication.h"

namespace evmicro::detail {

/// The sending side of the http broker: finds the subscriptions to a topic, chooses among the
/// members of a queue, and reports the outcome of each message to the publisher.
class Outbox final : private NodeLink::Observer {
 public:
  /// `loop`, `view` and `stats` must outlive it.
  Outbox(EventLoop& loop, ServiceView& view, const HttpBrokerOptions& options, BrokerStats& stats);
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;
  /// Nothing is sent and no callback runs afterwards.
  ~Outbox();

  void publish(std::string_view topic, const BrokerMessage& message, Broker::Published done);
  /// Makes a publication fail without sending anything.
  void refuse(Status why, Broker::Published done);
  /// Runs `idle` once, in a later turn, when the outcome of all publications has been reported.
  void whenIdle(std::function<void()> idle);
  Status reloadTls() { return dialler_.reloadTls(); }

 private:
  using PublicationPtr = std::shared_ptr<Publication>;
  /// A lookup, and the messages that wait for it.
  struct LookUp {
    std::vector<PublicationPtr> waiting;
    Call call;
  };

  void onDelivered(NodeLink& link, Delivery delivery) override;
  void onFailed(NodeLink& link, Delivery delivery, Status why) override;
  void onIdle(NodeLink& link) override;

  void lookUp(const PublicationPtr& publication);
  void found(std::string topic, Result<ServiceView::Snapshot> result);
  void send(const ServiceSnapshot& subscriptions, const PublicationPtr& publication);
  const Node* chooseMember(const ServiceSnapshot& subscriptions, const Delivery& delivery) const;
  bool tryAgain(Delivery& delivery, const NodeLink& link, const Status& why);
  NodeLink& linkTo(const Node& node);
  const NodeLink* knownLink(const Node& node) const;
  void push(const Node& node, Delivery delivery);
  void settle(const PublicationPtr& publication);
  void tellLater();
  void tellEnded();
  void tellIdle();

  EventLoop& loop_;
  ServiceView& view_;
  const HttpBrokerOptions& options_;
  BrokerStats& stats_;
  HttpDialler dialler_;
  std::unordered_map<std::string, std::unique_ptr<NodeLink>> links_;  // by the node's id
  std::uint64_t choices_ = 0;
  std::size_t open_ = 0;  // publications in progress
  std::deque<PublicationPtr> ended_;
  std::vector<std::function<void()>> whenIdle_;
  std::map<std::string, LookUp, std::less<>> lookUps_;  // by topic
  bool willTell_ = false;
  Call telling_;
  Lifetime lifetime_;
};

}  // namespace evmicro::detail

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include <evmicro/event_loop.h>
#include <evmicro/http_broker.h>
#include <evmicro/registry.h>
#include <evmicro/timer.h>
#include <evmicro/transport.h>

#include "base/burst.h"
#include "broker/publication.h"
#include "http/socket.h"
#include "transport/http_dialler.h"

namespace evmicro::detail {

/// The way to one subscription: a kept-alive connection with one message in flight on it, and a
/// bounded queue behind that, so that order is kept and nobody else waits for a slow subscriber.
class NodeLink final : private Socket::Observer {
 public:
  /// Never destroys the link in here; deleteLater() is the way.
  class Observer {
   public:
    virtual void onDelivered(NodeLink& link, Delivery delivery) = 0;
    /// kUnavailable: the node has seen nothing of it.
    virtual void onFailed(NodeLink& link, Delivery delivery, Status why) = 0;
    /// Nothing to send for long, and no connection: the link may be dropped.
    virtual void onIdle(NodeLink& link) = 0;

   protected:
    ~Observer() = default;
  };

  NodeLink(EventLoop& loop, HttpDialler& dialler, const HttpBrokerOptions& options,
           const Node& node, Observer& observer);

  const std::string& id() const noexcept { return id_; }
  /// Messages in flight and behind.
  std::size_t waiting() const noexcept { return waiting_.size(); }
  /// Whether it has failed lately, so that others are better chosen.
  bool suspect() const noexcept { return failures_ > 0 && EventLoop::now() < avoidUntil_; }
  /// When it was chosen last, by the count of the observer's choices.
  std::uint64_t lastChosen = 0;

  /// Messages go where `node` is from now on.
  void moveTo(const Node& node);
  /// False: too much is waiting already, nothing is taken.
  bool push(Delivery&& delivery);

 private:
  void onMessage(Message& reply) override;
  void onPeerFinished() override;
  void onClosed(Status why) override;
  void onTimer();

  bool hasRoomFor(std::size_t bytes) const noexcept;
  void sendNext();
  bool connect();
  void disconnect();
  void refused(int code);
  void connectionLost(Status why);
  Delivery takeFirst();
  void failFirst(Status why);
  void failAll(Status first, const Status& others);
  void noteSuccess();
  void noteFailure(const Status& why);
  void noteDrop();
  void restWhenIdle();

  EventLoop& loop_;
  HttpDialler& dialler_;
  const HttpBrokerOptions& options_;
  const std::string id_;
  std::string host_;
  std::uint16_t port_;
  bool wantsTls_;
  Observer& observer_;
  std::deque<Delivery> waiting_;  // the first is in flight when sent_
  std::size_t waitingBytes_ = 0;
  bool sent_ = false;
  bool moved_ = false;  // the connection is to where the node was
  int failures_ = 0;    // in a row
  EventLoop::Clock::time_point avoidUntil_{};
  Burst failing_;
  Burst dropping_;
  std::uint64_t dropped_ = 0;  // since the queue was empty
  Timer timer_;                // for the reply, or until onIdle()
  std::unique_ptr<HttpSocket> socket_;
};

}  // namespace evmicro::detail

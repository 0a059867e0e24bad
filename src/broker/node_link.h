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

#include "base/backoff.h"
#include "base/log_limiter.h"
#include "broker/publication.h"
#include "http/socket.h"
#include "transport/http_dialler.h"

namespace evmicro::detail {

/// Sends messages to one subscription: over a persistent connection with one message in flight,
/// from a bounded queue, so that the order is kept and a slow subscriber delays nobody else.
class NodeLink final : private Socket::Observer {
 public:
  /// Must not destroy the link in these functions; use deleteLater().
  class Observer {
   public:
    virtual void onDelivered(NodeLink& link, Delivery delivery) = 0;
    /// kUnavailable: the node has not received any of it.
    virtual void onFailed(NodeLink& link, Delivery delivery, Status why) = 0;
    /// There is nothing to send and no connection: the link may be dropped.
    virtual void onIdle(NodeLink& link) = 0;

   protected:
    ~Observer() = default;
  };

  NodeLink(EventLoop& loop, HttpDialler& dialler, const HttpBrokerOptions& options,
           const Node& node, Observer& observer);

  const std::string& id() const noexcept { return id_; }
  /// Messages in flight and queued.
  std::size_t waiting() const noexcept { return waiting_.size(); }
  /// Whether it has failed recently and should be avoided.
  bool suspect() const noexcept { return backoff_.failing() && EventLoop::now() < avoidUntil_; }
  /// The observer's counter when this link was last chosen.
  std::uint64_t lastChosen = 0;

  /// Sends to the address of `node` from now on.
  void moveTo(const Node& node);
  /// False: the queue is full, and `delivery` is not taken.
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
  std::string address_;
  bool wantsTls_;
  Observer& observer_;
  std::deque<Delivery> waiting_;  // the first is in flight when sent_
  std::size_t waitingBytes_ = 0;
  bool sent_ = false;
  bool moved_ = false;  // the connection is to the node's old address
  Backoff backoff_;     // how long it is avoided after failures
  EventLoop::Clock::time_point avoidUntil_{};
  LogLimiter failing_;
  LogLimiter dropping_;
  std::uint64_t dropped_ = 0;  // since the queue was empty
  Timer timer_;                // for the reply, or until onIdle()
  std::unique_ptr<HttpSocket> socket_;
};

}  // namespace evmicro::detail

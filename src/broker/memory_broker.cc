#include <evmicro/memory_broker.h>

#include <deque>
#include <list>
#include <map>
#include <tuple>
#include <utility>

#include <evmicro/event_loop.h>
#include <evmicro/lifetime.h>

#include "broker/subscription_token.h"

namespace evmicro {

namespace {

// One subscription: owned by the broker's list while it exists, and by deliveries in progress.
struct Subscriber {
  std::string id;
  std::string topic;
  std::string queue;
  std::shared_ptr<const Broker::Handler> handler;  // null once it has ended
  std::size_t waiting = 0;
  std::uint64_t lastChosen = 0;
};

// One message: shared by its deliveries.
struct Publication {
  std::string topic;
  BrokerMessage message;
  Result<PublishResult> result{PublishResult()};
  Broker::Published done;
};

class MemoryBroker final : public Broker {
 public:
  MemoryBroker(EventLoop& loop, MemoryBrokerOptions options) : loop_(loop), options_(options) {}

  std::string_view name() const override { return "memory"; }
  std::string address() const override { return {}; }
  Result<Subscription> subscribe(std::string_view topic, Handler handler,
                                 SubscribeOptions options) override;
  void publish(std::string_view topic, BrokerMessage message, Published done) override;
  void withdraw(std::function<void()> done) override;
  void stop(std::function<void()> done) override;
  void onFailure(std::function<void(Status)>) override {}  // nothing that could fail
  const BrokerStats& stats() const noexcept override { return stats_; }

 private:
  // Work for a later turn, in the order of the requests.
  struct Step {
    std::shared_ptr<Subscriber> to;            // null: not a delivery
    std::shared_ptr<Publication> publication;  // without `to`: report its end
    std::function<void()> notice;              // if both are null; may be empty
  };
  using Token = detail::SubscriptionToken<MemoryBroker, Subscriber>;
  friend Token;

  void send(const std::shared_ptr<Publication>& publication);
  void sendTo(const std::shared_ptr<Subscriber>& to,
              const std::shared_ptr<Publication>& publication);
  void later(Step step);
  void run();
  void deliver(const std::shared_ptr<Subscriber>& to,
               const std::shared_ptr<Publication>& publication);
  void end(const std::shared_ptr<Subscriber>& subscriber);
  void finish(const std::function<void()>& done);

  EventLoop& loop_;
  const MemoryBrokerOptions options_;
  std::list<std::shared_ptr<Subscriber>> subscribers_;
  std::uint64_t lastId_ = 0;
  bool withdrawn_ = false;
  bool stopped_ = false;
  BrokerStats stats_;
  std::deque<Step> steps_;
  Call running_;
  Lifetime lifetime_;
};

Result<Subscription> MemoryBroker::subscribe(std::string_view topic, Handler handler,
                                             SubscribeOptions options) {
  if (topic.empty()) return Status::invalid("broker: subscribe: a topic needs a name");
  if (!handler) return Status::invalid("broker: subscribe: a subscription needs a handler");
  if (withdrawn_) return Status::invalid("broker: subscribe: the broker has been stopped");
  auto subscriber = std::make_shared<Subscriber>();
  subscriber->id = "memory-" + std::to_string(++lastId_);
  subscriber->topic = topic;
  subscriber->queue = std::move(options.queue);
  subscriber->handler = std::make_shared<const Handler>(std::move(handler));
  subscribers_.push_back(subscriber);
  if (options.ready) {
    const auto tell = [subscriber, ready = std::move(options.ready)] {
      if (subscriber->handler) ready();
    };
    later({nullptr, nullptr, tell});
  }
  return Subscription(std::make_shared<Token>(*this, lifetime_.watch(), std::move(subscriber)));
}

void MemoryBroker::end(const std::shared_ptr<Subscriber>& subscriber) {
  const auto handler = std::move(subscriber->handler);  // its captures may call this broker
  subscribers_.remove(subscriber);
}

void MemoryBroker::publish(std::string_view topic, BrokerMessage message, Published done) {
  ++stats_.published;
  auto publication = std::make_shared<Publication>();
  publication->topic = topic;
  publication->message = std::move(message);
  publication->done = std::move(done);
  if (topic.empty() || stopped_) {
    ++stats_.failed;
    publication->result = Status::invalid(stopped_ ? "broker: publish: the broker has been stopped"
                                                   : "broker: publish: a topic needs a name");
  } else {
    send(publication);
  }
  later({nullptr, std::move(publication), nullptr});
}

// The member with the shortest queue; among equals, the next in turn.
bool goesBefore(const Subscriber& a, const Subscriber& b) {
  return std::tie(a.waiting, a.lastChosen) < std::tie(b.waiting, b.lastChosen);
}

void MemoryBroker::send(const std::shared_ptr<Publication>& publication) {
  publication->message.header.erase(":topic");
  std::map<std::string_view, std::shared_ptr<Subscriber>> chosen;  // by the name of the queue
  for (const auto& subscriber : subscribers_) {
    if (withdrawn_ || subscriber->topic != publication->topic) continue;
    if (subscriber->queue.empty()) {
      sendTo(subscriber, publication);
      continue;
    }
    auto& best = chosen[subscriber->queue];
    if (!best || goesBefore(*subscriber, *best)) best = subscriber;
  }
  for (const auto& [queue, member] : chosen) sendTo(member, publication);
}

void MemoryBroker::sendTo(const std::shared_ptr<Subscriber>& to,
                          const std::shared_ptr<Publication>& publication) {
  if (to->waiting >= options_.queueMessages) {
    ++stats_.dropped;
    publication->result->dropped.push_back(to->id);
    return;
  }
  ++to->waiting;
  to->lastChosen = stats_.published;
  later({to, publication, nullptr});
}

void MemoryBroker::withdraw(std::function<void()> done) {
  withdrawn_ = true;
  later({nullptr, nullptr, std::move(done)});
}

void MemoryBroker::stop(std::function<void()> done) {
  withdrawn_ = stopped_ = true;
  later({nullptr, nullptr, [this, done = std::move(done)] { finish(done); }});
}

// Earlier publications have been delivered.
void MemoryBroker::finish(const std::function<void()>& done) {
  const auto ended = std::exchange(subscribers_, {});
  const auto told = done;  // `done` belongs to its step, which is destroyed with this broker
  const auto alive = lifetime_.watch();
  for (const auto& subscriber : ended) end(subscriber);
  if (!alive.expired() && told) told();
}

void MemoryBroker::later(Step step) {
  if (steps_.empty()) running_ = loop_.defer([this] { run(); });
  steps_.push_back(std::move(step));
}

// New work waits for the next turn, so handlers that publish do not block the loop.
void MemoryBroker::run() {
  const auto alive = lifetime_.watch();
  for (std::size_t left = steps_.size(); left > 0; --left) {
    Step step = std::move(steps_.front());
    steps_.pop_front();
    if (step.to) {
      deliver(step.to, step.publication);
    } else if (step.notice) {
      step.notice();
    } else if (step.publication && step.publication->done) {
      step.publication->done(std::move(step.publication->result));
    }
    if (alive.expired()) return;
  }
  if (!steps_.empty()) running_ = loop_.defer([this] { run(); });
}

// May destroy this object.
void MemoryBroker::deliver(const std::shared_ptr<Subscriber>& to,
                           const std::shared_ptr<Publication>& publication) {
  --to->waiting;
  if (!to->handler) {
    ++stats_.failed;
    publication->result->failed.push_back({to->id, Status::notFound("it has unsubscribed")});
    return;
  }
  ++stats_.delivered;
  ++stats_.received;
  publication->result->delivered.push_back(to->id);
  const auto handler = to->handler;  // may outlive the subscription
  (*handler)(publication->topic, publication->message);
}

}  // namespace

std::unique_ptr<Broker> makeMemoryBroker(EventLoop& loop, MemoryBrokerOptions options) {
  return std::make_unique<MemoryBroker>(loop, options);
}

}  // namespace evmicro

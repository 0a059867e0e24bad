#include "local_broker.h"

#include <deque>
#include <list>
#include <set>

#include <evmicro/lifetime.h>

using namespace evmicro;

namespace {

struct Subscriber {
  std::string id;
  std::string topic;
  std::string queue;
  Broker::Handler handler;
  bool ended = false;
};

class LocalBroker final : public Broker {
 public:
  explicit LocalBroker(EventLoop& loop) : loop_(loop) {}

  std::string_view name() const override { return "local"; }
  std::string address() const override { return {}; }
  const BrokerStats& stats() const noexcept override { return stats_; }
  void onFailure(std::function<void(Status)>) override {}  // nothing can fail

  Result<Subscription> subscribe(std::string_view topic, Handler handler,
                                 SubscribeOptions options) override {
    if (topic.empty() || !handler || withdrawn_) {
      return Status::invalid("local: a topic, a handler and a running broker are needed");
    }
    const auto to = std::make_shared<Subscriber>(Subscriber{"local-" + std::to_string(++lastId_),
                                                            std::string(topic), options.queue,
                                                            std::move(handler)});
    subscribers_.push_back(to);
    if (options.ready) {
      later([to, ready = std::move(options.ready)] {
        if (!to->ended) ready();
      });
    }
    // Dropping the token runs the deleter, also when the broker has gone.
    auto end = lifetime_.guard([this, to] { subscribers_.remove(to); });
    return Subscription(std::shared_ptr<void>(to.get(), [to, end](void*) mutable {
      to->ended = true;
      end();
    }));
  }

  void publish(std::string_view topic, BrokerMessage message, Published done) override {
    ++stats_.published;
    if (topic.empty() || stopped_) {
      ++stats_.failed;
      if (done)
        later([done] { done(Status::invalid("local: a topic and a running broker are needed")); });
      return;
    }
    message.header.erase(":topic");  // it is the broker's
    const auto shared = std::make_shared<const BrokerMessage>(std::move(message));
    const auto result = std::make_shared<PublishResult>();
    std::set<std::string> served;  // queues
    for (auto to = subscribers_.begin(); to != subscribers_.end() && !withdrawn_;) {
      const auto next = *to;
      const auto place = to++;
      if (next->topic != topic) continue;
      if (!next->queue.empty() && !served.insert(next->queue).second) continue;
      later([this, next, shared, result] { deliver(next, *shared, *result); });
      // The last in its queue's next turn.
      if (!next->queue.empty()) turns_.splice(turns_.end(), subscribers_, place);
    }
    subscribers_.splice(subscribers_.end(), turns_);
    if (done) later([done, result] { done(std::move(*result)); });
  }

  void withdraw(std::function<void()> done) override {
    withdrawn_ = true;
    later(std::move(done));
  }
  void stop(std::function<void()> done) override {
    withdrawn_ = stopped_ = true;
    later([this, done = std::move(done)] {
      for (const auto& subscriber : subscribers_) subscriber->ended = true;
      subscribers_.clear();
      const auto then = done;
      then();
    });
  }

 private:
  void deliver(const std::shared_ptr<Subscriber>& to, const BrokerMessage& message,
               PublishResult& result) {
    if (to->ended) {
      ++stats_.failed;
      result.failed.push_back({to->id, Status::notFound("it has unsubscribed")});
      return;
    }
    ++stats_.delivered;
    ++stats_.received;
    result.delivered.push_back(to->id);
    const auto keep = to;
    keep->handler(keep->topic, message);  // may destroy this
  }

  // Runs `step` after all earlier ones, in a turn of its own.
  void later(std::function<void()> step) {
    steps_.push_back(std::move(step));
    if (steps_.size() == 1) turn_ = loop_.defer([this] { run(); });
  }
  void run() {
    const auto step = std::move(steps_.front());
    const auto alive = lifetime_.watch();
    if (step) step();
    if (alive.expired()) return;
    steps_.pop_front();
    if (!steps_.empty()) turn_ = loop_.defer([this] { run(); });
  }

  EventLoop& loop_;
  std::list<std::shared_ptr<Subscriber>> subscribers_, turns_;
  std::uint64_t lastId_ = 0;
  bool withdrawn_ = false;
  bool stopped_ = false;
  BrokerStats stats_;
  std::deque<std::function<void()>> steps_;  // the first is running
  Call turn_;
  Lifetime lifetime_;
};

}  // namespace

std::unique_ptr<Broker> makeLocalBroker(EventLoop& loop) {
  return std::make_unique<LocalBroker>(loop);
}

#include "broker/shared_broker.h"

#include <list>
#include <utility>
#include <vector>

#include <evmicro/event_loop.h>
#include <evmicro/lifetime.h>

#include "broker/subscription_token.h"

namespace evmicro::detail {

namespace {

class SharedBroker final : public Broker {
 public:
  SharedBroker(EventLoop& loop, std::shared_ptr<Broker> broker)
      : loop_(loop), broker_(std::move(broker)) {}

  std::string_view name() const override { return broker_->name(); }
  std::string address() const override { return broker_->address(); }
  const BrokerStats& stats() const noexcept override { return broker_->stats(); }
  void onFailure(std::function<void(Status)>) override {}
  Status reloadTls() override { return broker_->reloadTls(); }

  Result<Subscription> subscribe(std::string_view topic, Handler handler,
                                 SubscribeOptions options) override {
    if (withdrawn_) return Status::invalid("broker: subscribe: the broker has been stopped");
    return broker_->subscribe(topic, std::move(handler), std::move(options));
  }

  void publish(std::string_view topic, BrokerMessage message, Published done) override {
    if (stopped_) {
      if (!done) return;
      later([done = std::move(done)] {
        done(Status::invalid("broker: publish: the broker has been stopped"));
      });
      return;
    }
    ++inFlight_;
    broker_->publish(topic, std::move(message),
                     lifetime_.guard([this, done = std::move(done)](Result<PublishResult> result) {
                       --inFlight_;
                       const auto alive = lifetime_.watch();
                       if (done) done(std::move(result));
                       if (!alive.expired()) finishWhenSent();
                     }));
  }

  void withdraw(std::function<void()> done) override {
    withdrawn_ = true;
    if (done) later(std::move(done));
  }

  void stop(std::function<void()> done) override {
    withdrawn_ = stopped_ = true;
    whenSent_.push_back(std::move(done));
    if (inFlight_ == 0) later([this] { finishWhenSent(); });
  }

 private:
  // Runs `work`, which may destroy this object, in a later turn.
  void later(std::function<void()> work) {
    const auto place = turns_.emplace(turns_.end());
    *place = loop_.defer([this, place, work = std::move(work)] {
      turns_.erase(place);
      work();
    });
  }

  void finishWhenSent() {
    if (!stopped_ || inFlight_ > 0) return;
    tellAll(std::exchange(whenSent_, {}), lifetime_.watch());  // may destroy this
  }

  EventLoop& loop_;
  const std::shared_ptr<Broker> broker_;  // shared with the program and other services
  bool withdrawn_ = false;
  bool stopped_ = false;
  std::size_t inFlight_ = 0;
  std::vector<std::function<void()>> whenSent_;
  std::list<Call> turns_;
  Lifetime lifetime_;
};

}  // namespace

std::unique_ptr<Broker> shareBroker(EventLoop& loop, std::shared_ptr<Broker> broker) {
  return std::make_unique<SharedBroker>(loop, std::move(broker));
}

}  // namespace evmicro::detail

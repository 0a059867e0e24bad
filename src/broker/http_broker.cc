#include <evmicro/http_broker.h>

#include <utility>
#include <vector>

#include <evmicro/event_loop.h>
#include <evmicro/lifetime.h>

#include "broker/inbox.h"
#include "broker/outbox.h"

namespace evmicro {

namespace {

class HttpBroker final : public Broker {
 public:
  HttpBroker(EventLoop& loop, Registry& registry, ServiceView& view, HttpBrokerOptions options)
      : options_(std::move(options)),
        inbox_(loop, registry, options_, stats_),
        outbox_(loop, view, options_, stats_) {}

  std::string_view name() const override { return "http"; }
  std::string address() const override { return inbox_.address(); }

  Result<Subscription> subscribe(std::string_view topic, Handler handler,
                                 SubscribeOptions options) override {
    return inbox_.subscribe(topic, std::move(handler), std::move(options));
  }

  void publish(std::string_view topic, BrokerMessage message, Published done) override {
    ++stats_.published;
    if (topic.empty()) {
      outbox_.refuse(Status::invalid("broker: publish: a topic needs a name"), std::move(done));
    } else if (stopping_) {
      outbox_.refuse(Status::invalid("broker: publish: the broker has been stopped"),
                     std::move(done));
    } else {
      outbox_.publish(topic, message, std::move(done));
    }
  }

  void withdraw(std::function<void()> done) override { inbox_.withdraw(std::move(done)); }

  // Messages to this broker's own subscriptions are handled until all are sent.
  void stop(std::function<void()> done) override {
    stopping_ = true;
    whenStopped_.push_back(std::move(done));
    inbox_.withdraw([this] { outbox_.whenIdle([this] { stopped(); }); });
  }

  void onFailure(std::function<void(Status)> onFailure) override {
    inbox_.onFailure(std::move(onFailure));
  }
  const BrokerStats& stats() const noexcept override { return stats_; }

  Status reloadTls() override {
    Status inbox = inbox_.reloadTls();
    Status outbox = outbox_.reloadTls();
    return inbox.ok() ? outbox : inbox;
  }

 private:
  void stopped() {
    const auto waiting = std::exchange(whenStopped_, {});
    const auto alive = lifetime_.watch();
    inbox_.close();
    detail::tellAll(waiting, alive);
  }

  const HttpBrokerOptions options_;
  BrokerStats stats_;
  bool stopping_ = false;
  std::vector<std::function<void()>> whenStopped_;
  detail::Inbox inbox_;
  detail::Outbox outbox_;
  Lifetime lifetime_;
};

}  // namespace

std::unique_ptr<Broker> makeHttpBroker(EventLoop& loop, Registry& registry, ServiceView& view,
                                       HttpBrokerOptions options) {
  return std::make_unique<HttpBroker>(loop, registry, view, std::move(options));
}

}  // namespace evmicro

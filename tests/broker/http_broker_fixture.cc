#include "broker/http_broker_fixture.h"

#include "support/turn_until.h"

namespace evmicro::test {

using namespace std::chrono_literals;

void HttpBrokerFixture::tearDown() {
  broker_.reset();
  view_.reset();
  registry_.reset();
  endRegistry();
  BrokerQueueContract::tearDown();
}

HttpBrokerOptions HttpBrokerFixture::options() {
  HttpBrokerOptions options;
  options.address = "127.0.0.1:0";
  options.queueMessages = kQueueLimit;
  return options;
}

std::unique_ptr<Broker> HttpBrokerFixture::makeBroker(EventLoop& loop) {
  registry_ = makeRegistry(loop);
  ServiceViewOptions view;
  view.notFoundFor = 0ms;
  view_ = std::make_unique<ServiceView>(loop, *registry_, view);
  return makeHttpBroker(loop, *registry_, *view_, options());
}

std::unique_ptr<Broker> HttpBrokerFixture::makeAnother(HttpBrokerOptions options) {
  return makeHttpBroker(*loop_, *registry_, *view_, std::move(options));
}

void HttpBrokerFixture::awaitSubscriptions(const std::string& topic, std::size_t count) {
  const std::string name = "topic:" + topic;
  bool asking = false;
  Call asked;
  const auto seen = [&]() -> std::size_t {
    if (const auto known = view_->known(name)) return known->nodes.size();
    if (!asking) {
      asking = true;
      asked = view_->get(name, [&asking](const auto&) { asking = false; });
    }
    return 0;
  };
  CPPUNIT_ASSERT_MESSAGE("publishers do not learn of the subscriptions to " + topic,
                         turnUntil([&] { return seen() == count; }));
}

}  // namespace evmicro::test

#include "broker/http_broker_fixture.h"

#include <fstream>
#include <iterator>

#include "support/turn_until.h"

namespace evmicro::test {

using namespace std::chrono_literals;

std::string goldenPost(const std::string& name) {
  std::ifstream file(TEST_SOURCE_DIR "/broker/golden/" + name, std::ios::binary);
  CPPUNIT_ASSERT_MESSAGE("no golden file " + name, file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string between(const std::string& text, const std::string& from, const std::string& to) {
  const std::size_t begin = text.find(from) + from.size();
  return text.substr(begin, text.find(to, begin) - begin);
}

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

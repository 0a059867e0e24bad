// withdraw() and stop() with nobody to tell, which the brokers of the library allow.
#include <memory>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/event_loop.h>
#include <evmicro/http_broker.h>
#include <evmicro/memory_broker.h>
#include <evmicro/memory_registry.h>
#include <evmicro/nats_broker.h>
#include <evmicro/service_view.h>

#include "broker/shared_broker.h"
#include "support/turn_until.h"

namespace evmicro {

class UntoldStopTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(UntoldStopTest);
  CPPUNIT_TEST(withASubscription);
  CPPUNIT_TEST(ofUnusedBrokers);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    loop_ = std::make_unique<EventLoop>();
    registry_ = makeMemoryRegistry(*loop_);
    view_ = std::make_unique<ServiceView>(*loop_, *registry_);
    brokers_.push_back(makeMemoryBroker(*loop_));
    brokers_.push_back(detail::shareBroker(*loop_, makeMemoryBroker(*loop_)));
    HttpBrokerOptions http;
    http.address = "127.0.0.1:0";
    brokers_.push_back(makeHttpBroker(*loop_, *registry_, *view_, http));
  }
  void tearDown() override {
    brokers_.clear();
    view_.reset();
    registry_.reset();
    loop_.reset();
  }

  void withASubscription() {
    for (const auto& broker : brokers_) {
      const auto token = broker->subscribe("x", [](auto, const auto&) {});
      CPPUNIT_ASSERT(token.ok());
      expectStop(*broker);
    }
  }

  void ofUnusedBrokers() {
    if (haveNatsBroker()) brokers_.push_back(makeNatsBroker(*loop_, {}));
    for (const auto& broker : brokers_) expectStop(*broker);
  }

 private:
  void expectStop(Broker& broker) {
    broker.withdraw({});
    test::turn(*loop_);
    broker.stop({});
    bool stopped = false;
    broker.stop([&stopped] { stopped = true; });
    CPPUNIT_ASSERT_MESSAGE(std::string(broker.name()),
                           test::turnUntil(*loop_, [&stopped] { return stopped; }));
    CPPUNIT_ASSERT(!broker.subscribe("x", [](auto, const auto&) {}).ok());
  }

  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<Registry> registry_;
  std::unique_ptr<ServiceView> view_;
  std::vector<std::unique_ptr<Broker>> brokers_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(UntoldStopTest);

}  // namespace evmicro

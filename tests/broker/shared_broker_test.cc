#include "broker/shared_broker.h"

#include <memory>
#include <utility>

#include <evmicro/conformance/broker_contract.h>
#include <evmicro/memory_broker.h>

#include "support/turn_until.h"

namespace evmicro {

class SharedBrokerTest : public test::BrokerContract {
  CPPUNIT_TEST_SUB_SUITE(SharedBrokerTest, test::BrokerContract);
  CPPUNIT_TEST(stopLeavesTheBrokerToOthers);
  CPPUNIT_TEST(stopWaitsForItsOwnPublicationsAlone);
  CPPUNIT_TEST(whoIsToldOfTheEndMayDestroyItBeforeOthersAreTold);
  CPPUNIT_TEST_SUITE_END();

 public:
  void stopLeavesTheBrokerToOthers() {
    std::vector<std::string> bodies;
    const auto token = collect("x", bodies);
    const auto other = detail::shareBroker(*loop_, memory_.lock());
    stop();
    other->publish("x", BrokerMessage{{}, "theirs"});
    CPPUNIT_ASSERT(turnUntil([&] { return !bodies.empty(); }));
    CPPUNIT_ASSERT_EQUAL(std::string("theirs"), bodies[0]);
  }

  void stopWaitsForItsOwnPublicationsAlone() {
    std::string order;
    const auto other = detail::shareBroker(*loop_, memory_.lock());
    broker_->publish("x", {}, [&](const auto&) {
      order += "own ";
      other->publish("x", {}, [&](const auto&) { order += "theirs"; });
    });
    broker_->stop([&] { order += "stopped "; });
    CPPUNIT_ASSERT(turnUntil([&] { return order.size() > 12; }));
    CPPUNIT_ASSERT_EQUAL(std::string("own stopped theirs"), order);
  }

  void whoIsToldOfTheEndMayDestroyItBeforeOthersAreTold() {
    int told = 0;
    for (int i = 0; i < 2; ++i) {
      broker_->stop([&] {
        ++told;
        broker_.reset();
      });
    }
    CPPUNIT_ASSERT(turnUntil([&] { return told > 0; }));
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(1, told);
  }

 protected:
  std::unique_ptr<Broker> makeBroker(EventLoop& loop) override {
    std::shared_ptr<Broker> memory = makeMemoryBroker(loop);
    memory_ = memory;
    return detail::shareBroker(loop, std::move(memory));
  }
  // After withdraw() the subscription is still there: it ends with its token.
  void awaitSubscriptions(const std::string&, std::size_t count) override {
    withdrawn_ = count == 0;
  }
  std::size_t deliveries(std::size_t subscriptions) const override {
    return subscriptions + (withdrawn_ ? 1 : 0);
  }

  std::weak_ptr<Broker> memory_;  // theirs as well
  bool withdrawn_ = false;
};

CPPUNIT_TEST_SUITE_REGISTRATION(SharedBrokerTest);

}  // namespace evmicro

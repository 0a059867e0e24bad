#include <evmicro/memory_broker.h>

#include <evmicro/conformance/broker_contract.h>

namespace evmicro {

class MemoryBrokerTest : public test::BrokerQueueContract {
  CPPUNIT_TEST_SUB_SUITE(MemoryBrokerTest, test::BrokerQueueContract);
  CPPUNIT_TEST(hasANameAndNoAddress);
  CPPUNIT_TEST(brokersAreSeparate);
  CPPUNIT_TEST_SUITE_END();

 public:
  void hasANameAndNoAddress() {
    CPPUNIT_ASSERT_EQUAL(std::string("memory"), std::string(broker_->name()));
    std::vector<std::string> bodies;
    const auto token = collect("x", bodies);
    CPPUNIT_ASSERT_EQUAL(std::string(), broker_->address());
  }

  void brokersAreSeparate() {
    std::vector<std::string> bodies;
    const auto token = collect("x", bodies);
    const auto other = makeBroker(*loop_);
    other->publish("x", BrokerMessage{{}, "elsewhere"});
    CPPUNIT_ASSERT(publish("x", "here").ok());
    CPPUNIT_ASSERT(std::vector<std::string>{"here"} == bodies);
  }

 protected:
  std::unique_ptr<Broker> makeBroker(EventLoop& loop) override {
    return makeMemoryBroker(loop, {kQueueLimit});
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(MemoryBrokerTest);

}  // namespace evmicro

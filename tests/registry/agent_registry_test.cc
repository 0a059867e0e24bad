#include <evmicro/consul_registry.h>

#include <evmicro/conformance/registry_contract.h>

#include "support/embedded_agent.h"

namespace evmicro {

/// The contract, kept by the consul registry and the agent that is built in.
class AgentRegistryTest : public test::RegistryContract {
  CPPUNIT_TEST_SUB_SUITE(AgentRegistryTest, test::RegistryContract);
  CPPUNIT_TEST(hasANameAndAnAddress);
  CPPUNIT_TEST_SUITE_END();

 public:
  void tearDown() override {
    registry_.reset();
    agent_.reset();
    RegistryContract::tearDown();
  }

  void hasANameAndAnAddress() {
    CPPUNIT_ASSERT_EQUAL(std::string("consul"), std::string(registry_->name()));
    CPPUNIT_ASSERT_EQUAL(agent_->address(), registry_->address());
  }

 protected:
  std::unique_ptr<Registry> makeRegistry(EventLoop& loop) override {
    if (!agent_) agent_ = std::make_unique<test::EmbeddedAgent>(loop);
    ConsulOptions options;
    options.addresses = {agent_->address()};
    return makeConsulRegistry(loop, options);
  }

 private:
  std::unique_ptr<test::EmbeddedAgent> agent_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(AgentRegistryTest);

}  // namespace evmicro

// The http broker over every registry.
#include <filesystem>

#include <evmicro/consul_registry.h>

#include "broker/http_broker_fixture.h"
#include "support/consul_server.h"
#include "support/embedded_agent.h"
#include "support/temporary_folder.h"

namespace evmicro {

class HttpBrokerContractTest : public test::HttpBrokerFixture {
  CPPUNIT_TEST_SUB_SUITE(HttpBrokerContractTest, test::BrokerQueueContract);
  CPPUNIT_TEST_SUITE_END();
};
CPPUNIT_TEST_SUITE_REGISTRATION(HttpBrokerContractTest);

/// Everything on Unix sockets: the inbox, the agent and what calls it.
class HttpBrokerUnixTest : public test::HttpBrokerFixture {
  CPPUNIT_TEST_SUB_SUITE(HttpBrokerUnixTest, test::BrokerQueueContract);
  CPPUNIT_TEST_SUITE_END();

 protected:
  std::unique_ptr<Registry> makeRegistry(EventLoop& loop) override {
    folder_ = std::make_unique<test::TemporaryFolder>();
    agent_ = std::make_unique<test::EmbeddedAgent>(loop, detail::AgentOptions(),
                                                   folder_->socket("agent"));
    ConsulOptions options;
    options.addresses = {agent_->address()};
    return makeConsulRegistry(loop, options);
  }
  void endRegistry() override {
    agent_.reset();
    CPPUNIT_ASSERT(std::filesystem::is_empty(folder_->path()));
  }
  std::unique_ptr<Broker> makeBroker(EventLoop& loop) override {
    HttpBrokerFixture::makeBroker(loop);
    HttpBrokerOptions own = options();
    own.address = folder_->socket("inbox");
    return makeHttpBroker(loop, *registry_, *view_, own);
  }

 private:
  std::unique_ptr<test::TemporaryFolder> folder_;
  std::unique_ptr<test::EmbeddedAgent> agent_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(HttpBrokerUnixTest);

class HttpBrokerAgentTest : public test::HttpBrokerFixture {
  CPPUNIT_TEST_SUB_SUITE(HttpBrokerAgentTest, test::BrokerQueueContract);
  CPPUNIT_TEST_SUITE_END();

 protected:
  std::unique_ptr<Registry> makeRegistry(EventLoop& loop) override {
    agent_ = std::make_unique<test::EmbeddedAgent>(loop);
    ConsulOptions options;
    options.addresses = {agent_->address()};
    return makeConsulRegistry(loop, options);
  }
  void endRegistry() override { agent_.reset(); }

 private:
  std::unique_ptr<test::EmbeddedAgent> agent_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(HttpBrokerAgentTest);

class HttpBrokerConsulTest : public test::HttpBrokerFixture {
  CPPUNIT_TEST_SUB_SUITE(HttpBrokerConsulTest, test::BrokerQueueContract);
  CPPUNIT_TEST_SUITE_END();

 protected:
  std::unique_ptr<Registry> makeRegistry(EventLoop& loop) override {
    consul_ = &test::ConsulServer::shared();
    ConsulOptions options;
    options.addresses = {consul_->address()};
    return makeConsulRegistry(loop, options);
  }
  void endRegistry() override {
    if (consul_) consul_->forgetServices();  // null: skipped
  }

 private:
  test::ConsulServer* consul_ = nullptr;
};
CPPUNIT_TEST_SUITE_REGISTRATION(HttpBrokerConsulTest);

}  // namespace evmicro

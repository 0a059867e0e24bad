// The pubsub examples as processes, with a nats-server between them.
#include <csignal>

#include <cppunit/extensions/HelperMacros.h>

#include "support/nats_server.h"
#include "support/process.h"

namespace evmicro {

class NatsPubsubTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(NatsPubsubTest);
  CPPUNIT_TEST(consumerGetsWhatTheProducerSends);
  CPPUNIT_TEST_SUITE_END();

 public:
  void consumerGetsWhatTheProducerSends() {
    const test::NatsServer server;
    const std::vector<std::string> nats = {"--broker",       "nats",       "--broker_address",
                                           server.address(), "--registry", "memory"};
    test::Process consumer(with(TEST_BUILD_DIR "/examples/pubsub_consumer", nats));
    CPPUNIT_ASSERT_MESSAGE(consumer.report(),
                           consumer.prints("Subscribed to go.micro.topic.foo at NATS"));
    auto command = with(TEST_BUILD_DIR "/examples/pubsub_producer", nats);
    command.insert(command.end(), {"--count", "2"});
    const test::Finished producer = test::run(command);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(producer.err, 0, producer.code);
    CPPUNIT_ASSERT_MESSAGE(consumer.report(), consumer.prints("header map[id:1]"));
    CPPUNIT_ASSERT(consumer.out().find("[sub] received message: 0: ") != std::string::npos);
    CPPUNIT_ASSERT(consumer.out().find("header map[id:0]") != std::string::npos);
    consumer.signal(SIGTERM);
    const int code = consumer.wait().value_or(-1);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(consumer.report(), 0, code);
  }

 private:
  static std::vector<std::string> with(const std::string& program,
                                       const std::vector<std::string>& arguments) {
    std::vector<std::string> command = {program};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return command;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(NatsPubsubTest);

}  // namespace evmicro

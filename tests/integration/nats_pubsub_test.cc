// The pubsub examples as processes, with a nats-server between them.
#include <chrono>
#include <csignal>

#include <cppunit/extensions/HelperMacros.h>

#include "support/nats_server.h"
#include "support/process.h"
#include "support/reported.h"

namespace evmicro {

class NatsPubsubTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(NatsPubsubTest);
  CPPUNIT_TEST(consumerGetsWhatTheProducerSends);
  CPPUNIT_TEST(flagsLogIn);
  CPPUNIT_TEST(hangingServerDelaysTheEndForTheDrainTimeOnly);
  CPPUNIT_TEST(publishingEndsWithoutAServer);
  CPPUNIT_TEST_SUITE_END();

 public:
  void consumerGetsWhatTheProducerSends() {
    const test::NatsServer server;
    const std::vector<std::string> nats = {"--broker",       "nats",       "--broker_address",
                                           server.address(), "--registry", "memory"};
    test::Process consumer(with(TEST_BUILD_DIR "/examples/pubsub_consumer", nats));
    ASSERT_REPORTED(consumer.report(), consumer.prints("Subscribed to go.micro.topic.foo at NATS"));
    auto command = with(TEST_BUILD_DIR "/examples/pubsub_producer", nats);
    command.insert(command.end(), {"--count", "2"});
    const test::Finished producer = test::run(command);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(producer.err, 0, producer.code);
    ASSERT_REPORTED(consumer.report(), consumer.prints("header map[id:1]"));
    CPPUNIT_ASSERT(consumer.out().find("[sub] received message: 0: ") != std::string::npos);
    CPPUNIT_ASSERT(consumer.out().find("header map[id:0]") != std::string::npos);
    consumer.signal(SIGTERM);
    const int code = consumer.wait().value_or(-1);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(consumer.report(), 0, code);
  }

  void flagsLogIn() {
    const test::NatsServer server({"--user", "me", "--pass", "secret"});
    const std::vector<std::string> common = {"--broker", "nats", "--registry", "memory",
                                             "--broker_address"};
    auto consumed = with(TEST_BUILD_DIR "/examples/pubsub_consumer", common);
    consumed.insert(consumed.end(), {" NATS://me:secret@" + server.address() + " , ,"});
    test::Process consumer(consumed);
    ASSERT_REPORTED(consumer.report(), consumer.prints("Subscribed to go.micro.topic.foo at NATS"));
    CPPUNIT_ASSERT(consumer.err().find("secret") == std::string::npos);
    auto produced = with(TEST_BUILD_DIR "/examples/pubsub_producer", common);
    produced.insert(produced.end(), {server.address(), "--broker_user", "me", "--count", "1"});
    test::ProcessOptions options;
    options.environment = {"MICRO_BROKER_PASSWORD=secret"};
    test::Process producer(produced, options);
    const int code = producer.wait().value_or(-1);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(producer.report(), 0, code);
    ASSERT_REPORTED(consumer.report(), consumer.prints("header map[id:0]"));
  }

  // libnats takes 15 s to give up a server that hangs. The process does not wait for it, it ends
  // with libnats' thread in the middle of its work: what that thread holds of OpenSSL is a leak to
  // the sanitizer whenever OpenSSL has been taken down before it looks.
  void hangingServerDelaysTheEndForTheDrainTimeOnly() {
    test::NatsServer server;
    test::ProcessOptions options;
    options.environment = {"LSAN_OPTIONS=detect_leaks=0"};
    test::Process consumer(with(TEST_BUILD_DIR "/examples/pubsub_consumer",
                                {"--broker", "nats", "--broker_address", server.address(),
                                 "--registry", "memory", "--server_drain", "1s"}),
                           options);
    ASSERT_REPORTED(consumer.report(), consumer.prints("Subscribed to go.micro.topic.foo at NATS"));
    server.freeze();
    const auto begin = std::chrono::steady_clock::now();
    consumer.signal(SIGTERM);
    const int code = consumer.wait().value_or(-1);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(consumer.report(), 0, code);
    CPPUNIT_ASSERT(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
  }

  void publishingEndsWithoutAServer() {
    const test::Finished end =
        test::run({TEST_BUILD_DIR "/evmicro", "--broker", "nats", "--broker_address", "127.0.0.1:1",
                   "--client_request_timeout", "300ms", "publish", "topic", "{}"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.out, 1, end.code);
    CPPUNIT_ASSERT_MESSAGE(
        end.err, end.err.find("no connection to a server within 300ms: ") != std::string::npos);
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

// `evmicro publish` and `evmicro subscribe` as processes, against each registry there is.
#include <csignal>
#include <memory>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/event_loop.h>
#include <evmicro/service.h>

#include "support/agent_process.h"
#include "support/consul_server.h"
#include "support/reported.h"
#include "support/turn_until.h"
#include "tool/evmicro_process.h"

namespace evmicro {

using test::Finished;
using test::Process;
using Words = std::vector<std::string>;

template <typename RegistryProcess>
class BrokerCommandsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(BrokerCommandsTest);
  CPPUNIT_TEST(whatIsPublishedIsPrinted);
  CPPUNIT_TEST(everySubscriberGetsIt);
  CPPUNIT_TEST(aQueueSharesMessages);
  CPPUNIT_TEST(interruptionTakesTheSubscriptionBack);
  CPPUNIT_TEST(withoutSubscribersNothingHappens);
  CPPUNIT_TEST(whatIsNoJsonIsPrintedAsALine);
  CPPUNIT_TEST(aSubscriberThatIsGoneFailsThePublication);
  CPPUNIT_TEST(whatIsNoJsonIsWrongUsage);
  CPPUNIT_TEST(endsWhenItsReaderGoes);
  CPPUNIT_TEST(printsObjectsForScripts);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { registry_ = std::make_unique<RegistryProcess>(); }
  void tearDown() override { registry_.reset(); }

  void whatIsPublishedIsPrinted() {
    const auto subscriber = subscribe({"news", "--count", "2"});
    publish(R"({"z":18446744073709551615,"a":1e400})");
    publish(R"({"say":"\u001b[2J"})");
    ASSERT_REPORTED(subscriber->report(), subscriber->wait() == 0);
    CPPUNIT_ASSERT_EQUAL(std::string("{\n\t\"z\": 18446744073709551615,\n\t\"a\": 1e400\n}\n"
                                     "{\n\t\"say\": \"\\u001b[2J\"\n}\n"),
                         subscriber->out());
  }

  void everySubscriberGetsIt() {
    const auto one = subscribe({"news", "--count", "1"});
    const auto two = subscribe({"news", "--count", "1"});
    publish("{}");
    for (Process* process : {one.get(), two.get()}) {
      ASSERT_REPORTED(process->report(), process->wait() == 0);
      CPPUNIT_ASSERT_EQUAL(std::string("{}\n"), process->out());
    }
  }

  void aQueueSharesMessages() {
    const auto one = subscribe({"news", "--queue", "q"});
    const auto two = subscribe({"news", "--queue", "q"});
    for (const char* const json : {"1", "2", "3", "4", "5", "6"}) publish(json);
    std::size_t lines = 0;
    for (Process* process : {one.get(), two.get()}) {
      process->signal(SIGTERM);
      ASSERT_REPORTED(process->report(), process->wait() == 0);
      lines += process->out().size() / 2;
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{6}, lines);
  }

  void interruptionTakesTheSubscriptionBack() {
    for (const int signal : {SIGINT, SIGTERM}) {
      const auto subscriber = subscribe({"news"});
      subscriber->signal(signal);
      ASSERT_REPORTED(subscriber->report(), subscriber->wait() == 0);
      const Finished list = test::evmicro(registry_->address(), {"list", "services", "--all"});
      CPPUNIT_ASSERT_EQUAL(std::string("consul\n"), list.out);
    }
  }

  void withoutSubscribersNothingHappens() { publish("{}"); }

  void whatIsNoJsonIsPrintedAsALine() {
    const auto subscriber = subscribe({"news", "--count", "2"});
    EventLoop loop;
    ServiceOptions options;
    options.registryAddresses = {registry_->address()};
    Service service(loop, options);
    int published = 0;
    for (const std::string body : {"\x1B[2J\n\xFF", "{} {}"}) {
      service.broker().publish("news", {{}, body}, [&published](const auto&) { ++published; });
    }
    CPPUNIT_ASSERT(test::turnUntil(loop, [&published] { return published == 2; }));
    ASSERT_REPORTED(subscriber->report(), subscriber->wait() == 0);
    CPPUNIT_ASSERT_EQUAL(std::string("\\x1b[2J\\n\\xff\n{} {}\n"), subscriber->out());
  }

  void aSubscriberThatIsGoneFailsThePublication() {
    const auto subscriber = subscribe({"news"});
    subscriber->signal(SIGKILL);
    CPPUNIT_ASSERT(subscriber->wait() == 128 + SIGKILL);
    const Finished end = test::evmicro(registry_->address(), {"publish", "news", "{}"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 1, end.code);
    CPPUNIT_ASSERT_EQUAL(std::string(), end.out);
    CPPUNIT_ASSERT_MESSAGE(end.err, end.err.find("refused") != std::string::npos);
  }

  void whatIsNoJsonIsWrongUsage() {
    for (const char* const json : {"{", "", "{} {}"}) {
      const Finished end = test::evmicro(registry_->address(), {"publish", "news", json});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 2, end.code);
      CPPUNIT_ASSERT_MESSAGE(end.err, end.err.find("the message: ") != std::string::npos);
    }
  }

  void endsWhenItsReaderGoes() {
    const auto subscriber = subscribe({"news"});
    subscriber->closeOut();
    ASSERT_REPORTED(subscriber->report(), subscriber->wait() == 1);
    CPPUNIT_ASSERT_MESSAGE(subscriber->err(),
                           subscriber->err().find("Broken pipe") != std::string::npos);
  }

  void printsObjectsForScripts() {
    const auto subscriber = subscribe({"news", "--json", "--count", "2"});
    publish(R"({ "say": "\u001b[2J" })");
    EventLoop loop;
    ServiceOptions options;
    options.registryAddresses = {registry_->address()};
    Service service(loop, options);
    bool published = false;
    service.broker().publish("news", {{{"id", "7"}}, "no \"JSON\"\n"},
                             [&published](const auto&) { published = true; });
    CPPUNIT_ASSERT(test::turnUntil(loop, [&published] { return published; }));
    ASSERT_REPORTED(subscriber->report(), subscriber->wait() == 0);
    const std::string& out = subscriber->out();
    const std::string body = R"("body":{"say":"\u001b[2J"}})"
                             "\n";
    CPPUNIT_ASSERT_MESSAGE(out, out.rfind(R"({"header":{)", 0) == 0);
    CPPUNIT_ASSERT_MESSAGE(out, out.find(body) != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"header":{"id":"7"},"text":"no \"JSON\"\n"})"
                                     "\n"),
                         out.substr(out.find('\n') + 1));
  }

 private:
  std::unique_ptr<Process> subscribe(Words words, test::ProcessOptions options = {}) {
    words.insert(words.begin(), {"--broker_address", "127.0.0.1:0", "subscribe"});
    auto process = std::make_unique<Process>(test::evmicroCommand(registry_->address(), words),
                                             std::move(options));
    ASSERT_REPORTED(process->report(), process->prints("Subscribed to news\n"));
    return process;
  }

  void publish(const std::string& json) {
    const Finished end = test::evmicro(registry_->address(), {"publish", "news", json});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 0, end.code);
    CPPUNIT_ASSERT_EQUAL(std::string("ok\n"), end.out);
  }

  std::unique_ptr<RegistryProcess> registry_;
};
using BrokerCommandsWithAgentTest = BrokerCommandsTest<test::AgentProcess>;
using BrokerCommandsWithConsulTest = BrokerCommandsTest<test::ConsulServer>;
CPPUNIT_TEST_SUITE_REGISTRATION(BrokerCommandsWithAgentTest);
CPPUNIT_TEST_SUITE_REGISTRATION(BrokerCommandsWithConsulTest);

}  // namespace evmicro

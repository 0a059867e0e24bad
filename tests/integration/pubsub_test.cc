// The pubsub examples as processes, and a publisher in the test that they get their messages from.
#include <chrono>
#include <csignal>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/consul_registry.h>
#include <evmicro/event_loop.h>
#include <evmicro/http_broker.h>
#include <evmicro/service_view.h>

#include "support/agent_process.h"
#include "support/consul_server.h"
#include "support/http_get.h"
#include "support/process.h"
#include "support/registry_query.h"
#include "support/reported.h"
#include "support/turn_until.h"

namespace evmicro {

using namespace std::chrono_literals;

namespace {

constexpr char kTopic[] = "go.micro.topic.foo";
const std::string kProducer = TEST_BUILD_DIR "/examples/pubsub_producer";
const std::string kConsumer = TEST_BUILD_DIR "/examples/pubsub_consumer";

// A consumer whose subscription publishers can find.
class Consumer {
 public:
  explicit Consumer(const std::string& registry, const std::string& queue = {},
                    const std::string& interval = "10s")
      : process_({kConsumer, "--registry_address", registry, "--broker_address", "127.0.0.1:0",
                  "--queue", queue, "--register_interval", interval}) {
    const auto id = process_.printsLine("Registering subscription: ");
    ASSERT_REPORTED(process_.report(), id.has_value());
    id_ = *id;
    test::awaitRegistry(registry, std::string("/v1/health/service/topic:") + kTopic + "?passing=1",
                        [this](const std::string& body) { return isIn(body); });
  }

  test::Process& process() noexcept { return process_; }
  const std::string& id() const noexcept { return id_; }
  bool isIn(const std::string& body) const { return body.find(id_) != std::string::npos; }
  bool prints(const std::string& text) { return process_.prints(text); }
  /// The ids of all messages that it has printed, in order.
  std::vector<std::string> received() const {
    const std::string& out = process_.out();
    const std::string mark = " header map[id:";
    std::vector<std::string> ids;
    for (std::size_t at = out.find(mark); at != std::string::npos; at = out.find(mark, at + 1)) {
      const std::size_t begin = at + mark.size();
      ids.push_back(out.substr(begin, out.find(']', begin) - begin));
    }
    return ids;
  }

 private:
  test::Process process_;
  std::string id_;
};

// A broker of this process that only publishes.
class Publisher {
 public:
  Publisher(const std::string& registry, HttpBrokerOptions options, std::size_t subscriptions) {
    ConsulOptions consul;
    consul.addresses = {registry};
    registry_ = makeConsulRegistry(loop, consul);
    view_ = std::make_unique<ServiceView>(loop, *registry_);
    broker = makeHttpBroker(loop, *registry_, *view_, std::move(options));
    const std::string name = std::string("topic:") + kTopic;
    const Call found = view_->get(name, [](const auto&) {});
    CPPUNIT_ASSERT(test::turnUntil(loop, [&] {
      const auto known = view_->known(name);
      return known && known->nodes.size() == subscriptions;
    }));
  }

  /// Publishes message `id`; `told` counts the results.
  void publish(int id) {
    BrokerMessage message;
    message.header["id"] = std::to_string(id);
    message.body = "body";
    broker->publish(kTopic, std::move(message), [this](const auto&) { ++told; });
  }

  EventLoop loop;
  std::size_t told = 0;

 private:
  std::unique_ptr<Registry> registry_;
  std::unique_ptr<ServiceView> view_;

 public:
  std::unique_ptr<Broker> broker;
};

std::vector<std::string> numbers(int count) {
  std::vector<std::string> result;
  for (int i = 0; i < count; ++i) result.push_back(std::to_string(i));
  return result;
}

}  // namespace

class PubsubTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PubsubTest);
  CPPUNIT_TEST(messagesGoThroughTheAgent);
  CPPUNIT_TEST(messagesGoThroughConsul);
  CPPUNIT_TEST(stoppedConsumerIsDeregistered);
  CPPUNIT_TEST(aLostSubscriptionIsRenewedAsTheServiceIs);
  CPPUNIT_TEST(producerEndsAtASignal);
  CPPUNIT_TEST(consumersShareAQueue);
  CPPUNIT_TEST(frozenConsumerDelaysNobody);
  CPPUNIT_TEST(badFlagsAreRefused);
  CPPUNIT_TEST_SUITE_END();

 public:
  void messagesGoThroughTheAgent() {
    const test::AgentProcess agent;
    messagesGoThrough(agent.address());
  }

  void messagesGoThroughConsul() {
    test::ConsulServer& consul = test::ConsulServer::shared();
    messagesGoThrough(consul.address());
    consul.forgetServices();
  }

  void stoppedConsumerIsDeregistered() {
    const test::AgentProcess agent;
    Consumer consumer(agent.address());
    consumer.process().signal(SIGTERM);
    CPPUNIT_ASSERT_EQUAL(0, consumer.process().wait().value());
    test::awaitRegistry(agent.address(), "/v1/agent/services",
                        [&](const std::string& body) { return !consumer.isIn(body); });
  }

  // Symptom: subscriptions were renewed every 30 s, whatever --register_interval said.
  void aLostSubscriptionIsRenewedAsTheServiceIs() {
    const test::AgentProcess agent;
    Consumer consumer(agent.address(), {}, "500ms");
    const auto began = std::chrono::steady_clock::now();
    const auto gone =
        test::httpExchange(agent.address(), "PUT", "/v1/agent/service/deregister/" + consumer.id());
    CPPUNIT_ASSERT_EQUAL(200, gone.value().status);
    test::awaitRegistry(agent.address(),
                        std::string("/v1/health/service/topic:") + kTopic + "?passing=1",
                        [&](const std::string& body) { return consumer.isIn(body); });
    CPPUNIT_ASSERT(std::chrono::steady_clock::now() - began < std::chrono::seconds(15));
  }

  void producerEndsAtASignal() {
    const test::AgentProcess agent;
    test::Process producer({kProducer, "--registry_address", agent.address()});
    CPPUNIT_ASSERT(producer.prints("[pub] pubbed message: 0: "));
    producer.signal(SIGINT);
    ASSERT_REPORTED(producer.report(), producer.wait() == 0);
  }

  void consumersShareAQueue() {
    const test::AgentProcess agent;
    Consumer first(agent.address(), "workers"), second(agent.address(), "workers");
    Publisher publisher(agent.address(), {}, 2);
    constexpr int kMessages = 500;
    for (int i = 0; i < kMessages; ++i) publisher.publish(i);
    CPPUNIT_ASSERT(test::turnUntil(publisher.loop, [&] { return publisher.told == kMessages; }));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{kMessages}, publisher.broker->stats().delivered);
    for (Consumer* consumer : {&first, &second}) {
      consumer->process().signal(SIGTERM);
      CPPUNIT_ASSERT(consumer->process().wait() == 0);
      CPPUNIT_ASSERT(!consumer->received().empty());
    }
    std::vector<std::string> all = first.received();
    const std::vector<std::string> rest = second.received();
    all.insert(all.end(), rest.begin(), rest.end());
    const std::vector<std::string> expected = numbers(kMessages);
    CPPUNIT_ASSERT_EQUAL(expected.size(), all.size());
    CPPUNIT_ASSERT(std::set<std::string>(all.begin(), all.end()) ==
                   std::set<std::string>(expected.begin(), expected.end()));
  }

  // What waits for it is bounded; the rest is dropped, then what waits fails.
  void frozenConsumerDelaysNobody() {
    const test::AgentProcess agent;
    Consumer frozen(agent.address()), lively(agent.address());
    HttpBrokerOptions options;
    options.timeout = 300ms;
    options.queueMessages = 100;
    Publisher publisher(agent.address(), options, 2);
    frozen.process().signal(SIGSTOP);
    constexpr int kMessages = 400;
    for (int i = 0; i < kMessages; ++i) {
      if (i % 50 == 0) {  // no more than the lively one can take
        CPPUNIT_ASSERT(test::turnUntil(publisher.loop, [&] {
          return publisher.broker->stats().delivered == static_cast<std::uint64_t>(i);
        }));
      }
      publisher.publish(i);
    }
    CPPUNIT_ASSERT(test::turnUntil(publisher.loop, [&] { return publisher.told == kMessages; }));
    CPPUNIT_ASSERT(lively.prints("header map[id:" + std::to_string(kMessages - 1) + "]\n"));
    CPPUNIT_ASSERT(numbers(kMessages) == lively.received());
    const BrokerStats& stats = publisher.broker->stats();
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{kMessages}, stats.delivered);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{kMessages}, stats.dropped + stats.failed);
    frozen.process().signal(SIGCONT);
    publisher.publish(kMessages);
    CPPUNIT_ASSERT(
        test::turnUntil(publisher.loop, [&] { return stats.delivered == kMessages + 2; }));
    CPPUNIT_ASSERT(frozen.prints("header map[id:" + std::to_string(kMessages) + "]\n"));
  }

  void badFlagsAreRefused() {
    const test::Finished unknown = test::run({kConsumer, "--broker", "pigeon"});
    CPPUNIT_ASSERT_EQUAL(2, unknown.code);
    CPPUNIT_ASSERT(unknown.err.find("flag --broker: expected one of http") != std::string::npos);
    const test::Finished nowhere = test::run({kConsumer, "--broker_address", "nonsense"});
    CPPUNIT_ASSERT_EQUAL(1, nowhere.code);
    CPPUNIT_ASSERT_MESSAGE(nowhere.err, nowhere.err.find("nonsense") != std::string::npos);
  }

 private:
  static void messagesGoThrough(const std::string& registry) {
    Consumer consumer(registry);
    const test::Finished producer =
        test::run({kProducer, "--registry_address", registry, "--count", "2"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(producer.err, 0, producer.code);
    CPPUNIT_ASSERT_EQUAL(std::string(), producer.err);
    CPPUNIT_ASSERT_EQUAL(std::string("[pub] pubbed message: 0: "), producer.out.substr(0, 25));
    CPPUNIT_ASSERT(producer.out.find("\n[pub] pubbed message: 1: ") != std::string::npos);
    CPPUNIT_ASSERT(consumer.prints(" header map[id:1]\n"));
    std::string expected;
    const std::string from = "[pub] pubbed message: ", to = "[sub] received message: ";
    for (std::size_t at = 0, end; at < producer.out.size(); at = end + 1) {
      end = producer.out.find('\n', at);
      const std::string text = producer.out.substr(at + from.size(), end - at - from.size());
      expected += to + text + " header map[id:" + text.substr(0, 1) + "]\n";
    }
    CPPUNIT_ASSERT_EQUAL(expected, consumer.process().out());
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(PubsubTest);

}  // namespace evmicro

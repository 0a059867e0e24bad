#include <evmicro/nats_broker.h>

#include <optional>
#include <set>

#include <evmicro/conformance/broker_contract.h>

#include "broker/message_json.h"
#include "broker/nats_library.h"
#include "broker/nats_link.h"
#include "broker/nats_names.h"
#include "support/nats_server.h"
#include "support/turn_until.h"

namespace evmicro {

using namespace std::chrono_literals;
using Bodies = std::vector<std::string>;

namespace {

std::unique_ptr<Broker> make(EventLoop& loop, const test::NatsServer& server,
                             std::chrono::milliseconds timeout = 5s,
                             std::chrono::milliseconds drain = 20s) {
  NatsBrokerOptions options;
  options.drain = drain;
  options.addresses = {server.address()};
  options.queueMessages = 8;
  options.timeout = timeout;
  return makeNatsBroker(loop, options);
}

BrokerMessage message(const std::string& body) { return {{{"id", "1"}}, body}; }

EventLoop& withNats(EventLoop& loop) {
  CPPUNIT_ASSERT(detail::loadNats().ok());
  return loop;
}

// Another program that speaks to the server, and writes what it likes.
class Stranger final : private detail::NatsLink::Observer {
 public:
  Stranger(EventLoop& loop, const std::string& server)
      : link_(withNats(loop), {{{"nats://" + server}, false, {}, {}}, 1'000, 1U << 20}, *this) {}

  void publish(const std::string& subject, const std::string& data) {
    link_.publish(0, subject, data);
    link_.echo(++asked_);
  }
  void listen(const std::string& subject, const std::string& queue = {}) {
    link_.subscribe(1, subject, queue);
    link_.echo(++asked_);
  }
  bool served() const { return echoed_ == asked_; }
  const Bodies& heard() const { return heard_; }

 private:
  void onConnected(const std::string&) override {}
  void onDisconnected(const std::string&) override {}
  void onMessage(std::uint64_t, const std::string&, const std::string& data) override {
    heard_.push_back(data);
  }
  void onEcho(std::uint64_t number) override { echoed_ = number; }
  void onRefused(std::uint64_t, const std::string&) override {}
  void onError(const std::string&) override {}
  void onEnded() override {}
  void onLost(std::size_t) override {}

  std::uint64_t asked_ = 0;
  std::uint64_t echoed_ = 0;
  Bodies heard_;
  detail::NatsLink link_;
};

// One for the cases that leave it running.
test::NatsServer& sharedNats() {
  static test::NatsServer server;
  return server;
}

}  // namespace

/// The contract and more, against a real nats-server.
class NatsBrokerTest : public test::BrokerContract {
  CPPUNIT_TEST_SUB_SUITE(NatsBrokerTest, test::BrokerContract);
  CPPUNIT_TEST(connectsWhenItIsNeeded);
  CPPUNIT_TEST(malformedAddressIsAnError);
  CPPUNIT_TEST(messageIsTheHttpBrokersJson);
  CPPUNIT_TEST(messagesOfGoAreRead);
  CPPUNIT_TEST(badMessagesAreDropped);
  CPPUNIT_TEST(subjectsAreMadeOfTopics);
  CPPUNIT_TEST(patternsKeepWholeWildcards);
  CPPUNIT_TEST(wildcardsMatchTopics);
  CPPUNIT_TEST(brokersShareAQueue);
  CPPUNIT_TEST(strangersShareAQueueByItsName);
  CPPUNIT_TEST(queueWithABlankIsAnError);
  CPPUNIT_TEST(largeBurstsArrive);
  CPPUNIT_TEST(whatHasBeenSentTakesNoRoom);
  CPPUNIT_TEST(tooLargeAMessageFails);
  CPPUNIT_TEST_SUITE_END();

 public:
  void connectsWhenItIsNeeded() {
    CPPUNIT_ASSERT_EQUAL(std::string("nats"), std::string(broker_->name()));
    CPPUNIT_ASSERT_EQUAL(std::string(), broker_->address());
    CPPUNIT_ASSERT(publish("x", "y").ok());
    CPPUNIT_ASSERT_EQUAL(sharedNats().address(), broker_->address());
  }

  void malformedAddressIsAnError() {
    NatsBrokerOptions options;
    options.addresses = {"127.0.0.1:nats"};
    broker_ = makeNatsBroker(*loop_, options);
    const std::string expected =
        "broker: nats address \"127.0.0.1:nats\": the port is not a number from 1 to 65535";
    CPPUNIT_ASSERT_EQUAL(expected, publish("x", "y").status().detail());
    CPPUNIT_ASSERT_EQUAL(expected,
                         broker_->subscribe("x", [](auto, const auto&) {}).status().detail());
  }

  void messageIsTheHttpBrokersJson() {
    Stranger stranger(*loop_, sharedNats().address());
    stranger.listen("golden.topic");
    CPPUNIT_ASSERT(turnUntil([&] { return stranger.served(); }));
    CPPUNIT_ASSERT(publish("golden.topic", message("John")).ok());
    CPPUNIT_ASSERT(turnUntil([&] { return !stranger.heard().empty(); }));
    CPPUNIT_ASSERT_EQUAL(
        std::string(R"({"Header":{":topic":"golden.topic","id":"1"},"Body":"Sm9obg=="})"),
        stranger.heard().front());
  }

  void messagesOfGoAreRead() {
    BrokerMessage got;
    const auto token = subscribe("go", [&](auto, const auto& received) { got = received; });
    Stranger stranger(*loop_, sharedNats().address());
    stranger.publish("go", R"({"Header":{"Content-Type":"text/plain"},"Body":"aGk="})");
    CPPUNIT_ASSERT(turnUntil([&] { return got.body == "hi"; }));
    CPPUNIT_ASSERT_EQUAL(std::string("text/plain"), got.header["Content-Type"]);
  }

  void badMessagesAreDropped() {
    Bodies got;
    const auto token = collect("bad", got);
    Stranger stranger(*loop_, sharedNats().address());
    for (const char* data : {"", "x", "{}", "null", R"({"Header":7})", R"({"Body":"?"})"}) {
      stranger.publish("bad", data);
    }
    stranger.publish("bad", R"({"Header":{},"Body":"Z29vZA=="})");
    CPPUNIT_ASSERT(turnUntil([&] { return !got.empty() && got.back() == "good"; }));
    CPPUNIT_ASSERT(got.size() <= 3);  // {} and null are messages without a body for Go
  }

  void subjectsAreMadeOfTopics() {
    for (const auto& [topic, subject] :
         std::map<std::string, std::string>{{"go.micro.topic.foo", "go.micro.topic.foo"},
                                            {"a b", "a%20b"},
                                            {"a*.>", "a%2A.%3E"},
                                            {".a..b.", "%2Ea.%2Eb%2E"},
                                            {"50%", "50%25"},
                                            {"\xC3\xBC", "\xC3\xBC"},
                                            {"a\r\nPUB x", "a%0D%0APUB%20x"}}) {
      CPPUNIT_ASSERT_EQUAL(subject, detail::natsSubject(topic));
    }
  }

  void patternsKeepWholeWildcards() {
    for (const auto& [topic, pattern] : std::map<std::string, std::string>{{"a.b", "a.b"},
                                                                           {"*", "*"},
                                                                           {">", ">"},
                                                                           {"a.*", "a.*"},
                                                                           {"*.*.>", "*.*.>"},
                                                                           {"a.>.b", "a.%3E.b"},
                                                                           {"a*.b>", "a%2A.b%3E"},
                                                                           {"**", "%2A%2A"},
                                                                           {"%2A.*", "%252A.*"},
                                                                           {"*.", "%2A%2E"},
                                                                           {"a b.*", "a%20b.*"}}) {
      CPPUNIT_ASSERT_EQUAL(pattern, detail::natsPattern(topic));
    }
    CPPUNIT_ASSERT_EQUAL(std::string("a b.*"), detail::natsTopic(detail::natsSubject("a b.*")));
    CPPUNIT_ASSERT_EQUAL(std::string("100%"), detail::natsTopic("100%"));
  }

  void wildcardsMatchTopics() {
    Bodies topics, exact;
    const auto one =
        subscribe("wild.*.c", [&](auto topic, const auto&) { topics.emplace_back(topic); });
    const auto all =
        subscribe("wild.>", [&](auto topic, const auto&) { topics.emplace_back(topic); });
    const auto literal = collect("wild.b*", exact);
    CPPUNIT_ASSERT(publish("wild.b.c", "1").ok());
    CPPUNIT_ASSERT((Bodies{"wild.b.c", "wild.b.c"}) == topics);
    CPPUNIT_ASSERT(publish("wild.a b.d", "2").ok());
    CPPUNIT_ASSERT_EQUAL(std::string("wild.a b.d"), topics.back());
    CPPUNIT_ASSERT(publish("wild.b*", "3").ok());
    CPPUNIT_ASSERT_EQUAL(std::string("wild.b*"), topics.back());
    CPPUNIT_ASSERT_EQUAL(std::size_t(4), topics.size());
    CPPUNIT_ASSERT((Bodies{"3"}) == exact);
  }

  // As go-micro's plugin, which passes the name of the queue on.
  void strangersShareAQueueByItsName() {
    Bodies got;
    const auto token = collect("mixed", got, "go.workers");
    Stranger stranger(*loop_, sharedNats().address());
    stranger.listen("mixed", "go.workers");
    CPPUNIT_ASSERT(turnUntil([&] { return stranger.served(); }));
    for (int i = 0; i < 50; ++i) CPPUNIT_ASSERT(publish("mixed", "x").ok());
    CPPUNIT_ASSERT(turnUntil([&] { return got.size() + stranger.heard().size() >= 50; }));
    CPPUNIT_ASSERT_EQUAL(std::size_t(50), got.size() + stranger.heard().size());
    CPPUNIT_ASSERT(!got.empty() && !stranger.heard().empty());
  }

  void queueWithABlankIsAnError() {
    for (const char* const name : {"b c", "b\t", "\n", "\x7f"}) {
      SubscribeOptions options;
      options.queue = name;
      const Status status = broker_
                                ->subscribe(
                                    "x", [](auto, const auto&) {}, options)
                                .status();
      CPPUNIT_ASSERT(status.kind() == ErrorKind::kInvalid);
      CPPUNIT_ASSERT_EQUAL("broker: subscribe: queue \"" + std::string(name) +
                               "\": NATS allows no blanks in the name of a queue",
                           status.detail());
    }
  }

  void brokersShareAQueue() {
    const auto other = make(*loop_, sharedNats());
    Bodies first, second;
    const auto mine = collect("shared", first, "queue");
    bool ready = false;
    SubscribeOptions options;
    options.queue = "queue";
    options.ready = [&ready] { ready = true; };
    const auto token = other->subscribe(
        "shared", [&](auto, const auto& got) { second.push_back(got.body); }, options);
    CPPUNIT_ASSERT(turnUntil([&] { return ready; }));
    std::set<std::string> sent;
    for (int i = 0; i < 100; ++i) {
      sent.insert(std::to_string(i));
      CPPUNIT_ASSERT(publish("shared", std::to_string(i)).ok());
    }
    CPPUNIT_ASSERT(turnUntil([&] { return first.size() + second.size() >= 100; }));
    test::turn(*loop_);
    CPPUNIT_ASSERT(!first.empty() && !second.empty());
    first.insert(first.end(), second.begin(), second.end());
    CPPUNIT_ASSERT_EQUAL(std::size_t(100), first.size());
    CPPUNIT_ASSERT(sent == std::set<std::string>(first.begin(), first.end()));
  }

  // One message at a time may wait.
  void whatHasBeenSentTakesNoRoom() {
    const std::size_t size = detail::writeMessageJson("room", message("hello")).size();
    for (const std::size_t most : {size, size - 1}) {
      NatsBrokerOptions options;
      options.addresses = {sharedNats().address()};
      options.queueBytes = most;
      broker_ = makeNatsBroker(*loop_, options);
      for (int i = 0; i < 5; ++i) {
        const auto published = publish("room", message("hello"));
        CPPUNIT_ASSERT_MESSAGE(published.status().toString(), published.ok());
        CPPUNIT_ASSERT_EQUAL(most == size, published->dropped.empty());
      }
    }
  }

  void largeBurstsArrive() {
    NatsBrokerOptions options;
    options.addresses = {sharedNats().address()};
    broker_ = makeNatsBroker(*loop_, options);
    std::size_t got = 0;
    const auto token = subscribe("burst", [&](auto, const auto&) { ++got; });
    std::size_t delivered = 0;
    for (int i = 0; i < 20'000; ++i) {
      broker_->publish("burst", message(std::string(100, 'x')),
                       [&](const auto& result) { delivered += result->delivered.size(); });
    }
    CPPUNIT_ASSERT(turnUntil([&] { return delivered == 20'000; }));
    CPPUNIT_ASSERT_EQUAL(std::size_t(20'000), got);
  }

  // The server takes 1 MiB.
  void tooLargeAMessageFails() {
    Bodies got;
    const auto token = collect("big", got);
    broker_->publish("big", message("before"));
    const auto result = publish("big", std::string(2U << 20, 'x'));
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), result->failed.size());
    CPPUNIT_ASSERT(result->failed[0].why.kind() == ErrorKind::kInvalid);
    CPPUNIT_ASSERT(result->delivered.empty());
    CPPUNIT_ASSERT(publish("big", "after")->status().ok());
    CPPUNIT_ASSERT((Bodies{"before", "after"}) == got);
  }

 protected:
  std::unique_ptr<Broker> makeBroker(EventLoop& loop) override { return make(loop, sharedNats()); }
  // The server does not tell who got a message: it is one delivery.
  std::size_t deliveries(std::size_t) const override { return 1; }
};

CPPUNIT_TEST_SUITE_REGISTRATION(NatsBrokerTest);

/// What becomes of messages when the server comes late, hangs, or goes.
class NatsOutageTest : public test::BrokerFixture {
  CPPUNIT_TEST_SUITE(NatsOutageTest);
  CPPUNIT_TEST(messagesWaitForTheServer);
  CPPUNIT_TEST(onlySoManyWait);
  CPPUNIT_TEST(subscriptionsOutliveARestart);
  CPPUNIT_TEST(frozenServerIsATimeout);
  CPPUNIT_TEST(frozenServerDelaysNeitherLoopNorEnd);
  CPPUNIT_TEST(brokenConnectionFailsWhatIsOnItsWay);
  CPPUNIT_TEST(publicationsEndWithoutAServer);
  CPPUNIT_TEST(everyPublicationHasItsOwnTime);
  CPPUNIT_TEST(lateServerGetsWhatHasTimeLeft);
  CPPUNIT_TEST(stopWaitsOnlySoLong);
  CPPUNIT_TEST(frozenServerDelaysStopOnlySoLong);
  CPPUNIT_TEST(frozenServerDelaysWithdrawOnlySoLong);
  CPPUNIT_TEST(withdrawingNeedsNoServer);
  CPPUNIT_TEST_SUITE_END();

 public:
  void tearDown() override {
    BrokerFixture::tearDown();
    server_.reset();
  }

  void messagesWaitForTheServer() {
    server_->kill();
    Bodies got;
    const auto token =
        broker_->subscribe("x", [&](auto, const auto& received) { got.push_back(received.body); });
    CPPUNIT_ASSERT(token.ok());
    std::size_t delivered = 0;
    for (int i = 0; i < 8; ++i) {
      broker_->publish("x", message(std::to_string(i)),
                       [&](const auto& result) { delivered += result->delivered.size(); });
    }
    test::turn(*loop_, 50);
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), delivered);
    server_->start();
    CPPUNIT_ASSERT(turnUntil([&] { return delivered == 8; }));
    CPPUNIT_ASSERT((Bodies{"0", "1", "2", "3", "4", "5", "6", "7"}) == got);
  }

  void onlySoManyWait() {
    server_->kill();
    std::vector<Result<PublishResult>> results;
    for (int i = 0; i < 10; ++i) {
      broker_->publish("x", message("y"), [&](auto result) { results.push_back(result); });
    }
    CPPUNIT_ASSERT(turnUntil([&] { return results.size() == 2; }));
    for (const auto& result : results) {
      CPPUNIT_ASSERT(result->status().kind() == ErrorKind::kOverloaded);
    }
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, broker_->stats().dropped);
    server_->start();
    CPPUNIT_ASSERT(turnUntil([&] { return results.size() == 10; }));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{8}, broker_->stats().delivered);
  }

  void subscriptionsOutliveARestart() {
    Bodies all, queue;
    const auto a = collect("x", all);
    const auto b = collect("x", queue, "queue");
    CPPUNIT_ASSERT(publish("x", "before").ok());
    server_->kill();
    CPPUNIT_ASSERT(turnUntil([&] { return broker_->address().empty(); }));
    server_->start();
    CPPUNIT_ASSERT(publish("x", "after")->status().ok());
    CPPUNIT_ASSERT((Bodies{"before", "after"}) == all);
    CPPUNIT_ASSERT((Bodies{"before", "after"}) == queue);
  }

  void frozenServerIsATimeout() {
    broker_ = make(*loop_, *server_, 200ms);
    Bodies got;
    const auto token = collect("x", got);
    server_->freeze();
    const auto result = publish("x", "lost?");
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), result->failed.size());
    CPPUNIT_ASSERT_EQUAL(server_->address(), result->failed[0].node);
    CPPUNIT_ASSERT_EQUAL(std::string("not confirmed within 200ms"), result->failed[0].why.detail());
    CPPUNIT_ASSERT(result->failed[0].why.kind() == ErrorKind::kTimeout);
    server_->thaw();
    while (!publish("x", "again")->status().ok()) CPPUNIT_ASSERT(got.size() < 50);
    CPPUNIT_ASSERT_EQUAL(std::string("again"), got.back());
  }

  // Far more than the sockets hold: writing blocks.
  void frozenServerDelaysNeitherLoopNorEnd() {
    NatsBrokerOptions options;
    options.addresses = {server_->address()};
    broker_ = makeNatsBroker(*loop_, options);
    CPPUNIT_ASSERT(publish("x", "y").ok());
    server_->freeze();
    const auto begin = EventLoop::now();
    for (int i = 0; i < 24; ++i) broker_->publish("x", message(std::string(1U << 19, 'x')));
    test::turn(*loop_, 50);
    broker_.reset();
    CPPUNIT_ASSERT(EventLoop::now() - begin < 1'900ms);  // less than a write may take
  }

  void brokenConnectionFailsWhatIsOnItsWay() {
    CPPUNIT_ASSERT(publish("x", "y").ok());
    server_->freeze();
    std::optional<Result<PublishResult>> result;
    broker_->publish("x", message("y"), [&](auto outcome) { result.emplace(std::move(outcome)); });
    test::turn(*loop_, 50);
    CPPUNIT_ASSERT(!result);
    server_->kill();
    CPPUNIT_ASSERT(turnUntil([&] { return result.has_value(); }));
    CPPUNIT_ASSERT((*result)->status().detail().find("connection lost") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, broker_->stats().failed);
  }

  void publicationsEndWithoutAServer() {
    server_->kill();
    broker_ = make(*loop_, *server_, 100ms);
    const auto begin = EventLoop::now();
    const auto result = publish("x", "y");
    CPPUNIT_ASSERT(EventLoop::now() - begin >= 100ms);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), result->failed.size());
    CPPUNIT_ASSERT_EQUAL(std::string("nats"), result->failed[0].node);
    CPPUNIT_ASSERT(result->failed[0].why.kind() == ErrorKind::kUnavailable);
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), result->failed[0].why.detail().find(
                                             "no connection to a server within 100ms: "));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, broker_->stats().failed);
  }

  void everyPublicationHasItsOwnTime() {
    server_->kill();
    broker_ = make(*loop_, *server_, 150ms);
    Bodies ended;
    const auto begin = EventLoop::now();
    broker_->publish("x", message("y"), [&](const auto&) { ended.emplace_back("first"); });
    CPPUNIT_ASSERT(turnUntil([&] { return EventLoop::now() - begin >= 75ms; }));
    broker_->publish("x", message("y"), [&](const auto&) { ended.emplace_back("second"); });
    CPPUNIT_ASSERT(turnUntil([&] { return !ended.empty(); }));
    CPPUNIT_ASSERT((Bodies{"first"}) == ended);
    CPPUNIT_ASSERT(turnUntil([&] { return ended.size() == 2; }));
    CPPUNIT_ASSERT(EventLoop::now() - begin >= 225ms);
    // What has ended makes room again.
    for (int i = 0; i < 8; ++i) broker_->publish("x", message("y"));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, broker_->stats().dropped);
  }

  void lateServerGetsWhatHasTimeLeft() {
    server_->kill();
    broker_ = make(*loop_, *server_, 20s);
    std::optional<Result<PublishResult>> result;
    broker_->publish("x", message("y"), [&](auto outcome) { result.emplace(std::move(outcome)); });
    test::turn(*loop_, 50);
    server_->start();
    CPPUNIT_ASSERT(turnUntil([&] { return result.has_value(); }));
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), (*result)->delivered.size());
  }

  void frozenServerDelaysStopOnlySoLong() {
    broker_ = make(*loop_, *server_, 60s, 100ms);
    CPPUNIT_ASSERT(publish("x", "y").ok());
    server_->freeze();
    std::optional<Result<PublishResult>> result;
    broker_->publish("x", message("y"), [&](auto outcome) { result.emplace(std::move(outcome)); });
    const auto begin = EventLoop::now();
    stop();
    CPPUNIT_ASSERT(EventLoop::now() - begin >= 100ms);
    CPPUNIT_ASSERT(EventLoop::now() - begin < 5s);
    CPPUNIT_ASSERT(result.has_value());
    CPPUNIT_ASSERT((*result)->status().kind() == ErrorKind::kTimeout);
  }

  void frozenServerDelaysWithdrawOnlySoLong() {
    broker_ = make(*loop_, *server_, 60s, 100ms);
    const auto token = subscribe("x", [](auto, const auto&) {});
    server_->freeze();
    const auto begin = EventLoop::now();
    bool withdrawn = false;
    broker_->withdraw([&] { withdrawn = true; });
    CPPUNIT_ASSERT(turnUntil([&] { return withdrawn; }));
    CPPUNIT_ASSERT(EventLoop::now() - begin >= 100ms);
    CPPUNIT_ASSERT(EventLoop::now() - begin < 5s);
  }

  void stopWaitsOnlySoLong() {
    server_->kill();
    broker_ = make(*loop_, *server_, 60s, 100ms);
    std::optional<Result<PublishResult>> result;
    broker_->publish("x", message("y"), [&](auto outcome) { result.emplace(std::move(outcome)); });
    stop();
    CPPUNIT_ASSERT(result.has_value());
    CPPUNIT_ASSERT((*result)->status().kind() == ErrorKind::kUnavailable);
  }

  void withdrawingNeedsNoServer() {
    const auto token = subscribe("x", [](auto, const auto&) {});
    server_->freeze();
    bool withdrawn = false;
    broker_->withdraw([&] { withdrawn = true; });
    test::turn(*loop_, 50);
    CPPUNIT_ASSERT(!withdrawn);
    server_->kill();
    CPPUNIT_ASSERT(turnUntil([&] { return withdrawn; }));
    stop();
  }

 protected:
  std::unique_ptr<Broker> makeBroker(EventLoop& loop) override {
    server_ = std::make_unique<test::NatsServer>();
    return make(loop, *server_);
  }

 private:
  std::unique_ptr<test::NatsServer> server_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(NatsOutageTest);

}  // namespace evmicro

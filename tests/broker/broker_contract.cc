#include <evmicro/conformance/broker_contract.h>

#include <algorithm>
#include <set>

#include "support/turn_until.h"

namespace evmicro::test {

using Bodies = std::vector<std::string>;

namespace {

BrokerMessage message(const std::string& body) {
  BrokerMessage result;
  result.body = body;
  return result;
}

Bodies numbers(int count) {
  Bodies result;
  for (int i = 0; i < count; ++i) result.push_back(std::to_string(i));
  return result;
}

Bodies sorted(Bodies bodies) {
  std::sort(bodies.begin(), bodies.end());
  return bodies;
}

void ignore(std::string_view, const BrokerMessage&) {}

void assertRefused(const Status& status) {
  CPPUNIT_ASSERT_MESSAGE(status.toString(), status.kind() == ErrorKind::kInvalid);
  CPPUNIT_ASSERT(!status.detail().empty());
}

}  // namespace

void BrokerFixture::setUp() {
  loop_ = std::make_unique<EventLoop>();
  broker_ = makeBroker(*loop_);
}

void BrokerFixture::tearDown() {
  broker_.reset();
  loop_.reset();
  subscriptions_.clear();
}

void BrokerFixture::awaitSubscriptions(const std::string&, std::size_t) {}

bool BrokerFixture::turnUntil(const std::function<bool()>& done) {
  return test::turnUntil(*loop_, done);
}

Subscription BrokerFixture::subscribe(const std::string& topic, Broker::Handler handler,
                                      const std::string& queue) {
  bool ready = false;
  SubscribeOptions options;
  options.queue = queue;
  options.ready = [&ready] { ready = true; };
  auto subscription = broker_->subscribe(topic, std::move(handler), options);
  CPPUNIT_ASSERT_MESSAGE(subscription.status().toString(), subscription.ok());
  CPPUNIT_ASSERT_MESSAGE("subscription is not ready", turnUntil([&] { return ready; }));
  awaitSubscriptions(topic, ++subscriptions_[topic]);
  return std::move(*subscription);
}

Subscription BrokerFixture::collect(const std::string& topic, Bodies& bodies,
                                    const std::string& queue) {
  return subscribe(
      topic,
      [&bodies](std::string_view, const BrokerMessage& received) {
        bodies.push_back(received.body);
      },
      queue);
}

void BrokerFixture::unsubscribe(const std::string& topic, Subscription& subscription) {
  subscription.cancel();
  awaitSubscriptions(topic, --subscriptions_[topic]);
}

Result<PublishResult> BrokerFixture::publish(const std::string& topic, BrokerMessage toSend) {
  std::optional<Result<PublishResult>> outcome;
  broker_->publish(topic, std::move(toSend), [&outcome](Result<PublishResult> result) {
    outcome.emplace(std::move(result));
  });
  CPPUNIT_ASSERT_MESSAGE("no result", turnUntil([&] { return outcome.has_value(); }));
  return std::move(*outcome);
}

Result<PublishResult> BrokerFixture::publish(const std::string& topic, const std::string& body) {
  return publish(topic, message(body));
}

void BrokerFixture::stop() {
  bool stopped = false;
  broker_->stop([&stopped] { stopped = true; });
  CPPUNIT_ASSERT_MESSAGE("did not stop", turnUntil([&] { return stopped; }));
}

void BrokerContract::everySubscriberGetsABroadcast() {
  Bodies first, second, third;
  const auto a = collect("news", first);
  const auto b = collect("news", second);
  const auto c = collect("news", third);
  for (const std::string& body : numbers(3)) {
    CPPUNIT_ASSERT_EQUAL(deliveries(3), publish("news", body)->delivered.size());
  }
  CPPUNIT_ASSERT(numbers(3) == first);
  CPPUNIT_ASSERT(numbers(3) == second);
  CPPUNIT_ASSERT(numbers(3) == third);
}

void BrokerContract::aQueueSharesWithoutLossOrDuplicates() {
  Bodies first, second;
  const auto a = collect("work", first, "workers");
  const auto b = collect("work", second, "workers");
  for (const std::string& body : numbers(40)) {
    CPPUNIT_ASSERT_EQUAL(deliveries(1), publish("work", body)->delivered.size());
  }
  CPPUNIT_ASSERT(!first.empty());
  CPPUNIT_ASSERT(!second.empty());
  first.insert(first.end(), second.begin(), second.end());
  CPPUNIT_ASSERT(sorted(numbers(40)) == sorted(first));
}

// go-micro serves only one group of subscribers, chosen at random.
void BrokerContract::broadcastsAndAllQueuesAreServed() {
  Bodies everything, one, two;
  const auto a = collect("mixed", everything);
  const auto b = collect("mixed", one, "one");
  const auto c = collect("mixed", two, "two");
  for (const std::string& body : numbers(10)) {
    CPPUNIT_ASSERT_EQUAL(deliveries(3), publish("mixed", body)->delivered.size());
  }
  CPPUNIT_ASSERT(numbers(10) == everything);
  CPPUNIT_ASSERT(numbers(10) == one);
  CPPUNIT_ASSERT(numbers(10) == two);
}

void BrokerContract::headersAndBodyArriveAsTheyWere() {
  BrokerMessage sent;
  for (int byte = 0; byte < 256; ++byte) sent.body += static_cast<char>(byte);
  sent.header = {{"lower-key", "value"}, {"X-User-Id", "john"},  {"empty", ""},
                 {"", "no name"},        {"quo\"te", "<&>\n\\"}, {"\xC3\xA9", "\xE2\x82\xAC"}};
  std::string topic;
  BrokerMessage received;
  const auto token = subscribe("odd/topic.x y", [&](std::string_view name, const auto& got) {
    topic = name;
    received = got;
  });
  CPPUNIT_ASSERT(publish("odd/topic.x y", sent).status().ok());
  CPPUNIT_ASSERT_EQUAL(std::string("odd/topic.x y"), topic);
  CPPUNIT_ASSERT(sent.header == received.header);
  CPPUNIT_ASSERT(sent.body == received.body);
}

void BrokerContract::topicHeaderIsTheBrokers() {
  BrokerMessage sent = message("x");
  sent.header = {{":topic", "another"}, {"id", "1"}};
  std::vector<BrokerMessage> received;
  const auto token = subscribe("mine", [&](auto, const auto& got) { received.push_back(got); });
  const auto other = subscribe("another", [&](auto, const auto& got) { received.push_back(got); });
  CPPUNIT_ASSERT_EQUAL(deliveries(1), publish("mine", sent)->delivered.size());
  CPPUNIT_ASSERT_EQUAL(std::size_t{1}, received.size());
  CPPUNIT_ASSERT((std::map<std::string, std::string>{{"id", "1"}}) == received[0].header);
}

void BrokerContract::orderIsKept() {
  Bodies received;
  const auto token = collect("ordered", received);
  int told = 0;
  for (int round = 0; round < 30; ++round) {
    for (int i = 0; i < 8; ++i) {
      broker_->publish("ordered", message(std::to_string(round * 8 + i)), [&](auto) { ++told; });
    }
    CPPUNIT_ASSERT(turnUntil([&] { return told == (round + 1) * 8; }));
  }
  CPPUNIT_ASSERT(numbers(240) == received);
}

void BrokerContract::nobodyListensIsSuccess() {
  const auto result = publish("void", "x");
  CPPUNIT_ASSERT_MESSAGE(result.status().toString(), result.ok());
  CPPUNIT_ASSERT(result->status().ok());
  CPPUNIT_ASSERT_EQUAL(deliveries(0), result->delivered.size());
}

void BrokerContract::otherTopicsAreNotReached() {
  Bodies here, there;
  const auto a = collect("here", here);
  const auto b = collect("here.too", there);
  CPPUNIT_ASSERT(publish("here", "x")->status().ok());
  CPPUNIT_ASSERT_EQUAL(std::size_t{1}, here.size());
  CPPUNIT_ASSERT(there.empty());
}

void BrokerContract::resultNamesEachSubscription() {
  Bodies bodies;
  const auto a = collect("named", bodies);
  const auto b = collect("named", bodies);
  const auto c = collect("named", bodies, "queue");
  const auto first = publish("named", "1"), second = publish("named", "2");
  const std::set<std::string> names(first->delivered.begin(), first->delivered.end());
  CPPUNIT_ASSERT_EQUAL(deliveries(3), names.size());
  CPPUNIT_ASSERT(names.count("") == 0);
  CPPUNIT_ASSERT(names ==
                 std::set<std::string>(second->delivered.begin(), second->delivered.end()));
}

void BrokerContract::publishingWithoutCallbackWorks() {
  Bodies bodies;
  const auto token = collect("quiet", bodies);
  broker_->publish("quiet", message("x"));
  CPPUNIT_ASSERT(turnUntil([&] { return bodies.size() == 1; }));
}

void BrokerContract::unsubscribedHandlerIsNotCalled() {
  Bodies gone, left;
  auto leaving = collect("topic", gone);
  const auto staying = collect("topic", left);
  CPPUNIT_ASSERT(publish("topic", "1").ok());
  broker_->publish("topic", message("2"));  // on its way when the subscription ends
  unsubscribe("topic", leaving);
  const auto result = publish("topic", "3");
  CPPUNIT_ASSERT_EQUAL(deliveries(1), result->delivered.size());
  CPPUNIT_ASSERT(result->failed.empty());
  CPPUNIT_ASSERT(Bodies{"1"} == gone);
  CPPUNIT_ASSERT((Bodies{"1", "2", "3"}) == left);
}

void BrokerContract::handlerMayUnsubscribeItself() {
  Subscription token;
  Bodies seen;
  token = subscribe("once", [&token, &seen, captured = std::string(64, 'x')](auto, const auto&) {
    token.cancel();
    seen.push_back(captured);  // read after the subscription has ended
  });
  for (int i = 0; i < 3; ++i) broker_->publish("once", message("x"));
  CPPUNIT_ASSERT(publish("once", "y").ok());
  CPPUNIT_ASSERT(Bodies{std::string(64, 'x')} == seen);
}

void BrokerContract::handlerMayUnsubscribeAnother() {
  Subscription first, second;
  int calls = 0;
  first = subscribe("pair", [&](auto, const auto&) {
    ++calls;
    second.cancel();
  });
  second = subscribe("pair", [&](auto, const auto&) {
    ++calls;
    first.cancel();
  });
  CPPUNIT_ASSERT(publish("pair", "x").ok());
  CPPUNIT_ASSERT_EQUAL(1, calls);
}

void BrokerContract::handlerMayPublishAndSubscribe() {
  Bodies echoes;
  Subscription late;
  bool ready = false;
  const auto echo = collect("echo", echoes);
  const auto token = subscribe("start", [&](auto, const auto& got) {
    broker_->publish("echo", got);
    SubscribeOptions options;
    options.ready = [&ready] { ready = true; };
    auto subscribed = broker_->subscribe("late", ignore, options);
    if (subscribed.ok()) late = std::move(*subscribed);
  });
  CPPUNIT_ASSERT(publish("start", "x").ok());
  CPPUNIT_ASSERT(turnUntil([&] { return ready && !echoes.empty(); }));
  CPPUNIT_ASSERT(Bodies{"x"} == echoes);
}

void BrokerContract::handlerMayDestroyTheBroker() {
  std::string seen;
  const auto other = subscribe("end", ignore);
  const auto token = subscribe("end", [&, captured = std::string(64, 'x')](auto, const auto& got) {
    broker_.reset();
    seen = captured + got.body;
  });
  const auto third = subscribe("end", ignore);
  bool told = false;
  for (int i = 0; i < 3; ++i) broker_->publish("end", message("!"), [&](auto) { told = !broker_; });
  CPPUNIT_ASSERT(turnUntil([&] { return !seen.empty(); }));
  turn(*loop_);
  CPPUNIT_ASSERT_EQUAL(std::string(64, 'x') + "!", seen);
  CPPUNIT_ASSERT(!told);
}

void BrokerContract::doneMayDestroyTheBroker() {
  const auto token = subscribe("end", ignore);
  int told = 0;
  for (int i = 0; i < 3; ++i) {
    broker_->publish("end", message("x"), [&](auto) {
      ++told;
      broker_.reset();
    });
  }
  CPPUNIT_ASSERT(turnUntil([&] { return told > 0; }));
  turn(*loop_);
  CPPUNIT_ASSERT_EQUAL(1, told);
}

void BrokerContract::readyMayDestroyTheBroker() {
  SubscribeOptions options;
  options.ready = [this] { broker_.reset(); };
  const auto token = broker_->subscribe("end", ignore, options);
  CPPUNIT_ASSERT(turnUntil([&] { return !broker_; }));
  turn(*loop_);
}

void BrokerContract::stoppedMayDestroyTheBroker() {
  const auto token = subscribe("end", ignore);
  broker_->stop([this] { broker_.reset(); });
  CPPUNIT_ASSERT(turnUntil([&] { return !broker_; }));
  turn(*loop_);
}

void BrokerContract::nothingRunsInsideTheCall() {
  bool inside = true;
  int calls = 0;
  const auto note = [&] {
    CPPUNIT_ASSERT(!inside);
    ++calls;
  };
  SubscribeOptions options;
  options.ready = note;
  auto token = broker_->subscribe(
      "x", [&](auto, const auto&) { note(); }, options);
  inside = false;
  CPPUNIT_ASSERT(turnUntil([&] { return calls == 1; }));
  awaitSubscriptions("x", 1);
  inside = true;
  broker_->publish("x", message("1"), [&](auto) { note(); });
  broker_->publish("nobody", message("1"), [&](auto) { note(); });
  broker_->publish("", message("1"), [&](auto) { note(); });
  inside = false;
  CPPUNIT_ASSERT(turnUntil([&] { return calls == 5; }));
  inside = true;
  broker_->stop(note);
  inside = false;
  CPPUNIT_ASSERT(turnUntil([&] { return calls == 6; }));
}

void BrokerContract::nothingRunsAfterDestruction() {
  int calls = 0;
  SubscribeOptions options;
  options.ready = [&] { ++calls; };
  const auto token = broker_->subscribe(
      "x", [&](auto, const auto&) { ++calls; }, options);
  broker_->publish("x", message("1"), [&](auto) { ++calls; });
  broker_->publish("", message("1"), [&](auto) { ++calls; });
  broker_->stop([&] { ++calls; });
  broker_.reset();
  turn(*loop_);
  CPPUNIT_ASSERT_EQUAL(0, calls);
}

void BrokerContract::tokenMayOutliveTheBroker() {
  auto token = subscribe("x", ignore);
  broker_.reset();
  token.cancel();
}

void BrokerContract::tokenDroppedAtOnceIsNeverReady() {
  bool ready = false;
  SubscribeOptions options;
  options.ready = [&ready] { ready = true; };
  CPPUNIT_ASSERT(broker_->subscribe("x", ignore, options).ok());  // dropped here
  stop();
  CPPUNIT_ASSERT(!ready);
}

void BrokerContract::aTopicNeedsAName() {
  const auto subscribed = broker_->subscribe("", ignore);
  assertRefused(subscribed.status());
  const auto published = publish("", "x");
  assertRefused(published.status());
}

void BrokerContract::aSubscriptionNeedsAHandler() {
  const auto subscribed = broker_->subscribe("x", nullptr);
  assertRefused(subscribed.status());
}

void BrokerContract::withdrawnSubscriptionsHandleWhatStillComes() {
  Bodies received;
  const auto token = collect("x", received);
  for (const std::string& body : numbers(5)) broker_->publish("x", message(body));
  bool withdrawn = false;
  broker_->withdraw([&] { withdrawn = true; });
  CPPUNIT_ASSERT(turnUntil([&] { return withdrawn && broker_->stats().delivered == 5; }));
  CPPUNIT_ASSERT_EQUAL(std::size_t{5}, received.size());
  const auto subscribed = broker_->subscribe("x", ignore);
  assertRefused(subscribed.status());
}

void BrokerContract::withdrawnBrokerStillPublishes() {
  Bodies received;
  const auto token = collect("x", received);
  bool withdrawn = false;
  broker_->withdraw([&] { withdrawn = true; });
  CPPUNIT_ASSERT(turnUntil([&] { return withdrawn; }));
  awaitSubscriptions("x", 0);
  const auto result = publish("x", "late");
  CPPUNIT_ASSERT_MESSAGE(result.status().toString(), result.ok());
  CPPUNIT_ASSERT_EQUAL(deliveries(0), result->delivered.size());
  stop();
}

void BrokerContract::stopSendsWhatIsQueued() {
  Bodies received;
  const auto token = collect("x", received);
  std::size_t delivered = 0;
  for (const std::string& body : numbers(5)) {
    broker_->publish("x", message(body),
                     [&](const auto& result) { delivered += result.ok() ? 1 : 0; });
  }
  stop();
  CPPUNIT_ASSERT_EQUAL(std::size_t{5}, delivered);
}

void BrokerContract::stopEndsSubscriptions() {
  Bodies received;
  const auto token = collect("x", received);
  stop();
  CPPUNIT_ASSERT_EQUAL(std::string(), broker_->address());
  broker_->publish("x", message("late"));
  turn(*loop_);
  CPPUNIT_ASSERT(received.empty());
}

void BrokerContract::stopMayBeAskedTwice() {
  const auto token = subscribe("x", ignore);
  int stopped = 0;
  broker_->stop([&] { ++stopped; });
  broker_->stop([&] { ++stopped; });
  CPPUNIT_ASSERT(turnUntil([&] { return stopped == 2; }));
  stop();
}

void BrokerContract::stoppedBrokerRefuses() {
  stop();
  const auto subscribed = broker_->subscribe("x", ignore);
  assertRefused(subscribed.status());
  const auto published = publish("x", "y");
  assertRefused(published.status());
}

void BrokerContract::countersCount() {
  Bodies bodies;
  const auto a = collect("x", bodies);
  const auto b = collect("x", bodies);
  const auto c = collect("x", bodies, "queue");
  for (const std::string& body : numbers(4)) CPPUNIT_ASSERT(publish("x", body).ok());
  CPPUNIT_ASSERT(publish("nobody", "x").ok());
  CPPUNIT_ASSERT(!publish("", "x").ok());
  const BrokerStats& stats = broker_->stats();
  CPPUNIT_ASSERT_EQUAL(std::uint64_t{6}, stats.published);
  CPPUNIT_ASSERT_EQUAL(std::uint64_t{4 * deliveries(3) + deliveries(0)}, stats.delivered);
  CPPUNIT_ASSERT_EQUAL(std::uint64_t{12}, stats.received);
  CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, stats.dropped);
  CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, stats.failed);
}

void BrokerQueueContract::fullQueueDropsAndTells() {
  Bodies received;
  const auto token = collect("x", received);
  constexpr int kMore = 5;
  std::vector<Result<PublishResult>> results;
  const std::size_t all = kQueueLimit + kMore;
  for (std::size_t i = 0; i < all; ++i) {
    broker_->publish("x", message(std::to_string(i)),
                     [&](Result<PublishResult> result) { results.push_back(std::move(result)); });
  }
  CPPUNIT_ASSERT(turnUntil([&] { return results.size() == all; }));
  CPPUNIT_ASSERT(numbers(kQueueLimit) == received);
  std::size_t dropped = 0;
  for (const auto& result : results) {
    if (!result.ok() || result->dropped.empty()) continue;
    ++dropped;
    CPPUNIT_ASSERT(result->status().kind() == ErrorKind::kOverloaded);
    CPPUNIT_ASSERT(result->status().detail().find(result->dropped[0] + ": dropped") !=
                   std::string::npos);
  }
  CPPUNIT_ASSERT_EQUAL(std::size_t{kMore}, dropped);
  CPPUNIT_ASSERT_EQUAL(std::uint64_t{kMore}, broker_->stats().dropped);
  CPPUNIT_ASSERT(publish("x", "later")->status().ok());
}

void BrokerQueueContract::queueIsBoundedForEachSubscription() {
  Bodies first, second;
  const auto a = collect("x", first);
  for (std::size_t i = 0; i < kQueueLimit; ++i) broker_->publish("x", message("1"));
  CPPUNIT_ASSERT(turnUntil([&] { return broker_->stats().delivered == kQueueLimit; }));
  const auto b = collect("y", second);
  for (std::size_t i = 0; i < kQueueLimit; ++i) {
    broker_->publish("x", message("2"));
    broker_->publish("y", message("2"));
  }
  CPPUNIT_ASSERT(turnUntil([&] { return second.size() == kQueueLimit; }));
  CPPUNIT_ASSERT(turnUntil([&] { return first.size() == 2 * kQueueLimit; }));
  CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, broker_->stats().dropped);
}

}  // namespace evmicro::test

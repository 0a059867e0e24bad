// Sending messages by http: the recipients, and the results if a subscriber misbehaves.
#include <evmicro/http_broker.h>

#include "broker/http_broker_fixture.h"
#include "broker/message_json.h"
#include "support/captured_log.h"
#include "support/followed_registry.h"
#include "support/ports.h"
#include "support/scripted_server.h"

namespace evmicro {

using namespace std::chrono_literals;
using test::between;
using test::goldenPost;
using test::ScriptedServer;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

ScriptedServer::Reply taken() { return ScriptedServer::reply(200, ""); }
ScriptedServer::Reply silence() { return {}; }

}  // namespace

class HttpOutboxTest : public test::HttpBrokerFixture {
  CPPUNIT_TEST_SUITE(HttpOutboxTest);
  CPPUNIT_TEST(requestsAreAsGoMicroWritesThem);
  CPPUNIT_TEST(connectionIsKept);
  CPPUNIT_TEST(idleConnectionIsClosed);
  CPPUNIT_TEST(movedNodeIsFollowed);
  CPPUNIT_TEST(silentSubscriberDelaysNobody);
  CPPUNIT_TEST(silentSubscriberFailsWhatWaitsForIt);
  CPPUNIT_TEST(unreachableSubscriberFails);
  CPPUNIT_TEST(malformedNodeAddressFails);
  CPPUNIT_TEST(refusedMessageFails);
  CPPUNIT_TEST(repliesWithoutLengthAreTaken);
  CPPUNIT_TEST(brokenConnectionLosesOneMessage);
  CPPUNIT_TEST(queueGoesAroundAnUnreachableMember);
  CPPUNIT_TEST(queueGoesAroundASilentMember);
  CPPUNIT_TEST(queueTriesThreeMembers);
  CPPUNIT_TEST(queueWithoutReachableMembersFails);
  CPPUNIT_TEST(unreachableRegistryFailsThePublication);
  CPPUNIT_TEST(waitingForALookUpIsBounded);
  CPPUNIT_TEST(bytesThatWaitAreBounded);
  CPPUNIT_TEST(bytesThatHaveGoneCountNoMore);
  CPPUNIT_TEST(bytesThatHaveFailedCountNoMore);
  CPPUNIT_TEST(dropsAreLoggedOnceUntilRecovery);
  CPPUNIT_TEST(failuresAreLoggedOnceUntilRecovery);
  CPPUNIT_TEST(stopWaitsForRepliesInTime);
  CPPUNIT_TEST_SUITE_END();

 public:
  // Ours lacks Accept-Encoding (nothing of the reply is read) and has a User-Agent of its own.
  void requestsAreAsGoMicroWritesThem() {
    ScriptedServer node(*loop_, [](const auto&) { return taken(); });
    const std::string captured = goldenPost("broker_broadcast.request");
    const std::string id = between(captured, "?id=", " ");
    announce("cap.bcast", id, node.port());
    BrokerMessage message;
    message.header = {{"id", "0"}};
    message.body = "hello <&> \xC3\xA9 0";
    CPPUNIT_ASSERT(publish("cap.bcast", message)->status().ok());
    const ScriptedServer::Request& sent = node.requests().at(0);
    CPPUNIT_ASSERT_EQUAL(std::string("POST"), sent.method);
    CPPUNIT_ASSERT_EQUAL("/_sub?id=" + id, sent.target);
    CPPUNIT_ASSERT_EQUAL(node.address(), sent.header("Host"));
    CPPUNIT_ASSERT_EQUAL(std::string("application/json"), sent.header("Content-Type"));
    CPPUNIT_ASSERT_EQUAL(captured.substr(captured.find("\r\n\r\n") + 4), sent.body);
  }

  void connectionIsKept() {
    ScriptedServer node(*loop_, [](const auto&) { return taken(); });
    announce("x", "node", node.port());
    for (int i = 0; i < 5; ++i) CPPUNIT_ASSERT(publish("x", "y")->status().ok());
    CPPUNIT_ASSERT_EQUAL(std::size_t{5}, node.requests().size());
    CPPUNIT_ASSERT_EQUAL(1, node.accepted());
  }

  void idleConnectionIsClosed() {
    ScriptedServer node(*loop_, [](const auto&) { return taken(); });
    HttpBrokerOptions own = options();
    own.idle = 20ms;
    broker_ = makeAnother(own);
    announce("x", "node", node.port());
    CPPUNIT_ASSERT(publish("x", "y")->status().ok());
    CPPUNIT_ASSERT(turnUntil([&] { return node.open() == 0; }));
    CPPUNIT_ASSERT(publish("x", "y")->status().ok());
    CPPUNIT_ASSERT_EQUAL(2, node.accepted());
  }

  void movedNodeIsFollowed() {
    ScriptedServer before(*loop_, [](const auto&) { return taken(); });
    ScriptedServer after(*loop_, [](const auto&) { return taken(); });
    announce("x", "node", before.port());
    CPPUNIT_ASSERT(publish("x", "y")->status().ok());
    announce("x", "node", after.port());
    CPPUNIT_ASSERT(
        turnUntil([&] { return view_->known("topic:x")->nodes.at(0).node->port == after.port(); }));
    CPPUNIT_ASSERT(publish("x", "y")->status().ok());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, before.requests().size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, after.requests().size());
  }

  void silentSubscriberDelaysNobody() {
    ScriptedServer silent(*loop_, [](const auto&) { return silence(); });
    std::vector<std::string> bodies;
    const auto token = collect("x", bodies);
    announce("x", "silent", silent.port());
    awaitSubscriptions("x", 2);
    bool told = false;
    for (int i = 0; i < 4; ++i) {
      broker_->publish("x", {{}, std::to_string(i)}, [&told](auto) { told = true; });
    }
    CPPUNIT_ASSERT(turnUntil([&] { return bodies.size() == 4; }));
    CPPUNIT_ASSERT(!told);  // it has five seconds
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, silent.requests().size());
  }

  void silentSubscriberFailsWhatWaitsForIt() {
    ScriptedServer silent(*loop_, [](const auto&) { return silence(); });
    impatientBroker();
    announce("x", "silent", silent.port());
    const auto results = publishMany("x", 3);
    CPPUNIT_ASSERT(results.at(0).failed.at(0).why.kind() == ErrorKind::kTimeout);
    CPPUNIT_ASSERT_EQUAL(silent.address() + ": no answer in time",
                         results.at(0).failed.at(0).why.detail());
    for (const std::size_t i : {1U, 2U}) {
      CPPUNIT_ASSERT(results.at(i).failed.at(0).why.kind() == ErrorKind::kUnavailable);
      CPPUNIT_ASSERT(contains(results.at(i).failed.at(0).why.detail(), "not sent"));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, silent.requests().size());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{3}, broker_->stats().failed);
  }

  void unreachableSubscriberFails() {
    announce("x", "gone", test::freePorts(1)[0]);
    const auto result = publish("x", "y");
    CPPUNIT_ASSERT_EQUAL(std::string("gone"), result->failed.at(0).node);
    CPPUNIT_ASSERT(result->failed[0].why.kind() == ErrorKind::kUnavailable);
    CPPUNIT_ASSERT(result->status().kind() == ErrorKind::kUnavailable);
    CPPUNIT_ASSERT(contains(result->status().detail(),
                            "1 of 1 subscriptions did not get the message: gone: 127.0.0.1:"));
    CPPUNIT_ASSERT(contains(result->status().detail(), "refused"));
  }

  void malformedNodeAddressFails() {
    ServiceInfo service = subscription("x", "odd", 1);
    service.nodes[0].address = "[::1";
    announce(service);
    const auto result = publish("x", "y");
    CPPUNIT_ASSERT_EQUAL(std::string("odd"), result->failed.at(0).node);
    CPPUNIT_ASSERT(result->status().kind() == ErrorKind::kInvalid);
  }

  // Its listener would get the message in clear text.

  void refusedMessageFails() {
    ScriptedServer node(*loop_, [](const auto&) { return ScriptedServer::reply(500, "no"); });
    announce("x", "node", node.port());
    const auto result = publish("x", "y");
    CPPUNIT_ASSERT(result->failed.at(0).why.kind() == ErrorKind::kRemote);
    CPPUNIT_ASSERT_EQUAL(node.address() + ": answered 500 Internal Server Error",
                         result->failed[0].why.detail());
    CPPUNIT_ASSERT(!publish("x", "y")->failed.empty());
    CPPUNIT_ASSERT_EQUAL(1, node.accepted());
  }

  void repliesWithoutLengthAreTaken() {
    ScriptedServer node(*loop_, [](const auto&) {
      return ScriptedServer::Reply{"HTTP/1.1 200 OK\r\n\r\nok", ScriptedServer::Then::kClose, {}};
    });
    announce("x", "node", node.port());
    for (const PublishResult& result : publishMany("x", 3)) {
      CPPUNIT_ASSERT_MESSAGE(result.status().toString(), result.status().ok());
    }
    CPPUNIT_ASSERT_EQUAL(3, node.accepted());
  }

  // Whether the broken one was taken is not known: it is not sent again.
  void brokenConnectionLosesOneMessage() {
    int requests = 0;
    ScriptedServer node(*loop_, [&requests](const auto&) {
      if (++requests != 2) return taken();
      return ScriptedServer::Reply{"HTTP/1.1 2", ScriptedServer::Then::kClose, {}};
    });
    announce("x", "node", node.port());
    const auto results = publishMany("x", 3);
    CPPUNIT_ASSERT(results.at(0).status().ok());
    CPPUNIT_ASSERT(results.at(1).failed.at(0).why.kind() == ErrorKind::kInternal);
    CPPUNIT_ASSERT(results.at(2).status().ok());
    CPPUNIT_ASSERT_EQUAL(2, node.accepted());
  }

  void queueGoesAroundAnUnreachableMember() {
    ScriptedServer node(*loop_, [](const auto&) { return taken(); });
    announce("x", "dead", test::freePorts(1)[0], "workers");
    announce("x", "alive", node.port(), "workers");
    awaitSubscriptions("x", 2);
    for (const PublishResult& result : publishMany("x", 6)) {
      CPPUNIT_ASSERT_EQUAL(std::string("alive"), result.delivered.at(0));
      CPPUNIT_ASSERT(result.failed.empty());
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{6}, node.requests().size());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, broker_->stats().failed);
  }

  // Only the message that it may have got is lost to it.
  void queueGoesAroundASilentMember() {
    ScriptedServer silent(*loop_, [](const auto&) { return silence(); });
    ScriptedServer node(*loop_, [](const auto&) { return taken(); });
    impatientBroker();
    announce("x", "silent", silent.port(), "workers");
    announce("x", "alive", node.port(), "workers");
    awaitSubscriptions("x", 2);
    std::size_t delivered = 0;
    for (const PublishResult& result : publishMany("x", 6)) delivered += result.delivered.size();
    CPPUNIT_ASSERT_EQUAL(std::size_t{5}, delivered);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, silent.requests().size());
    for (const PublishResult& result : publishMany("x", 4)) {
      CPPUNIT_ASSERT_EQUAL(std::string("alive"), result.delivered.at(0));
    }
  }

  // Of members that are equal the first by name comes first.
  void queueTriesThreeMembers() {
    ScriptedServer node(*loop_, [](const auto&) { return taken(); });
    const std::vector<int> dead = test::freePorts(5);
    announce("two", "a", dead[0], "workers");
    announce("two", "b", dead[1], "workers");
    announce("two", "z", node.port(), "workers");
    awaitSubscriptions("two", 3);
    CPPUNIT_ASSERT_EQUAL(std::string("z"), publish("two", "y")->delivered.at(0));
    announce("three", "c", dead[2], "workers");
    announce("three", "d", dead[3], "workers");
    announce("three", "e", dead[4], "workers");
    announce("three", "z3", node.port(), "workers");
    awaitSubscriptions("three", 4);
    CPPUNIT_ASSERT_EQUAL(std::string("e"), publish("three", "y")->failed.at(0).node);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, node.requests().size());
  }

  void queueWithoutReachableMembersFails() {
    for (const int port : test::freePorts(2)) {
      announce("x", "dead-" + std::to_string(port), port, "workers");
    }
    awaitSubscriptions("x", 2);
    const auto result = publish("x", "y");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, result->failed.size());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, broker_->stats().failed);
  }

  void unreachableRegistryFailsThePublication() {
    test::FollowedRegistry registry;
    ServiceView view(*loop_, registry);
    broker_ = makeHttpBroker(*loop_, registry, view, options());
    Status outcome;
    broker_->publish("x", {{}, "y"}, [&](const auto& result) { outcome = result.status(); });
    CPPUNIT_ASSERT(turnUntil([&] { return registry.followers("topic:x") == 1; }));
    registry.tell("topic:x", Status::unavailable("registry: away"));
    CPPUNIT_ASSERT(turnUntil([&] { return !outcome.ok(); }));
    CPPUNIT_ASSERT(outcome.kind() == ErrorKind::kUnavailable);
    CPPUNIT_ASSERT_EQUAL(std::string("broker: publish to x: "), outcome.detail().substr(0, 22));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, broker_->stats().failed);
    broker_.reset();
  }

  void waitingForALookUpIsBounded() {
    std::size_t overloaded = 0, told = 0;
    for (std::size_t i = 0; i < kQueueLimit + 3; ++i) {
      broker_->publish("x", {{}, "y"}, [&](const auto& result) {
        ++told;
        overloaded += result.status().kind() == ErrorKind::kOverloaded ? 1 : 0;
      });
    }
    CPPUNIT_ASSERT(turnUntil([&] { return told == kQueueLimit + 3; }));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, overloaded);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{3}, broker_->stats().dropped);
  }

  void bytesThatWaitAreBounded() {
    ScriptedServer node(*loop_, [](const auto&) { return taken(); });
    HttpBrokerOptions own = options();
    own.queueBytes = 1'000;
    broker_ = makeAnother(own);
    announce("x", "node", node.port());
    std::vector<PublishResult> results;
    for (const std::size_t size : {5'000U, 10U, 5'000U}) {
      broker_->publish("x", {{}, std::string(size, 'x')},
                       [&](auto result) { results.push_back(std::move(*result)); });
    }
    CPPUNIT_ASSERT(turnUntil([&] { return results.size() == 3; }));
    std::size_t dropped = 0;
    for (const PublishResult& result : results) dropped += result.dropped.size();
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, dropped);  // one may be larger, when nothing else waits
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, node.requests().size());
  }

  // Two messages fit, to the byte, however many went before.
  void bytesThatHaveGoneCountNoMore() {
    ScriptedServer node(*loop_, [](const auto&) { return taken(); });
    announce("x", "node", node.port());
    const std::size_t two = 2 * detail::writeMessageJson("x", {{}, "0"}).size();
    for (const std::size_t limit : {two - 1, two}) {
      HttpBrokerOptions own = options();
      own.queueBytes = limit;
      broker_ = makeAnother(own);
      for (int i = 0; i < 5; ++i) {
        const auto results = publishMany("x", 2);
        CPPUNIT_ASSERT_EQUAL(std::size_t(limit < two ? 1 : 0), results.at(1).dropped.size());
      }
    }
  }

  void bytesThatHaveFailedCountNoMore() {
    ScriptedServer node(*loop_, [](const auto&) { return taken(); });
    HttpBrokerOptions own = options();
    own.queueBytes = 2 * detail::writeMessageJson("x", {{}, "0"}).size();
    broker_ = makeAnother(own);
    announce("x", "node", test::freePorts(1)[0]);
    CPPUNIT_ASSERT(!publishMany("x", 2).at(1).failed.empty());
    announce("x", "node", node.port());
    CPPUNIT_ASSERT(
        turnUntil([&] { return view_->known("topic:x")->nodes.at(0).node->port == node.port(); }));
    for (const PublishResult& result : publishMany("x", 2)) {
      CPPUNIT_ASSERT_MESSAGE(result.status().toString(), result.status().ok());
    }
  }

  void dropsAreLoggedOnceUntilRecovery() {
    ScriptedServer node(*loop_, [](const auto&) { return taken(); });
    announce("x", "node", node.port());
    CPPUNIT_ASSERT(publish("x", "y")->status().ok());  // from now on the subscription is known
    test::CapturedLog log("broker");
    publishMany("x", kQueueLimit + 5);
    CPPUNIT_ASSERT_EQUAL("WARN Subscription node at " + node.address() +
                             " is too slow: 8 messages queued, more are dropped",
                         log.lines().at(0));
    CPPUNIT_ASSERT_EQUAL(std::string("INFO Subscription node: 5 messages dropped"),
                         log.lines().at(1));
    publishMany("x", kQueueLimit + 5);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, log.lines().size());
  }

  void failuresAreLoggedOnceUntilRecovery() {
    bool well = false;
    ScriptedServer node(*loop_, [&well](const auto&) {
      return well ? taken() : ScriptedServer::Reply{"", ScriptedServer::Then::kClose, {}};
    });
    announce("x", "node", node.port());
    test::CapturedLog log("broker");
    for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT(!publish("x", "y")->failed.empty());
    CPPUNIT_ASSERT_EQUAL("WARN Subscription node does not receive messages: " + node.address() +
                             ": the connection was closed without a reply",
                         log.lines().at(0));
    well = true;
    CPPUNIT_ASSERT(publish("x", "y")->status().ok());
    CPPUNIT_ASSERT_EQUAL(std::string("INFO Subscription node receives messages again"),
                         log.lines().back());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, warnings(log));
  }

  void stopWaitsForRepliesInTime() {
    ScriptedServer silent(*loop_, [](const auto&) { return silence(); });
    impatientBroker();
    announce("x", "silent", silent.port());
    bool failed = false;
    broker_->publish("x", {{}, "y"}, [&](const auto& result) { failed = !result->failed.empty(); });
    stop();
    CPPUNIT_ASSERT(failed);
  }

 private:
  static ServiceInfo subscription(const std::string& topic, const std::string& id, int port,
                                  const std::string& queue = "ff.http.broadcast") {
    ServiceInfo service;
    service.name = "topic:" + topic;
    service.version = queue;
    service.nodes.push_back({id, "127.0.0.1", static_cast<std::uint16_t>(port), {}});
    return service;
  }
  void announce(const ServiceInfo& service) {
    bool done = false;
    const Call call = registry_->registerService(
        service, {}, [&done](const Status& status) { done = status.ok(); });
    CPPUNIT_ASSERT(turnUntil([&] { return done; }));
  }
  template <typename... Rest>
  void announce(const std::string& topic, const std::string& id, Rest... rest) {
    announce(subscription(topic, id, rest...));
  }

  void impatientBroker() {
    HttpBrokerOptions own = options();
    own.timeout = 50ms;
    broker_ = makeAnother(own);
  }

  std::vector<PublishResult> publishMany(const std::string& topic, std::size_t count) {
    std::vector<PublishResult> results(count);
    std::size_t told = 0;
    for (std::size_t i = 0; i < count; ++i) {
      broker_->publish(topic, {{}, std::to_string(i)}, [&results, &told, i](auto result) {
        ++told;
        if (result.ok()) results[i] = std::move(*result);
      });
    }
    CPPUNIT_ASSERT(turnUntil([&] { return told == count; }));
    return results;
  }

  static std::size_t warnings(const test::CapturedLog& log) {
    std::size_t count = 0;
    for (const std::string& line : log.lines()) count += line.substr(0, 4) == "WARN" ? 1 : 0;
    return count;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HttpOutboxTest);

}  // namespace evmicro

// What the http broker does beyond the contract: its wire, its port, and subscribers that
// misbehave.
#include <evmicro/http_broker.h>

#include <fstream>
#include <iterator>

#include "broker/http_broker_fixture.h"
#include "event/captured_log.h"
#include "event/raw_peer.h"
#include "support/followed_registry.h"
#include "support/ports.h"
#include "support/scripted_server.h"
#include "support/turn_until.h"

namespace evmicro {

using namespace std::chrono_literals;
using test::ScriptedServer;

namespace {

std::string golden(const std::string& name) {
  std::ifstream file(TEST_SOURCE_DIR "/broker/golden/" + name, std::ios::binary);
  CPPUNIT_ASSERT_MESSAGE("no golden file " + name, file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string between(const std::string& text, const std::string& from, const std::string& to) {
  const std::size_t begin = text.find(from) + from.size();
  return text.substr(begin, text.find(to, begin) - begin);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  CPPUNIT_ASSERT_MESSAGE(from + " is missing in " + text, at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::string request(const std::string& line, const std::string& body,
                    const std::string& headers = "Content-Type: application/json\r\n") {
  return line + " HTTP/1.1\r\nHost: x\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

ScriptedServer::Reply taken() { return ScriptedServer::reply(200, ""); }
ScriptedServer::Reply silence() { return {}; }

}  // namespace

class HttpBrokerTest : public test::HttpBrokerFixture {
  CPPUNIT_TEST_SUITE(HttpBrokerTest);
  CPPUNIT_TEST(publishingOpensNoPort);
  CPPUNIT_TEST(portIsOpenedAtTheFirstSubscription);
  CPPUNIT_TEST(subscriptionsAreServices);
  CPPUNIT_TEST(advertisedAddressIsRegistered);
  CPPUNIT_TEST(badAddressesAreErrors);
  CPPUNIT_TEST(capturedMessagesAreDelivered);
  CPPUNIT_TEST(requestsAreAsGoMicroWritesThem);
  CPPUNIT_TEST(requestsThatMakeNoSense);
  CPPUNIT_TEST(onlyTheNamedSubscriptionGetsAMessage);
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
  CPPUNIT_TEST(queueWithoutReachableMembersFails);
  CPPUNIT_TEST(unreachableRegistryFailsThePublication);
  CPPUNIT_TEST(waitingForALookUpIsBounded);
  CPPUNIT_TEST(bytesThatWaitAreBounded);
  CPPUNIT_TEST(dropsAreLoggedOncePerBurst);
  CPPUNIT_TEST(failuresAreLoggedOncePerBurst);
  CPPUNIT_TEST(stopWaitsForRepliesInTime);
  CPPUNIT_TEST_SUITE_END();

 public:
  void tearDown() override {
    peers_.clear();
    HttpBrokerFixture::tearDown();
  }

  void publishingOpensNoPort() {
    CPPUNIT_ASSERT_EQUAL(std::string("http"), std::string(broker_->name()));
    CPPUNIT_ASSERT(publish("x", "y").ok());
    CPPUNIT_ASSERT_EQUAL(std::string(), broker_->address());
  }

  void portIsOpenedAtTheFirstSubscription() {
    test::CapturedLog log("broker");
    std::vector<std::string> bodies;
    const auto a = collect("x", bodies);
    const std::string address = broker_->address();
    CPPUNIT_ASSERT_EQUAL(std::string("127.0.0.1:"), address.substr(0, 10));
    CPPUNIT_ASSERT_EQUAL(std::string("INFO Broker Listening on " + address), log.lines().at(0));
    const auto b = collect("y", bodies);
    CPPUNIT_ASSERT_EQUAL(address, broker_->address());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, log.lines().size());
  }

  // As captured: {"ID":"broker-<uuid>.<uuid>","Name":"topic:cap.reg","Tags":["t={\"secure\":
  // \"false\"}","v=ff.http.broadcast"],...}; the registry's own test has the bytes.
  void subscriptionsAreServices() {
    std::vector<std::string> bodies;
    const auto a = collect("cap.reg", bodies);
    const auto b = collect("cap.reg", bodies, "workers");
    const auto known = view_->known("topic:cap.reg");
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, known->versions.size());
    const ServiceInfo& broadcast = known->versions.at(0);
    CPPUNIT_ASSERT_EQUAL(std::string("ff.http.broadcast"), broadcast.version);
    CPPUNIT_ASSERT_EQUAL(std::string("workers"), known->versions.at(1).version);
    const Node& node = broadcast.nodes.at(0);
    CPPUNIT_ASSERT_EQUAL(std::string("broker-").size() + 36 + 1 + 36, node.id.size());
    CPPUNIT_ASSERT_EQUAL(std::string("broker-"), node.id.substr(0, 7));
    CPPUNIT_ASSERT_EQUAL('.', node.id[7 + 36]);
    CPPUNIT_ASSERT_EQUAL(node.id.substr(0, 44), known->versions.at(1).nodes.at(0).id.substr(0, 44));
    CPPUNIT_ASSERT_EQUAL(broker_->address(), node.dialAddress());
    CPPUNIT_ASSERT((std::map<std::string, std::string>{{"secure", "false"}}) == node.metadata);
  }

  void advertisedAddressIsRegistered() {
    HttpBrokerOptions own = options();
    own.advertise = "broker.example:99";
    broker_ = makeAnother(own);
    std::vector<std::string> bodies;
    const auto token = collect("x", bodies);
    CPPUNIT_ASSERT_EQUAL(std::string("broker.example:99"),
                         view_->known("topic:x")->nodes.at(0).node->dialAddress());
  }

  void badAddressesAreErrors() {
    std::vector<std::string> bodies;
    const auto token = collect("x", bodies);
    const auto error = [&](const std::string& address, const std::string& advertise) {
      HttpBrokerOptions own = options();
      own.address = address;
      own.advertise = advertise;
      const auto subscribed = makeAnother(own)->subscribe("x", [](auto, const auto&) {});
      CPPUNIT_ASSERT(!subscribed.ok());
      return subscribed.status().detail();
    };
    CPPUNIT_ASSERT(contains(error(broker_->address(), ""), "broker: "));
    CPPUNIT_ASSERT(contains(error(broker_->address(), ""), broker_->address()));
    CPPUNIT_ASSERT(contains(error("nonsense", ""), "nonsense"));
    CPPUNIT_ASSERT(contains(error("127.0.0.1:0", "a:b"), "--broker_advertise"));
  }

  // What go-micro's broker and client sent, by a plain socket; the answer to the byte.
  void capturedMessagesAreDelivered() {
    delivers("broker_broadcast", "cap.bcast", {{"id", "0"}}, "hello <&> \xC3\xA9 0");
    delivers("broker_queue", "cap.queue", {{"id", "0"}}, "John 0");
    delivers("publish_proto", "peer.topic",
             {{"Content-Type", "application/octet-stream"}, {"X-User-Id", "john"}}, "\n\006John 0");
    delivers("publish_json", "peer.topic",
             {{"Content-Type", "application/json"},
              {"X-Micro-From-Service", "peerclient"},
              {"X-User-Id", "john"}},
             R"({"say":"John 0"})");
  }

  // Ours lacks Accept-Encoding (nothing of the reply is read) and has a User-Agent of its own.
  void requestsAreAsGoMicroWritesThem() {
    ScriptedServer node(*loop_, [](const auto&) { return taken(); });
    const std::string captured = golden("broker_broadcast.request");
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

  void requestsThatMakeNoSense() {
    std::vector<std::string> bodies;
    const auto token = collect("x", bodies);
    const std::string good = R"({"Header":{":topic":"x"},"Body":"eA=="})";
    const std::string wrong = R"({"id":"go.micro.broker","code":500,"detail":)";
    const std::string unreadable = wrong + "\"Error parsing request body: ";
    check("PUT /_sub", good, 405,
          R"({"id":"go.micro.broker","code":400,"detail":"Method not allowed",)"
          "\"status\":\"Bad Request\"}\n");
    check("GET /_sub", "", 405, "Method not allowed");
    check("POST /other", good, 404, "404 page not found\n");
    check("POST /_sub/", good, 404, "404 page not found\n");
    check("POST /_sub", "", 500, unreadable + "the text ends early");
    check("POST /_sub", "{", 500, unreadable);
    check("POST /_sub", "null", 500, unreadable + "message: expected an object, got");
    check("POST /_sub", good + "x", 500, unreadable);
    check("POST /_sub", R"({"Header":{":topic":1}})", 500, unreadable + "Header.:topic: expected");
    check("POST /_sub", R"({"Header":{":topic":"x"},"Body":"-"})", 500,
          unreadable + "Body: not in");
    check("POST /_sub", R"({"Header":null,"Body":""})", 500, wrong + "\"Topic not found\"");
    check("POST /_sub", "{}", 500,
          R"("detail":"Topic not found","status":"Internal Server Error"})");
    check("POST /_sub", good, 500, unreadable + "it is sent as a form",
          "Content-Type: application/x-www-form-urlencoded\r\n");
    CPPUNIT_ASSERT(bodies.empty());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, broker_->stats().received);
  }

  // The rest is taken and dropped, as go-micro does.
  void onlyTheNamedSubscriptionGetsAMessage() {
    std::vector<std::string> bodies, others;
    auto token = collect("x", bodies);
    const auto other = collect("y", others);
    const std::string id = view_->known("topic:x")->nodes.at(0).node->id;
    const std::string good = R"({"Header":{":topic":"x"},"Body":"eA=="})";
    check("POST /_sub", good, 200, "");
    check("POST /_sub?id=unknown", good, 200, "");
    check("POST /_sub?id=%zz", good, 200, "");
    check("POST /_sub?id=" + id, R"({"Header":{":topic":"y"},"Body":"eA=="})", 200, "");
    CPPUNIT_ASSERT(bodies.empty());
    check("POST /_sub?id=" + id, good, 200, "");
    check("POST /_sub?x=y&id=" + replaced(id, "broker", "b%72oker"), good, 200, "",
          "Content-Type: text/plain\r\n");
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, bodies.size());
    token.cancel();
    check("POST /_sub?id=" + id, good, 200, "");
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, bodies.size());
    CPPUNIT_ASSERT(others.empty());
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

  void dropsAreLoggedOncePerBurst() {
    ScriptedServer node(*loop_, [](const auto&) { return taken(); });
    announce("x", "node", node.port());
    CPPUNIT_ASSERT(publish("x", "y")->status().ok());  // from now on the subscription is known
    test::CapturedLog log("broker");
    publishMany("x", kQueueLimit + 5);
    CPPUNIT_ASSERT_EQUAL("WARN Subscription node at " + node.address() +
                             " is too slow: 8 messages wait for it, more are dropped",
                         log.lines().at(0));
    CPPUNIT_ASSERT_EQUAL(std::string("INFO Subscription node: 5 messages dropped"),
                         log.lines().at(1));
    publishMany("x", kQueueLimit + 5);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, log.lines().size());
  }

  void failuresAreLoggedOncePerBurst() {
    bool well = false;
    ScriptedServer node(*loop_, [&well](const auto&) {
      return well ? taken() : ScriptedServer::Reply{"", ScriptedServer::Then::kClose, {}};
    });
    announce("x", "node", node.port());
    test::CapturedLog log("broker");
    for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT(!publish("x", "y")->failed.empty());
    CPPUNIT_ASSERT_EQUAL("WARN Subscription node does not get messages: " + node.address() +
                             ": the connection was closed without a reply",
                         log.lines().at(0));
    well = true;
    CPPUNIT_ASSERT(publish("x", "y")->status().ok());
    CPPUNIT_ASSERT_EQUAL(std::string("INFO Subscription node gets messages again"),
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

  test::RawPeer& connect() {
    peers_.push_back(std::make_unique<test::RawPeer>(*loop_, broker_->address()));
    return *peers_.back();
  }

  // Sends a request and expects an answer of this status with `part` in it.
  void check(const std::string& line, const std::string& body, int status, const std::string& part,
             const std::string& headers = "Content-Type: application/json\r\n") {
    test::RawPeer& peer = connect();
    peer.send(request(line, body, headers));
    const std::string first = "HTTP/1.1 " + std::to_string(status) + " ";
    const bool came = turnUntil([&] { return peer.has("\r\n\r\n") && peer.has(part); });
    CPPUNIT_ASSERT_MESSAGE(line + " " + body + ": " + peer.received(), came);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(line + " " + body, first, peer.received().substr(0, first.size()));
    if (status == 200) CPPUNIT_ASSERT(peer.has("Content-Length: 0\r\n"));
    if (status != 200) CPPUNIT_ASSERT(peer.has("Content-Type: text/plain; charset=utf-8\r\n"));
  }

  void delivers(const std::string& capture, const std::string& topic,
                const std::map<std::string, std::string>& header, const std::string& body) {
    BrokerMessage received;
    auto token = subscribe(topic, [&](auto, const BrokerMessage& message) { received = message; });
    const std::string sent = golden(capture + ".request");
    const std::string id = view_->known("topic:" + topic)->nodes.at(0).node->id;
    test::RawPeer& peer = connect();
    peer.send(replaced(sent, between(sent, "?id=", " "), id));
    CPPUNIT_ASSERT(turnUntil([&] { return peer.has("\r\n\r\n"); }));
    CPPUNIT_ASSERT(header == received.header);
    CPPUNIT_ASSERT_EQUAL(body, received.body);
    std::string expected = golden(capture + ".reply");
    const auto date = [](const std::string& reply) { return between(reply, "Date: ", "\r\n"); };
    expected = replaced(expected, date(expected), date(peer.received()));
    CPPUNIT_ASSERT_EQUAL(expected, peer.received());
    unsubscribe(topic, token);
  }

  std::vector<std::unique_ptr<test::RawPeer>> peers_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(HttpBrokerTest);

}  // namespace evmicro

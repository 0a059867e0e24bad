// Receiving messages by http: the port, the registration, and the answers.
#include <evmicro/consul_registry.h>
#include <evmicro/http_broker.h>

#include "broker/http_broker_fixture.h"
#include "http/raw_peer.h"
#include "support/captured_log.h"
#include "support/scripted_server.h"
#include "support/temporary_folder.h"

namespace evmicro {

using namespace std::chrono_literals;
using test::between;
using test::goldenPost;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
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

}  // namespace

class HttpInboxTest : public test::HttpBrokerFixture {
  CPPUNIT_TEST_SUITE(HttpInboxTest);
  CPPUNIT_TEST(publishingOpensNoPort);
  CPPUNIT_TEST(portIsOpenedAtTheFirstSubscription);
  CPPUNIT_TEST(registrationIsAsGoMicrosIs);
  CPPUNIT_TEST(subscriptionsAreServices);
  CPPUNIT_TEST(advertisedAddressIsRegistered);
  CPPUNIT_TEST(aProxyInFrontOfAUnixSocketIsRegistered);
  CPPUNIT_TEST(badAddressesAreErrors);
  CPPUNIT_TEST(capturedMessagesAreDelivered);
  CPPUNIT_TEST(requestsThatMakeNoSense);
  CPPUNIT_TEST(onlyTheNamedSubscriptionGetsAMessage);
  CPPUNIT_TEST(forgottenSubscriptionComesBack);
  CPPUNIT_TEST(itsConnectionsHaveTheLimitsOfTheBroker);
  CPPUNIT_TEST_SUITE_END();

 public:
  void tearDown() override {
    peers_.clear();
    HttpBrokerFixture::tearDown();
  }

  // The bytes that go-micro was seen to send to Consul; ours has critical entries removed, too.
  void registrationIsAsGoMicrosIs() {
    test::ScriptedServer consul(*loop_,
                                [](const auto&) { return test::ScriptedServer::reply(200, ""); });
    ConsulOptions consulOptions;
    consulOptions.addresses = {consul.address()};
    const auto registry = makeConsulRegistry(*loop_, consulOptions);
    ServiceView view(*loop_, *registry);
    broker_ = makeHttpBroker(*loop_, *registry, view, options());
    bool ready = false;
    auto token = broker_->subscribe("cap.regq", [](auto, const auto&) {},
                                    {"workers", [&ready] { ready = true; }});
    CPPUNIT_ASSERT(turnUntil([&] { return ready; }));
    token->cancel();
    CPPUNIT_ASSERT(turnUntil([&] { return consul.requests().size() == 3; }));
    const std::string sent = consul.requests()[0].body;
    const std::string id = between(sent, "\"ID\":\"", "\"");
    const std::string port = between(sent, "\"Port\":", ",");
    CPPUNIT_ASSERT_EQUAL("127.0.0.1:" + port, broker_->address());
    CPPUNIT_ASSERT_EQUAL(
        "{\"ID\":\"" + id + "\",\"Name\":\"topic:cap.regq\",\"Tags\":[\"t={\\\"secure\\\":" +
            "\\\"false\\\"}\",\"v=workers\"],\"Port\":" + port +
            ",\"Address\":\"127.0.0.1\",\"Check\":{\"TTL\":\"1m0s\"},\"Checks\":null}\n",
        replaced(sent, ",\"DeregisterCriticalServiceAfter\":\"1m0s\"", ""));
    CPPUNIT_ASSERT_EQUAL("/v1/agent/check/pass/service:" + id + "?note=",
                         consul.requests()[1].target);
    CPPUNIT_ASSERT_EQUAL("/v1/agent/service/deregister/" + id, consul.requests()[2].target);
    broker_.reset();
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

  void aProxyInFrontOfAUnixSocketIsRegistered() {
    const test::TemporaryFolder folder;
    const std::pair<std::string, std::string> rows[] = {{"", folder.socket("x")},
                                                        {"proxy.example:99", "proxy.example:99"},
                                                        {"unix:/shared/x", "unix:///shared/x"}};
    for (const auto& [advertise, registered] : rows) {
      HttpBrokerOptions own = options();
      own.address = folder.socket("x");
      own.advertise = advertise;
      const auto broker = makeAnother(own);
      const auto token = broker->subscribe("proxied", [](auto, const auto&) {});
      CPPUNIT_ASSERT_MESSAGE(token.status().toString(), token.ok());
      awaitSubscriptions("proxied", 1);
      CPPUNIT_ASSERT_EQUAL(registered,
                           view_->known("topic:proxied")->nodes.at(0).node->dialAddress());
      bool gone = false;
      broker->stop([&gone] { gone = true; });
      CPPUNIT_ASSERT(turnUntil([&] { return gone; }));
    }
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
    CPPUNIT_ASSERT(contains(error("127.0.0.1:0", "unix:@x"), "abstract"));
    const test::TemporaryFolder folder;
    for (const char* host : {"a", "a:0", ":1"}) {
      CPPUNIT_ASSERT(contains(error(folder.socket("x"), host), "needs host:port"));
    }
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
    check("POST /_sub", good, 500, unreadable + "it was sent as a form",
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

  void forgottenSubscriptionComesBack() {
    HttpBrokerOptions own = options();
    own.registerInterval = 10ms;
    broker_ = makeAnother(own);
    std::vector<std::string> bodies;
    const auto token = collect("x", bodies);
    ServiceInfo lost;
    lost.name = "topic:x";
    lost.nodes.push_back(*view_->known("topic:x")->nodes.at(0).node);
    const Call forgotten = registry_->deregister(lost, [](const Status&) {});
    awaitSubscriptions("x", 0);
    awaitSubscriptions("x", 1);
    CPPUNIT_ASSERT(publish("x", "y")->status().ok());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, bodies.size());
  }

  void itsConnectionsHaveTheLimitsOfTheBroker() {
    HttpBrokerOptions own = options();
    own.limits.maxConnectionsPerPeer = 1;
    own.limits.maxHeaderLines = 3;
    broker_ = makeAnother(own);
    std::vector<std::string> bodies;
    const auto token = collect("x", bodies);
    const std::string good = R"({"Header":{":topic":"x"},"Body":"eA=="})";
    test::RawPeer& first = connect();
    first.send(request("POST /_sub", good));
    CPPUNIT_ASSERT(turnUntil([&] { return first.has("HTTP/1.1 200 OK"); }));
    test::RawPeer& second = connect();
    CPPUNIT_ASSERT(turnUntil([&] { return second.ended(); }));
    CPPUNIT_ASSERT(second.has("HTTP/1.1 503 "));
    first.send(request("POST /_sub", good, "A: 1\r\nB: 2\r\n"));
    CPPUNIT_ASSERT(turnUntil([&] { return first.ended(); }));
    CPPUNIT_ASSERT(first.has("HTTP/1.1 431 "));
  }

 private:
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
    const std::string sent = goldenPost(capture + ".request");
    const std::string id = view_->known("topic:" + topic)->nodes.at(0).node->id;
    test::RawPeer& peer = connect();
    peer.send(replaced(sent, between(sent, "?id=", " "), id));
    CPPUNIT_ASSERT(turnUntil([&] { return peer.has("\r\n\r\n"); }));
    CPPUNIT_ASSERT(header == received.header);
    CPPUNIT_ASSERT_EQUAL(body, received.body);
    std::string expected = goldenPost(capture + ".reply");
    const auto date = [](const std::string& reply) { return between(reply, "Date: ", "\r\n"); };
    expected = replaced(expected, date(expected), date(peer.received()));
    CPPUNIT_ASSERT_EQUAL(expected, peer.received());
    unsubscribe(topic, token);
  }

  std::vector<std::unique_ptr<test::RawPeer>> peers_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(HttpInboxTest);

}  // namespace evmicro

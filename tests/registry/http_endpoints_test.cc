#include <evmicro/http_endpoints.h>

#include <optional>

#include <cppunit/extensions/HelperMacros.h>

#include "support/manual_clock.h"
#include "support/ports.h"
#include "support/scripted_server.h"
#include "support/turn_until.h"

namespace evmicro {

using namespace std::chrono_literals;
using test::ScriptedServer;
using Request = ScriptedServer::Request;
using Reply = ScriptedServer::Reply;

class HttpEndpointsTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HttpEndpointsTest);
  CPPUNIT_TEST(requestGoesToTheEndpointInUse);
  CPPUNIT_TEST(headersAreSent);
  CPPUNIT_TEST(replyIsHandedOutWhole);
  CPPUNIT_TEST(replyHasALimit);
  CPPUNIT_TEST(failedEndpointIsLeftForTheNext);
  CPPUNIT_TEST(comesBackWhenTheNextFails);
  CPPUNIT_TEST(allDownIsOneErrorAboutAll);
  CPPUNIT_TEST(oneEndpointIsAskedOnce);
  CPPUNIT_TEST(refusalIsFinal);
  CPPUNIT_TEST(requestThatCannotBeSentIsTriedNowhereElse);
  CPPUNIT_TEST(namedEndpointIsTheOnlyOne);
  CPPUNIT_TEST(avoidedEndpointIsLeft);
  CPPUNIT_TEST(timeoutIsForOneEndpoint);
  CPPUNIT_TEST(heldRequestMayTakeLonger);
  CPPUNIT_TEST(heldRequestsHaveConnectionsOfTheirOwn);
  CPPUNIT_TEST(wrongOptionsAreReportedByEveryRequest);
  CPPUNIT_TEST(errorsQuoteWhatAPersonNeeds);
  CPPUNIT_TEST(streamComesInPieces);
  CPPUNIT_TEST(streamStaysWithItsEndpoint);
  CPPUNIT_TEST(cancelledBetweenEndpoints);
  CPPUNIT_TEST(callbackMayDestroyTheClient);
  CPPUNIT_TEST(destroyedClientIsSilent);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    clock_ = std::make_unique<test::ManualClock>();
    loop_ = std::make_unique<EventLoop>();
    for (int i = 0; i < 3; ++i) {
      scripts_[i] = [i](const Request&) { return ScriptedServer::reply(200, std::to_string(i)); };
      servers_[i] = std::make_unique<ScriptedServer>(
          *loop_, [this, i](const Request& request) { return scripts_[i](request); });
    }
    switches_ = 0;
    client_ = std::make_unique<HttpEndpoints>(*loop_, options());
  }
  void tearDown() override {
    client_.reset();
    for (auto& server : servers_) server.reset();
    loop_.reset();
    clock_.reset();
  }

  void requestGoesToTheEndpointInUse() {
    CPPUNIT_ASSERT_EQUAL(std::size_t(3), client_->count());
    for (int i = 0; i < 2; ++i) CPPUNIT_ASSERT_EQUAL(std::string("0"), ask().body);
    expectInUse(0);
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), servers_[0]->requests().size());
    CPPUNIT_ASSERT_EQUAL(1, servers_[0]->accepted());
    CPPUNIT_ASSERT_EQUAL(0, servers_[1]->accepted());
    CPPUNIT_ASSERT_EQUAL(0, switches_);
  }

  void headersAreSent() {
    HttpEndpoints::Options with = options();
    with.headers = {"X-Token: t"};
    client_ = std::make_unique<HttpEndpoints>(*loop_, std::move(with));
    EndpointRequest request;
    request.method = "PUT";
    request.path = "/v1/put?x=1";
    request.body = "{}";
    request.headers = {"Authorization: a"};
    CPPUNIT_ASSERT(ask(request).status.ok());
    const Request put = servers_[0]->requests().back();
    CPPUNIT_ASSERT_EQUAL(std::string("PUT /v1/put?x=1"), put.method + " " + put.target);
    CPPUNIT_ASSERT_EQUAL(std::string("{}"), put.body);
    CPPUNIT_ASSERT_EQUAL(std::string("application/json"), put.header("Content-Type"));
    CPPUNIT_ASSERT_EQUAL(std::string("a"), put.header("Authorization"));
    CPPUNIT_ASSERT_EQUAL(std::string("t"), put.header("X-Token"));
    CPPUNIT_ASSERT(ask().status.ok());
    const Request get = servers_[0]->requests().back();
    CPPUNIT_ASSERT_EQUAL(std::string(), get.header("Content-Type"));
    CPPUNIT_ASSERT_EQUAL(std::string(), get.header("Authorization"));
    CPPUNIT_ASSERT_EQUAL(std::string("t"), get.header("X-Token"));
  }

  void replyIsHandedOutWhole() {
    scripts_[0] = [](const Request&) {
      return ScriptedServer::reply(200, "body", "X-Index: 7\r\nx-index: 8\r\n");
    };
    const EndpointReply reply = ask();
    CPPUNIT_ASSERT(reply.status.ok());
    CPPUNIT_ASSERT_EQUAL(200, reply.http);
    CPPUNIT_ASSERT_EQUAL(std::string("body"), reply.body);
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), reply.endpoint);
    CPPUNIT_ASSERT_EQUAL(std::string("7"), reply.header("X-INDEX"));
    CPPUNIT_ASSERT_EQUAL(std::string(), reply.header("X-Other"));
  }

  void replyHasALimit() {
    std::size_t size = 64U << 20;
    HttpEndpoints::Options one = options();
    one.addresses.resize(1);
    client_ = std::make_unique<HttpEndpoints>(*loop_, std::move(one));
    scripts_[0] = [&](const Request&) {
      return ScriptedServer::reply(200, std::string(size, 'x'));
    };
    CPPUNIT_ASSERT(ask().status.ok());
    ++size;
    const Status status = ask().status;
    CPPUNIT_ASSERT_MESSAGE(status.detail(), status.detail().find("reply is larger than 67108864 "
                                                                 "bytes") != std::string::npos);
  }

  void failedEndpointIsLeftForTheNext() {
    const std::vector<Reply> failures = {
        ScriptedServer::reply(500, "oops"),
        ScriptedServer::reply(503, ""),
        {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", ScriptedServer::Then::kClose, {}},
        {"nonsense\r\n\r\n", ScriptedServer::Then::kClose, {}},
    };
    for (const Reply& failure : failures) {
      client_ = std::make_unique<HttpEndpoints>(*loop_, options());
      switches_ = 0;
      scripts_[0] = [&failure](const Request&) { return failure; };
      const EndpointReply reply = ask();
      CPPUNIT_ASSERT_EQUAL_MESSAGE(failure.bytes, std::string("1"), reply.body);
      CPPUNIT_ASSERT_EQUAL(std::size_t(1), reply.endpoint);
      const std::size_t before = servers_[0]->requests().size();
      CPPUNIT_ASSERT_EQUAL_MESSAGE("it is kept", std::string("1"), ask().body);
      CPPUNIT_ASSERT_EQUAL(before, servers_[0]->requests().size());
      expectInUse(1);
      CPPUNIT_ASSERT_EQUAL(1, switches_);
    }
  }

  void comesBackWhenTheNextFails() {
    for (const int failing : {0, 1, 2, 0}) {
      const auto sound = scripts_[failing];
      scripts_[failing] = failWith(500);
      CPPUNIT_ASSERT_EQUAL(std::to_string((failing + 1) % 3), ask().body);
      scripts_[failing] = sound;
    }
    expectInUse(1);
    CPPUNIT_ASSERT_EQUAL(4, switches_);
  }

  void allDownIsOneErrorAboutAll() {
    const std::string closed = test::freeAddress();
    HttpEndpoints::Options some = options();
    some.addresses = {servers_[0]->address(), closed, servers_[2]->address()};
    client_ = std::make_unique<HttpEndpoints>(*loop_, std::move(some));
    scripts_[0] = failWith(500);
    scripts_[2] = failWith(503);
    const EndpointReply reply = ask();
    CPPUNIT_ASSERT_EQUAL("store " + servers_[0]->address() + ": answered 500 to GET /x; store " +
                             closed + ": connection refused; store " + servers_[2]->address() +
                             ": answered 503 to GET /x",
                         reply.status.detail());
    CPPUNIT_ASSERT(reply.status.kind() == ErrorKind::kInternal);
    CPPUNIT_ASSERT_EQUAL(503, reply.http);
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), reply.endpoint);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), servers_[0]->requests().size());
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), servers_[2]->requests().size());
    expectInUse(0);
    CPPUNIT_ASSERT_EQUAL(0, switches_);
  }

  void oneEndpointIsAskedOnce() {
    HttpEndpoints::Options one = options();
    one.addresses.resize(1);
    client_ = std::make_unique<HttpEndpoints>(*loop_, std::move(one));
    scripts_[0] = failWith(500);
    CPPUNIT_ASSERT_EQUAL(500, ask().http);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), servers_[0]->requests().size());
    client_->avoid(0);
    CPPUNIT_ASSERT_EQUAL(0, switches_);
  }

  void refusalIsFinal() {
    for (const auto& [code, kept] : {std::pair(400, 400), std::pair(403, 403), std::pair(404, 500),
                                     std::pair(499, 499), std::pair(301, 500)}) {
      scripts_[0] = failWith(code);
      const EndpointReply reply = ask();
      CPPUNIT_ASSERT_EQUAL(code, reply.http);
      CPPUNIT_ASSERT_EQUAL(kept, reply.status.code());
    }
    CPPUNIT_ASSERT_EQUAL(0, servers_[1]->accepted());
    expectInUse(0);
  }

  void requestThatCannotBeSentIsTriedNowhereElse() {
    EndpointRequest request;
    request.path = "/x";
    request.headers = {"X: a\r\nInjected: 1"};
    const EndpointReply reply = ask(request);
    CPPUNIT_ASSERT(reply.status.kind() == ErrorKind::kInvalid);
    CPPUNIT_ASSERT_EQUAL(0, reply.http);
    for (const auto& server : servers_) CPPUNIT_ASSERT_EQUAL(0, server->accepted());
  }

  void namedEndpointIsTheOnlyOne() {
    EndpointRequest request;
    request.path = "/x";
    request.endpoint = 2;
    CPPUNIT_ASSERT_EQUAL(std::string("2"), ask(request).body);
    expectInUse(0);
    scripts_[2] = failWith(500);
    const EndpointReply reply = ask(request);
    CPPUNIT_ASSERT_EQUAL(500, reply.http);
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), reply.endpoint);
    CPPUNIT_ASSERT_EQUAL(0, servers_[0]->accepted() + servers_[1]->accepted());
    CPPUNIT_ASSERT_EQUAL(0, switches_);
  }

  void avoidedEndpointIsLeft() {
    client_->avoid(1);
    expectInUse(0);
    client_->avoid(0);
    expectInUse(1);
    CPPUNIT_ASSERT_EQUAL(1, switches_);
    CPPUNIT_ASSERT_EQUAL(std::string("1"), ask().body);
    client_->avoid(1);
    client_->avoid(2);
    expectInUse(0);
    CPPUNIT_ASSERT_EQUAL(3, switches_);
  }

  void timeoutIsForOneEndpoint() {
    scripts_[0] = scripts_[1] = [](const Request&) { return Reply{}; };
    std::optional<EndpointReply> reply;
    const Call call = client_->send(get(), into(reply));
    arrives(0);
    clock_->advance(*loop_, 5s - 1ms);
    CPPUNIT_ASSERT_EQUAL(0, servers_[1]->accepted());
    clock_->advance(*loop_, 2ms);
    arrives(1);  // sent 1 ms ago
    clock_->advance(*loop_, 5s - 2ms);
    CPPUNIT_ASSERT_EQUAL(0, servers_[2]->accepted());
    clock_->advance(*loop_, 2ms);
    CPPUNIT_ASSERT(turnUntil([&] { return reply.has_value(); }));
    CPPUNIT_ASSERT_EQUAL(std::string("2"), reply->body);
    expectInUse(2);
  }

  void heldRequestMayTakeLonger() {
    scripts_[0] = [](const Request&) { return Reply{}; };
    EndpointRequest request = get();
    request.endpoint = 0;
    request.held = 60s;
    std::optional<EndpointReply> reply;
    const Call call = client_->send(request, into(reply));
    arrives(0);
    clock_->advance(*loop_, 65s - 1ms);
    CPPUNIT_ASSERT(!reply);
    clock_->advance(*loop_, 2ms);
    CPPUNIT_ASSERT(turnUntil([&] { return reply.has_value(); }));
    CPPUNIT_ASSERT_EQUAL("store " + servers_[0]->address() + ": no reply within 65000ms",
                         reply->status.detail());
  }

  // With more held requests than connections to one host, others would wait for ever.
  void heldRequestsHaveConnectionsOfTheirOwn() {
    scripts_[0] = [](const Request& request) {
      return request.target == "/held" ? Reply{} : ScriptedServer::reply(200, "0");
    };
    EndpointRequest held;
    held.path = "/held";
    held.held = 60s;
    std::vector<Call> calls;
    for (int i = 0; i < 65; ++i) calls.push_back(client_->send(held, [](auto) {}));
    CPPUNIT_ASSERT(turnUntil([&] { return servers_[0]->requests().size() == 64; }));
    CPPUNIT_ASSERT_EQUAL(std::string("0"), ask().body);
    CPPUNIT_ASSERT_EQUAL(65, servers_[0]->accepted());
  }

  void wrongOptionsAreReportedByEveryRequest() {
    HttpEndpoints::Options wrong = options();
    wrong.addresses[1] = "ftp://x";
    client_ = std::make_unique<HttpEndpoints>(*loop_, wrong);
    for (int i = 0; i < 2; ++i) {
      const EndpointReply reply = ask();
      CPPUNIT_ASSERT(reply.status.kind() == ErrorKind::kInvalid);
      CPPUNIT_ASSERT_EQUAL(std::size_t(0), reply.status.detail().find("store address \"ftp://x\""));
    }
    CPPUNIT_ASSERT_EQUAL(std::string("ftp://x"), client_->address(1));
    CPPUNIT_ASSERT_EQUAL(servers_[0]->address(), client_->address());
    wrong.problem = Status::invalid("no such file");
    client_ = std::make_unique<HttpEndpoints>(*loop_, std::move(wrong));
    CPPUNIT_ASSERT_EQUAL(std::string("no such file"), ask().status.detail());
    std::optional<EndpointReply> ended;
    const Call call = client_->stream(
        get(), [](auto) {}, into(ended));
    CPPUNIT_ASSERT_MESSAGE("in a later turn", !ended);
    CPPUNIT_ASSERT(turnUntil([&] { return ended.has_value(); }));
    CPPUNIT_ASSERT_EQUAL(std::string("no such file"), ended->status.detail());
    CPPUNIT_ASSERT_EQUAL(0, servers_[0]->accepted());
  }

  void errorsQuoteWhatAPersonNeeds() {
    const std::string who = "store " + servers_[0]->address() + ": answered 400 to GET /x";
    const auto detailOf = [this](const std::string& body) {
      scripts_[0] = [body](const Request&) { return ScriptedServer::reply(400, body); };
      EndpointRequest request = get();
      request.path = "/x?secret=1";
      return ask(request).status.detail();
    };
    CPPUNIT_ASSERT_EQUAL(who, detailOf(""));
    CPPUNIT_ASSERT_EQUAL(who + ": a b", detailOf("a\tb\r\nmore"));
    CPPUNIT_ASSERT_EQUAL(who + ": " + std::string(200, 'x'), detailOf(std::string(200, 'x')));
    CPPUNIT_ASSERT_EQUAL(who + ": " + std::string(200, 'x'), detailOf(std::string(201, 'x')));
    HttpEndpoints::Options explained = options();
    explained.explain = [](const std::string& body) { return body == "e" ? "why\nmore" : ""; };
    client_ = std::make_unique<HttpEndpoints>(*loop_, std::move(explained));
    CPPUNIT_ASSERT_EQUAL(who + ": why", detailOf("e"));
    CPPUNIT_ASSERT_EQUAL(who + ": other", detailOf("other"));
  }

  void streamComesInPieces() {
    scripts_[0] = [](const Request&) {
      return Reply{
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", ScriptedServer::Then::kKeep, {}};
    };
    std::string pieces;
    std::optional<EndpointReply> ended;
    const Call call = client_->stream(
        get(), [&](const std::string& piece) { pieces += piece + "|"; }, into(ended));
    arrives(0);
    clock_->advance(*loop_, 24h);
    CPPUNIT_ASSERT_MESSAGE("the time-out counts until the reply begins", !ended);
    servers_[0]->send(1, "3\r\nabc\r\n");
    CPPUNIT_ASSERT(turnUntil([&] { return pieces == "abc|"; }));
    servers_[0]->send(1, "0\r\n\r\n");
    CPPUNIT_ASSERT(turnUntil([&] { return ended.has_value(); }));
    CPPUNIT_ASSERT(ended->status.ok());
    CPPUNIT_ASSERT_EQUAL(std::string(), ended->body);
  }

  void streamStaysWithItsEndpoint() {
    scripts_[0] = scripts_[2] = failWith(503);
    for (const std::size_t endpoint : {std::size_t(0), std::size_t(2)}) {
      EndpointRequest request = get();
      if (endpoint > 0) request.endpoint = endpoint;
      std::optional<EndpointReply> ended;
      const Call call = client_->stream(
          request, [](auto) {}, into(ended));
      CPPUNIT_ASSERT(turnUntil([&] { return ended.has_value(); }));
      CPPUNIT_ASSERT_EQUAL(
          "store " + servers_[endpoint]->address() + ": answered 503 to GET /x: failed",
          ended->status.detail() + ": failed");
      CPPUNIT_ASSERT_EQUAL(endpoint, ended->endpoint);
    }
    CPPUNIT_ASSERT_EQUAL(0, servers_[1]->accepted());
    expectInUse(0);
  }

  void cancelledBetweenEndpoints() {
    scripts_[0] = failWith(500);
    scripts_[1] = [](const Request&) { return Reply{}; };
    bool ran = false;
    Call call = client_->send(get(), [&](auto) { ran = true; });
    arrives(1);
    call.cancel();
    clock_->advance(*loop_, 1min);
    CPPUNIT_ASSERT(!ran);
    CPPUNIT_ASSERT_EQUAL(0, servers_[2]->accepted());
    expectInUse(0);
  }

  void callbackMayDestroyTheClient() {
    bool ran = false;
    const Call call = client_->send(get(), [&](auto) {
      client_.reset();
      ran = true;
    });
    CPPUNIT_ASSERT(turnUntil([&] { return ran; }));
  }

  void destroyedClientIsSilent() {
    int ran = 0;
    EndpointRequest held = get();
    held.held = 60s;
    std::vector<Call> calls;
    calls.push_back(client_->send(get(), [&](auto) { ++ran; }));
    calls.push_back(client_->send(held, [&](auto) { ++ran; }));
    calls.push_back(client_->stream(
        get(), [](auto) {}, [&](auto) { ++ran; }));
    client_.reset();
    clock_->advance(*loop_, 2min);
    CPPUNIT_ASSERT_EQUAL(0, ran);
  }

 private:
  HttpEndpoints::Options options() {
    HttpEndpoints::Options options;
    options.kind = "store";
    options.defaultPort = "1";
    for (const auto& server : servers_) options.addresses.push_back(server->address());
    options.onSwitch = [this] { ++switches_; };
    return options;
  }
  static EndpointRequest get() {
    EndpointRequest request;
    request.path = "/x";
    return request;
  }
  static ScriptedServer::Script failWith(int code) {
    return [code](const Request&) { return ScriptedServer::reply(code, ""); };
  }
  static HttpEndpoints::Done into(std::optional<EndpointReply>& reply) {
    return [&reply](EndpointReply given) { reply.emplace(std::move(given)); };
  }
  EndpointReply ask(const EndpointRequest& request = get()) {
    std::optional<EndpointReply> reply;
    const Call call = client_->send(request, into(reply));
    CPPUNIT_ASSERT_MESSAGE("in a later turn", !reply);
    CPPUNIT_ASSERT(turnUntil([&] { return reply.has_value(); }));
    return std::move(*reply);
  }
  // Time stands still: what needs none goes on, and no time-out can overtake it.
  bool turnUntil(const std::function<bool()>& done) { return test::turnUntil(*loop_, done); }
  void arrives(int server) {
    CPPUNIT_ASSERT(turnUntil([&] { return !servers_[server]->requests().empty(); }));
    test::turn(*loop_);
  }
  void expectInUse(std::size_t endpoint) {
    CPPUNIT_ASSERT_EQUAL(endpoint, client_->inUse());
    CPPUNIT_ASSERT_EQUAL(servers_[endpoint]->address(), client_->address());
  }

  std::unique_ptr<test::ManualClock> clock_;
  std::unique_ptr<EventLoop> loop_;
  ScriptedServer::Script scripts_[3];
  std::unique_ptr<ScriptedServer> servers_[3];
  int switches_ = 0;
  std::unique_ptr<HttpEndpoints> client_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(HttpEndpointsTest);

}  // namespace evmicro

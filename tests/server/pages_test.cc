#include <algorithm>
#include <functional>
#include <utility>

#include <evmicro/consul_registry.h>

#include "server/rpc_fixture.h"
#include "support/ports.h"
#include "support/prometheus_page.h"

namespace evmicro {

using test::PrometheusPage;
using test::RawPeer;
using test::runUntil;
using test::Text;
using test::text;
using namespace std::string_literals;

/// Plain HTTP on the port of the RPCs.
class PagesTest final : public test::RpcFixture {
  CPPUNIT_TEST_SUITE(PagesTest);
  CPPUNIT_TEST(healthToTheLetter);
  CPPUNIT_TEST(readyFromTheRegistrationToTheStop);
  CPPUNIT_TEST(notReadyWhileTheRegistryIsAway);
  CPPUNIT_TEST(unknownPathsAreNotFound);
  CPPUNIT_TEST(headHasNoBody);
  CPPUNIT_TEST(otherMethodsAreNotAllowed);
  CPPUNIT_TEST(postIsAlwaysACall);
  CPPUNIT_TEST(getNeverCallsAMethod);
  CPPUNIT_TEST(pagesBeforeAndAfterCallsOnOneConnection);
  CPPUNIT_TEST(pagesAndCallsMayBePipelined);
  CPPUNIT_TEST(manyPagesTakeManyTurns);
  CPPUNIT_TEST(aPageWaitsForTheAnswerBeforeIt);
  CPPUNIT_TEST(noPageInAStream);
  CPPUNIT_TEST(connectionCloseIsHonoured);
  CPPUNIT_TEST(http10IsAnsweredInKind);
  CPPUNIT_TEST(hostileTargetsAreNotFound);
  CPPUNIT_TEST(hostileRequestsAreRefused);
  CPPUNIT_TEST(whileStoppingPagesSayClose);
  CPPUNIT_TEST(metricsAreWellFormed);
  CPPUNIT_TEST(namesOfTheServiceAreEscaped);
  CPPUNIT_TEST(collectorsAddTheirNumbers);
  CPPUNIT_TEST(aCollectorThatThrowsIsAnError);
  CPPUNIT_TEST_SUITE_END();

 public:
  void healthToTheLetter() {
    start();
    for (const std::string path :
         {"/health", "/health/live", "/health/ready", "/health?verbose=1"}) {
      RawPeer& peer = connect();
      const std::string reply = get(peer, path);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(path, "HTTP/1.1 200 OK"s, firstLine(reply));
      CPPUNIT_ASSERT_MESSAGE(reply, has(reply, "\r\nContent-Type: text/plain; charset=utf-8\r\n"));
      CPPUNIT_ASSERT_MESSAGE(reply, has(reply, "\r\nCache-Control: no-store\r\n"));
      CPPUNIT_ASSERT_MESSAGE(reply, has(reply, "\r\nContent-Length: 3\r\n"));
      CPPUNIT_ASSERT_EQUAL("ok\n"s, bodyOf(reply));
    }
  }

  void readyFromTheRegistrationToTheStop() {
    ServerOptions options;
    options.grace = std::chrono::seconds(60);
    makeServer(options);
    start();
    RawPeer& before = connect();
    CPPUNIT_ASSERT_EQUAL("HTTP/1.1 200 OK"s, firstLine(get(before, "/health/ready")));
    server_->stop([](Status) {});
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return !server_->stats().registered; }));
    RawPeer& peer = connect();
    const std::string reply = get(peer, "/health/ready");
    CPPUNIT_ASSERT_EQUAL("HTTP/1.1 503 Service Unavailable"s, firstLine(reply));
    CPPUNIT_ASSERT_EQUAL("not ready: stopping\n"s, bodyOf(reply));
    CPPUNIT_ASSERT_EQUAL("HTTP/1.1 200 OK"s, firstLine(get(connect(), "/health/live")));
  }

  void notReadyWhileTheRegistryIsAway() {
    const auto away = makeConsulRegistry(*loop_, awayConsul());
    ServerOptions options;
    options.name = "echo";
    options.address = "127.0.0.1:0";
    server_ = std::make_unique<Server>(*loop_, *transport_, *away, options);
    server_->start([](Status) {});
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return server_->stats().heartbeatFailures > 0; }));
    const std::string reply = get(connect(), "/health/ready");
    CPPUNIT_ASSERT_EQUAL("HTTP/1.1 503 Service Unavailable"s, firstLine(reply));
    CPPUNIT_ASSERT_EQUAL("not ready: not registered\n"s, bodyOf(reply));
    const PrometheusPage page = metrics();
    CPPUNIT_ASSERT_EQUAL(0.0, page.at("evmicro_registry_registered"));
    CPPUNIT_ASSERT(page.at("evmicro_registry_heartbeat_failures_total") >= 1);
    server_.reset();
  }

  void unknownPathsAreNotFound() {
    start();
    for (const std::string path : {"/", "/nothing", "/health/", "/Health", "/metrics/x", "/_sub"}) {
      const std::string reply = get(connect(), path);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(path, "HTTP/1.1 404 Not Found"s, firstLine(reply));
      CPPUNIT_ASSERT_EQUAL("404 page not found\n"s, bodyOf(reply));
    }
  }

  void headHasNoBody() {
    start();
    RawPeer& peer = connect();
    peer.send("HEAD /health HTTP/1.1\r\nHost: x\r\n\r\nGET /health HTTP/1.1\r\nHost: x\r\n\r\n");
    CPPUNIT_ASSERT(receives(peer, "\r\n\r\nok\n"));
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), peer.count("Content-Length: 3\r\n"));
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), peer.count("ok\n"));
    peer.forget();
    peer.send(request(kSay));
    CPPUNIT_ASSERT(receives(peer, "\r\n\r\n{\"id\":0"));
    peer.forget();
    peer.send("HEAD /health HTTP/1.1\r\nHost: x\r\n\r\nGET /health HTTP/1.1\r\nHost: x\r\n\r\n");
    CPPUNIT_ASSERT(receives(peer, "\r\n\r\nok\n"));
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), peer.count("Content-Length: 3\r\n"));
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), peer.count("ok\n"));
  }

  void otherMethodsAreNotAllowed() {
    start();
    for (const std::string method : {"PUT", "DELETE", "PATCH", "TRACE", "FOO"}) {
      RawPeer& peer = connect();
      peer.send(method + " /health HTTP/1.1\r\nHost: x\r\n\r\n");
      CPPUNIT_ASSERT(ends(peer));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(method, "HTTP/1.1 405 Method Not Allowed"s,
                                   firstLine(peer.received()));
      CPPUNIT_ASSERT_MESSAGE(peer.received(), peer.has("\r\nAllow: GET, HEAD, OPTIONS, POST\r\n"));
    }
  }

  void postIsAlwaysACall() {
    start();
    RawPeer& peer = connect();
    std::string call = request(kSay);
    call.replace(call.find("/ "), 2, "/metrics ");
    peer.send(call);
    CPPUNIT_ASSERT(receives(peer, "{\"id\":0,\"result\":{\"status\":\"hi\"}"));
  }

  void getNeverCallsAMethod() {
    start();
    RawPeer& peer = connect();
    std::string call = request(kSay);
    call.replace(0, 4, "GET");
    peer.send(call + call);
    CPPUNIT_ASSERT(receives(peer, "HTTP/1.1 404 Not Found", 2));
    peer.send(request(kSay) + call);
    CPPUNIT_ASSERT(receives(peer, "HTTP/1.1 404 Not Found", 3));
    CPPUNIT_ASSERT_EQUAL(1, said_);
  }

  void pagesBeforeAndAfterCallsOnOneConnection() {
    start();
    RawPeer& peer = connect();
    for (int round = 0; round < 3; ++round) {
      CPPUNIT_ASSERT_EQUAL("ok\n"s, bodyOf(get(peer, "/health")));
      const PrometheusPage page(bodyOf(get(peer, "/metrics")));
      CPPUNIT_ASSERT_EQUAL(double(round), page.at(kSuccesses));
      peer.forget();
      peer.send(request(kSay));
      CPPUNIT_ASSERT(receives(peer, "\r\n\r\n{\"id\":0,\"result\":{\"status\":\"hi\"}"));
    }
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), server_->stats().listener.accepted);
  }

  void pagesAndCallsMayBePipelined() {
    start();
    RawPeer& peer = connect();
    const std::string page = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";
    peer.send(page + page + request(kSay) + page + request(kSay) + request(kSay) + page);
    CPPUNIT_ASSERT(receives(peer, "HTTP/1.1 200 OK", 7));
    CPPUNIT_ASSERT(receives(peer, "\r\n\r\nok\n", 4));
    std::string order;
    for (std::size_t at = 0; (at = peer.received().find("\r\n\r\n", at)) != std::string::npos;) {
      order += peer.received()[at += 4];
    }
    CPPUNIT_ASSERT_EQUAL("oo{o{{o"s, order);
  }

  // A page of metrics is much work for a short request: 16 KiB of them stopped the loop for long.
  void manyPagesTakeManyTurns() {
    constexpr std::size_t kPages = 300;
    std::size_t pages = 0, turn = 0, inTurn = 0, most = 0;
    server_->collect([&](Metrics&) {
      inTurn = std::exchange(turn, 0) == 0 ? inTurn + 1 : 1;
      most = std::max(most, inTurn);
      ++pages;
    });
    start();
    Call next;
    const std::function<void()> count = [&] {
      ++turn;
      next = loop_->defer(count);
    };
    count();
    RawPeer& peer = connect();
    const std::string one =
        "GET /metrics HTTP/1.1\r\nHost: h\r\nX: " + std::string(300, 'x') + "\r\n\r\n";
    std::string all;  // more than is read ahead
    for (std::size_t i = 0; i < kPages; ++i) all += one;
    peer.send(all);
    peer.finish();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] {
      if (peer.received().size() > (1U << 20)) peer.forget();
      return pages == kPages;
    }));
    CPPUNIT_ASSERT(ends(peer));
    // One that the socket reports, and one that was left.
    CPPUNIT_ASSERT(most <= 2);
  }

  void aPageWaitsForTheAnswerBeforeIt() {
    std::optional<Reply<Text>> held;
    server_->handle<Text, Text>("Echo.Hold", [&held](Context, const Text&, Reply<Text> reply) {
      held.emplace(std::move(reply));
    });
    start();
    RawPeer& peer = connect();
    peer.send(request(R"({"method":"Echo.Hold","params":[{}],"id":7})") +
              "GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return held.has_value(); }));
    CPPUNIT_ASSERT_EQUAL(1.0, metrics().at("evmicro_server_calls_in_flight{method=\"Echo.Hold\"}"));
    CPPUNIT_ASSERT_EQUAL(std::string(), peer.received());
    held->send(text("late"));
    CPPUNIT_ASSERT(receives(peer, "\r\n\r\nok\n"));
    CPPUNIT_ASSERT(peer.received().find("late") < peer.received().find("ok\n"));
    held.reset();
  }

  void noPageInAStream() {
    std::vector<ServerStream<Text, Text>> open;
    server_->handleStream<Text, Text>("Echo.Stream",
                                      [&open](Context, ServerStream<Text, Text> stream) {
                                        stream.onMessage([](const Text&) {});
                                        open.push_back(std::move(stream));
                                      });
    start();
    RawPeer& peer = connect();
    peer.send(request(R"({"method":"Echo.Stream","params":[{}],"id":0})"));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return !open.empty(); }));
    CPPUNIT_ASSERT_EQUAL(1.0, metrics().at("evmicro_server_streams_open{method=\"Echo.Stream\"}"));
    peer.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
    CPPUNIT_ASSERT(ends(peer));
    CPPUNIT_ASSERT_EQUAL("HTTP/1.1 405 Method Not Allowed"s, firstLine(peer.received()));
    open.clear();
  }

  void connectionCloseIsHonoured() {
    start();
    for (const bool afterACall : {false, true}) {
      RawPeer& peer = afterACall ? called() : connect();
      peer.send("GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      CPPUNIT_ASSERT(ends(peer));
      CPPUNIT_ASSERT_MESSAGE(peer.received(), peer.has("\r\nConnection: close\r\n"));
      CPPUNIT_ASSERT_EQUAL("ok\n"s, bodyOf(peer.received()));
    }
  }

  void http10IsAnsweredInKind() {
    start();
    for (const bool afterACall : {false, true}) {
      RawPeer& peer = afterACall ? called() : connect();
      peer.send("GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
      CPPUNIT_ASSERT(receives(peer, "\r\n\r\nok\n"));
      CPPUNIT_ASSERT_MESSAGE(peer.received(), peer.has("\r\nConnection: keep-alive\r\n"));
      peer.forget();
      peer.send("GET /health HTTP/1.0\r\n\r\n");
      CPPUNIT_ASSERT(ends(peer));
      CPPUNIT_ASSERT_EQUAL("ok\n"s, bodyOf(peer.received()));
    }
  }

  void hostileTargetsAreNotFound() {
    start();
    for (const std::string& target :
         {"/health%00"s, "/health/../metrics"s, "//health"s, "/%68ealth"s, "*"s, "/metrics;x"s,
          "http://evil.example//health"s, "/health%0d%0aX-Injected:1"s,
          "/" + std::string(60'000, 'a')}) {
      const std::string reply = get(connect(), target);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(target, "HTTP/1.1 404 Not Found"s, firstLine(reply));
      CPPUNIT_ASSERT_EQUAL("404 page not found\n"s, bodyOf(reply));
    }
    CPPUNIT_ASSERT_EQUAL("ok\n"s, bodyOf(get(connect(), "http://any.example/health?x#y")));
    RawPeer& taken = called();
    CPPUNIT_ASSERT_EQUAL("ok\n"s, bodyOf(get(taken, "http://any.example/health?x#y")));
    CPPUNIT_ASSERT_EQUAL("404 page not found\n"s, bodyOf(get(taken, "/health%00")));
  }

  void hostileRequestsAreRefused() {
    start();
    const std::vector<std::pair<std::string, std::string>> hostile = {
        {"400",
         "GET /health HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"},
        {"501", "GET /health HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n"},
        {"400", "GET /hea\0lth HTTP/1.1\r\nHost: x\r\n\r\n"s},
        {"431", "GET /" + std::string(70'000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n"},
        {"431", "GET /health HTTP/1.1\r\nHost: h\r\nX: " + std::string(70'000, 'a') + "\r\n\r\n"},
    };
    for (const auto& [status, bytes] : hostile) {
      for (const std::string& first : {""s, request(kSay)}) {
        RawPeer& peer = connect();
        peer.send(first + bytes + "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
        CPPUNIT_ASSERT(ends(peer));
        CPPUNIT_ASSERT_MESSAGE(peer.received(), peer.has("HTTP/1.1 " + status));
        CPPUNIT_ASSERT_MESSAGE(peer.received(), !peer.has("evmicro_"));
      }
    }
    peers_.clear();
    const PrometheusPage page = metrics();
    CPPUNIT_ASSERT_EQUAL(6.0,
                         page.at("evmicro_server_requests_refused_total{reason=\"malformed\"}"));
    CPPUNIT_ASSERT_EQUAL(4.0,
                         page.at("evmicro_server_requests_refused_total{reason=\"too_large\"}"));
  }

  void whileStoppingPagesSayClose() {
    ServerOptions options;
    options.grace = std::chrono::seconds(60);
    makeServer(options);
    start();
    RawPeer& fresh = connect();
    RawPeer& taken = called();
    get(fresh, "/health");
    server_->stop([](Status) {});
    for (RawPeer* peer : {&fresh, &taken}) {
      peer->forget();
      peer->send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
      CPPUNIT_ASSERT(ends(*peer));
      CPPUNIT_ASSERT_MESSAGE(peer->received(), peer->has("\r\nConnection: close\r\n"));
      CPPUNIT_ASSERT_EQUAL("ok\n"s, bodyOf(peer->received()));
    }
  }

  void metricsAreWellFormed() {
    start();
    const std::string reply = get(connect(), "/metrics");
    CPPUNIT_ASSERT_MESSAGE(
        reply, has(reply, "\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
    const PrometheusPage page(bodyOf(reply));
    CPPUNIT_ASSERT_EQUAL(1.0, page.at("evmicro_server_connections_open"));
    CPPUNIT_ASSERT_EQUAL(1.0, page.at("evmicro_server_connections_accepted_total"));
    CPPUNIT_ASSERT_EQUAL(0.0, page.at("evmicro_server_accept_deferrals_total"));
    CPPUNIT_ASSERT_EQUAL(1.0, page.at("evmicro_registry_registered"));
    CPPUNIT_ASSERT_EQUAL(0.0, page.at(kSuccesses));
    CPPUNIT_ASSERT_EQUAL(0.0, page.at("evmicro_loop_lag_seconds_count"));
    CPPUNIT_ASSERT(page.at("process_resident_memory_bytes") > 1e6);
    CPPUNIT_ASSERT(page.at("process_threads") >= 1);
    CPPUNIT_ASSERT_EQUAL("histogram"s, page.typeOf("evmicro_server_call_duration_seconds"));
  }

  void namesOfTheServiceAreEscaped() {
    ServerOptions options;
    options.version = "1\"\\\n2";
    options.id = "x";
    makeServer(options);
    start();
    const PrometheusPage page = metrics();
    const std::string wanted = "service_version=\"1\\\"\\\\\\n2\"";
    const bool found =
        std::any_of(page.series().begin(), page.series().end(),
                    [&wanted](const auto& series) { return has(series.first, wanted); });
    CPPUNIT_ASSERT(found);
  }

  void collectorsAddTheirNumbers() {
    server_->collect([](Metrics& metrics) {
      metrics.gauge("jobs_waiting", "Jobs.", 7, {{"queue", "a\nb"}});
    });
    start();
    CPPUNIT_ASSERT_EQUAL(7.0, metrics().at("jobs_waiting{queue=\"a\\nb\"}"));
  }

  void aCollectorThatThrowsIsAnError() {
    bool odd = false;
    server_->collect([&odd](Metrics& metrics) {
      if (odd) throw 7;
      metrics.gauge("bad name", "Jobs.", 7);
    });
    start();
    const std::string reply = get(connect(), "/metrics");
    CPPUNIT_ASSERT_EQUAL("HTTP/1.1 500 Internal Server Error"s, firstLine(reply));
    CPPUNIT_ASSERT_EQUAL("metrics: \"bad name\" is not a valid name of a metric\n"s, bodyOf(reply));
    odd = true;
    CPPUNIT_ASSERT_EQUAL("a collector threw something unknown\n"s,
                         bodyOf(get(connect(), "/metrics")));
  }

 private:
  static constexpr const char* kSay = R"({"method":"Echo.Say","params":[{"status":"hi"}],"id":0})";
  static constexpr const char* kSuccesses =
      "evmicro_server_calls_total{code=\"200\",method=\"Echo.Say\"}";

  static bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }
  static std::string firstLine(const std::string& reply) {
    return reply.substr(0, reply.find("\r\n"));
  }
  static std::string bodyOf(const std::string& reply) {
    const std::size_t end = reply.find("\r\n\r\n");
    return end == std::string::npos ? std::string() : reply.substr(end + 4);
  }
  static bool whole(const std::string& reply) {
    const std::size_t length = reply.find("Content-Length: ");
    return has(reply, "\r\n\r\n") && length != std::string::npos &&
           bodyOf(reply).size() >= std::stoul(reply.substr(length + 16));
  }
  static ConsulOptions awayConsul() {
    ConsulOptions options;
    options.addresses = {test::freeAddress()};
    return options;
  }

  void start() {
    server_->handle<Text, Text>("Echo.Say", [this](Context&, const Text& in, Text& out) -> Status {
      ++said_;
      out = in;
      return {};
    });
    said_ = 0;
    RpcFixture::start();
  }

  /// A connection on which a call has been answered.
  RawPeer& called() {
    RawPeer& peer = connect();
    peer.send(request(kSay));
    CPPUNIT_ASSERT(receives(peer, "\"result\""));
    peer.forget();
    return peer;
  }
  /// A whole reply on `peer`, which stays open.
  std::string get(RawPeer& peer, const std::string& target) {
    peer.forget();
    peer.send("GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n");
    CPPUNIT_ASSERT_MESSAGE(target, runUntil(*loop_, [&] { return whole(peer.received()); }));
    return peer.received();
  }
  PrometheusPage metrics() { return PrometheusPage(bodyOf(get(connect(), "/metrics"))); }

  int said_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(PagesTest);

}  // namespace evmicro

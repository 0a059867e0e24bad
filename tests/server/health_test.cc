// What a program says about the parts that it needs.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <evmicro/health.h>

#include "server/rpc_fixture.h"
#include "support/prometheus_page.h"

namespace evmicro {

using test::PrometheusPage;
using test::RawPeer;
using test::runUntil;
using test::Text;

class HealthTest final : public test::RpcFixture {
  CPPUNIT_TEST_SUITE(HealthTest);
  CPPUNIT_TEST(pagesSayWhatIsWrong);
  CPPUNIT_TEST(callsSayWhatIsWrong);
  CPPUNIT_TEST(eachPartCounts);
  CPPUNIT_TEST(metricsNameTheParts);
  CPPUNIT_TEST(stoppingComesFirst);
  CPPUNIT_TEST(changesAreTold);
  CPPUNIT_TEST(mayChangeWhileItIsTold);
  CPPUNIT_TEST(outlivesTheServer);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    RpcFixture::setUp();
    database_ = std::make_unique<Health>(*loop_, "database");
    server_->require(*database_);
  }
  void tearDown() override {
    database_.reset();
    RpcFixture::tearDown();
  }

  void pagesSayWhatIsWrong() {
    start();
    expect("200 ok\n", "/health");
    expect("200 ok\n", "/health/ready");
    database_->set(Status::unavailable("no disk"));
    expect("503 not ok: no disk\n", "/health");
    expect("503 not ready: no disk\n", "/health/ready");
    expect("200 ok\n", "/health/live");
    CPPUNIT_ASSERT(server_->stats().registered);
    database_->set({});
    expect("200 ok\n", "/health");
    expect("200 ok\n", "/health/ready");
  }

  void callsSayWhatIsWrong() {
    start();
    CPPUNIT_ASSERT_EQUAL(std::string("ok"), call("Debug.Health", "")->status());
    database_->set(Status::unavailable("no disk"));
    CPPUNIT_ASSERT_EQUAL(std::string("not ok: no disk"), call("Debug.Health", "")->status());
  }

  void eachPartCounts() {
    const Health cache(*loop_, "cache");
    server_->require(cache);
    start();
    cache.set(Status::internal("full"));
    expect("503 not ok: full\n", "/health");
    database_->set(Status::unavailable("no disk"));
    expect("503 not ok: no disk\n", "/health");
    cache.set({});
    expect("503 not ok: no disk\n", "/health");
    database_->set({});
    expect("200 ok\n", "/health");
  }

  void metricsNameTheParts() {
    start();
    CPPUNIT_ASSERT_EQUAL(1.0, healthy());
    database_->set(Status::unavailable("no disk"));
    CPPUNIT_ASSERT_EQUAL(0.0, healthy());
  }

  void stoppingComesFirst() {
    ServerOptions options;
    options.grace = std::chrono::seconds(60);
    makeServer(options);
    server_->require(*database_);
    start();
    database_->set(Status::unavailable("no disk"));
    server_->stop([](Status) {});
    expect("503 not ready: stopping\n", "/health/ready");
    expect("503 not ok: no disk\n", "/health");
  }

  void changesAreTold() {
    std::vector<std::string> told;
    auto token = database_->onChange(
        [&](const Status& status) { told.push_back(status.ok() ? "ok" : status.detail()); });
    const Health copy = *database_;
    copy.set(Status::unavailable("a"));
    CPPUNIT_ASSERT(told.empty());  // in a later turn
    copy.set(Status::unavailable("a"));
    copy.set(Status::unavailable("b"));
    copy.set({});
    copy.set({});
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return told.size() == 3; }));
    CPPUNIT_ASSERT(told == std::vector<std::string>({"a", "b", "ok"}));
    copy.set(Status::unavailable("c"));
    token.cancel();
    turn();
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, told.size());
    CPPUNIT_ASSERT_EQUAL(std::string("c"), database_->status().detail());
  }

  void mayChangeWhileItIsTold() {
    int told = 0;
    std::optional<Subscription> token = database_->onChange([&](const Status&) {
      ++told;
      token.reset();
      database_->set({});
      database_.reset();
    });
    database_->set(Status::unavailable("a"));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return told == 1; }));
    turn();
    CPPUNIT_ASSERT_EQUAL(1, told);
    start();
    expect("200 ok\n", "/health");
  }

  void outlivesTheServer() {
    start();
    database_->set(Status::unavailable("a"));
    server_.reset();
    database_->set({});
    turn();
    CPPUNIT_ASSERT(database_->status().ok());
  }

 private:
  void turn() {
    bool turned = false;
    const Call later = loop_->defer([&] { turned = true; });
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return turned; }));
  }
  std::string get(const std::string& path) {
    RawPeer& peer = connect();
    peer.send("GET " + path + " HTTP/1.0\r\n\r\n");
    CPPUNIT_ASSERT(ends(peer));
    return peer.received();
  }
  static std::string bodyOf(const std::string& reply) {
    return reply.substr(reply.find("\r\n\r\n") + 4);
  }
  void expect(const std::string& expected, const std::string& path) {
    const std::string reply = get(path);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(path, expected, reply.substr(9, 3) + " " + bodyOf(reply));
  }
  double healthy() {
    return PrometheusPage(bodyOf(get("/metrics"))).at("evmicro_healthy{part=\"database\"}");
  }

  std::unique_ptr<Health> database_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(HealthTest);

}  // namespace evmicro

// A client that keeps calling while its services and its registry start and stop.
#include <csignal>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/event_loop.h>

#include "integration/constant_caller.h"
#include "integration/greeter_process.h"
#include "support/captured_log.h"
#include "support/consul_server.h"
#include "support/http_get.h"
#include "support/registry_query.h"
#include "support/turn_until.h"

namespace evmicro {

using namespace std::chrono_literals;

namespace {

const std::string kPassing = "/v1/health/service/greeter?passing=1";

// Heartbeats are shortened: the interval is what the tests wait for.
const std::vector<std::string> kFlags = {"--register_interval", "1s", "--register_ttl", "3s"};

bool lists(const std::string& body, const std::string& id) {
  return body.find("\"" + id + "\"") != std::string::npos;
}

}  // namespace

class HealingTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HealingTest);
  CPPUNIT_TEST(emptyRegistryAndKilledNodeCostOnlyCallsInFlight);
  CPPUNIT_TEST(rollingRestartLosesNoCall);
  CPPUNIT_TEST(wipedRegistryIsFilledAgain);
  CPPUNIT_TEST(readinessFollowsTheRegistry);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    consul_ = std::make_unique<test::ConsulServer>();
    loop_ = std::make_unique<EventLoop>();
    for (int i = 0; i < 3; ++i) greeters_.push_back(startGreeter());
  }
  void tearDown() override {
    endWorker();
    over_ = std::promise<void>();
    caller_.reset();
    loop_.reset();
    greeters_.clear();
    consul_.reset();
  }

  void emptyRegistryAndKilledNodeCostOnlyCallsInFlight() {
    test::CapturedLog log("registry");
    caller_ = makeCaller();
    awaitCalls(100);
    CPPUNIT_ASSERT_EQUAL(std::string(), caller_->allFailures());
    const std::string killed = greeters_.back()->address();
    meanwhile([this] {
      consul_->kill();
      greeters_.back()->process().signal(SIGKILL);
      consul_->start();
      for (int i = 0; i < 2; ++i) {
        const std::string& id = greeters_[static_cast<std::size_t>(i)]->nodeId();
        test::awaitRegistry(consul_->address(), kPassing,
                            [&](const std::string& body) { return lists(body, id); });
      }
    });
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [this] { return caller_->view().stale == 0; }));
    awaitCalls(200);
    // At 200 calls a second more than a few are never in flight.
    CPPUNIT_ASSERT_MESSAGE(caller_->allFailures(), caller_->failures().size() <= 3);
    for (const std::string& failure : caller_->failures()) {
      CPPUNIT_ASSERT_MESSAGE(failure, failure.find(" at " + killed + ": ") != std::string::npos);
    }
    std::string all;
    for (const std::string& line : log.lines()) all += line + "\n";
    CPPUNIT_ASSERT_EQUAL_MESSAGE(all, std::size_t(2), log.lines().size());
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), log.lines()[0].find("WARN Registry unavailable: "));
    CPPUNIT_ASSERT_EQUAL(std::size_t(0),
                         log.lines()[1].find("INFO Registry available again after "));
  }

  void rollingRestartLosesNoCall() {
    test::CapturedLog log("registry");
    caller_ = makeCaller();
    awaitCalls(100);
    meanwhile([this] {
      for (auto& greeter : greeters_) {
        auto next = startGreeter();
        greeter->process().signal(SIGTERM);
        if (greeter->process().wait() != 0) throw std::runtime_error(greeter->process().report());
        greeter = std::move(next);
      }
    });
    awaitCalls(100);
    std::string all;
    for (const std::string& line : log.lines()) all += line + "\n";
    CPPUNIT_ASSERT_EQUAL(std::string(), all);
    CPPUNIT_ASSERT_EQUAL(std::string(), caller_->allFailures());
  }

  // The registry runs on, and has forgotten everybody.
  void wipedRegistryIsFilledAgain() {
    caller_ = makeCaller();
    awaitCalls(100);
    meanwhile([this] {
      consul_->forgetServices();
      for (auto& greeter : greeters_) isListedAgain(*greeter);
    });
    awaitCalls(200);
    CPPUNIT_ASSERT_EQUAL(std::string(), caller_->allFailures());
  }

  // It is away for longer than a registration lasts, and comes back with nothing.
  void readinessFollowsTheRegistry() {
    caller_ = makeCaller();
    awaitCalls(100);
    meanwhile([this] {
      consul_->kill();
      for (auto& greeter : greeters_) {
        awaitReadiness(*greeter, 503, "not ready: not registered\n");
      }
      consul_->start();
      for (auto& greeter : greeters_) comesBack(*greeter);
    });
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [this] { return caller_->view().stale == 0; }));
    awaitCalls(200);
    CPPUNIT_ASSERT_EQUAL(std::string(), caller_->allFailures());
  }

 private:
  // It says that it was lost, and then that it is found; both in the log and by its readiness.
  void comesBack(test::ServiceProcess& greeter) {
    for (const char* line : {"Heartbeat failed: ", "Registered again\n"}) awaitLine(greeter, line);
    isListedAgain(greeter);
  }
  // A heartbeat that found its check, and then no node in the catalogue, has mended that itself: it
  // has not failed.
  void isListedAgain(test::ServiceProcess& greeter) {
    awaitLine(greeter, "; registering again\n");
    test::awaitRegistry(consul_->address(), kPassing,
                        [&](const std::string& body) { return lists(body, greeter.nodeId()); });
    awaitReadiness(greeter, 200, "ok\n");
  }
  static void awaitLine(test::ServiceProcess& greeter, const char* line) {
    if (!greeter.process().prints(line)) throw std::runtime_error(greeter.process().report());
  }

  static void awaitReadiness(const test::ServiceProcess& greeter, int status,
                             const std::string& body) {
    const auto until = std::chrono::steady_clock::now() + test::Process::kPatience;
    std::optional<test::HttpAnswer> answer;
    do {
      answer = test::httpGet(greeter.address(), "/health/ready");
      if (answer && answer->status == status && answer->body == body) return;
    } while (std::chrono::steady_clock::now() < until);
    throw std::runtime_error("readiness is " + (answer ? answer->body : "silent") + ", not " +
                             body);
  }

  std::unique_ptr<test::ServiceProcess> startGreeter() {
    return std::make_unique<test::ServiceProcess>("greeter", consul_->address(), kFlags);
  }

  std::unique_ptr<test::ConstantCaller> makeCaller() {
    ServiceOptions options;
    options.name = "caller";
    options.registryAddresses = {consul_->address()};
    return std::make_unique<test::ConstantCaller>(*loop_, options);
  }

  void awaitCalls(int more) {
    const int wanted = caller_->ended() + more;
    CPPUNIT_ASSERT_MESSAGE(caller_->allFailures(),
                           test::turnUntil(*loop_, [&] { return caller_->ended() >= wanted; }));
  }

  // Runs `work`, which blocks, while the loop turns. Its thread stays to the end of the test: what
  // it has started dies with it.
  void meanwhile(const std::function<void()>& work) {
    std::string problem;
    bool done = false;
    worker_ = std::thread([&] {
      try {
        work();
      } catch (const std::exception& e) {
        problem = e.what();
      }
      loop_->post([&done] { done = true; });
      over_.get_future().wait();
    });
    const bool ended = test::turnUntil(
        *loop_, [&] { return done; }, 120s);
    if (!ended) endWorker();
    CPPUNIT_ASSERT_EQUAL(std::string(), problem);
    CPPUNIT_ASSERT(ended);
  }
  void endWorker() {
    if (!worker_.joinable()) return;
    over_.set_value();
    worker_.join();
  }

  std::unique_ptr<test::ConsulServer> consul_;
  std::unique_ptr<EventLoop> loop_;
  std::vector<std::unique_ptr<test::ServiceProcess>> greeters_;
  std::unique_ptr<test::ConstantCaller> caller_;
  std::promise<void> over_;
  std::thread worker_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(HealingTest);

}  // namespace evmicro

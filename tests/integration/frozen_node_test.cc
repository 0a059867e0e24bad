// One of three nodes freezes: its connections stay, new ones are accepted, and nothing answers.
#include <memory>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include "integration/constant_caller.h"
#include "integration/greeter_process.h"
#include "support/agent_process.h"
#include "support/captured_log.h"
#include "support/turn_until.h"

namespace evmicro {

using namespace std::chrono_literals;

class FrozenNodeTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(FrozenNodeTest);
  CPPUNIT_TEST(randomFindsItOut);
  CPPUNIT_TEST(roundRobinFindsItOut);
  CPPUNIT_TEST(leastConnFindsItOut);
  CPPUNIT_TEST(blacklistFindsItOut);
  CPPUNIT_TEST(itIsBackWhenItAnswers);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    agent_ = std::make_unique<test::AgentProcess>();
    loop_ = std::make_unique<EventLoop>();
    for (int i = 0; i < 3; ++i) {
      greeters_.push_back(std::make_unique<test::ServiceProcess>("greeter", agent_->address()));
    }
  }
  void tearDown() override {
    caller_.reset();
    loop_.reset();
    greeters_.clear();
    agent_.reset();
  }

  void randomFindsItOut() { findsItOut("random"); }
  void roundRobinFindsItOut() { findsItOut("roundrobin"); }
  void leastConnFindsItOut() { findsItOut("leastconn"); }
  void blacklistFindsItOut() { findsItOut("blacklist"); }

  void itIsBackWhenItAnswers() {
    const test::CapturedLog log("client");
    freezeOneUnderLoad("roundrobin");
    // The first health check must have failed, so that there is something to come back from.
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return !log.lines().empty(); }));
    greeters_[0]->process().thaw();
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return caller_->outliers().ejected == 0; }));
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), log.lines().size());
  }

 private:
  void freezeOneUnderLoad(const std::string& selector) {
    ServiceOptions options;
    options.name = "caller";
    options.registryAddresses = {agent_->address()};
    options.selector = selector;
    options.client.requestTimeout = 2s;
    caller_ = std::make_unique<test::ConstantCaller>(*loop_, options);
    awaitCalls(200);
    CPPUNIT_ASSERT_EQUAL(std::string(), caller_->allFailures());
    greeters_[0]->process().freeze();
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return caller_->outliers().ejected == 1; }));
  }

  // Calls made before it is ejected time out; then there are no more.
  void findsItOut(const std::string& selector) {
    freezeOneUnderLoad(selector);
    awaitCalls(800);
    caller_->stop();
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return caller_->open() == 0; }));
    CPPUNIT_ASSERT_MESSAGE(caller_->allFailures(), caller_->failures().size() <= 5);
    for (const std::string& failure : caller_->failures()) {
      CPPUNIT_ASSERT_MESSAGE(failure, failure.find(greeters_[0]->address()) != std::string::npos);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), caller_->outliers().ejected);
  }

  void awaitCalls(int more) {
    const int wanted = caller_->ended() + more;
    CPPUNIT_ASSERT_MESSAGE(caller_->allFailures(),
                           test::turnUntil(*loop_, [&] { return caller_->ended() >= wanted; }));
  }

  std::unique_ptr<test::AgentProcess> agent_;
  std::unique_ptr<EventLoop> loop_;
  std::vector<std::unique_ptr<test::ServiceProcess>> greeters_;
  std::unique_ptr<test::ConstantCaller> caller_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(FrozenNodeTest);

}  // namespace evmicro

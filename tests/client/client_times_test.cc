// The timeouts of calls, to the microsecond.
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "server/rpc_fixture.h"
#include "support/manual_clock.h"
#include "support/scripted_server.h"

namespace evmicro::test {

using namespace std::chrono_literals;

class ClientTimesTest final : public RpcFixture {
  CPPUNIT_TEST_SUITE(ClientTimesTest);
  CPPUNIT_TEST(aCallEndsAtItsTime);
  CPPUNIT_TEST(fiveSecondsUnlessSaid);
  CPPUNIT_TEST(theEarlierOfCallAndContextCounts);
  CPPUNIT_TEST(withoutLimitACallMayTakeForEver);
  CPPUNIT_TEST(aHugeTimeIsAYear);
  CPPUNIT_TEST(thePeerIsToldWhatIsLeft);
  CPPUNIT_TEST(aCallWithoutTimeLeftStartsNothing);
  CPPUNIT_TEST(anAnswerInTimeIsTaken);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    clock_ = std::make_unique<ManualClock>();
    RpcFixture::setUp();
    silent_ = std::make_unique<ScriptedServer>(
        *loop_, [](const ScriptedServer::Request&) { return ScriptedServer::Reply{}; });
    end_.reset();
  }
  void tearDown() override {
    client_.reset();
    silent_.reset();
    RpcFixture::tearDown();
    clock_.reset();
  }

  void aCallEndsAtItsTime() {
    begin(20ms);
    expectTimeoutAfter(20ms);
    CPPUNIT_ASSERT_MESSAGE(end_->detail(),
                           end_->detail().find(silent_->address()) != std::string::npos);
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return silent_->open() == 0; }));
    CPPUNIT_ASSERT_EQUAL(1, silent_->resets());
  }

  void fiveSecondsUnlessSaid() {
    begin(std::nullopt);
    expectTimeoutAfter(5s);
  }

  void theEarlierOfCallAndContextCounts() {
    begin(20ms, Context().withTimeout(30ms));
    expectTimeoutAfter(20ms);
    begin(30ms, Context().withTimeout(20ms));
    expectTimeoutAfter(20ms);
    begin(0ms, Context().withTimeout(20ms));
    expectTimeoutAfter(20ms);
  }

  void withoutLimitACallMayTakeForEver() {
    begin(0ms);
    clock_->advance(*loop_, 24h);
    CPPUNIT_ASSERT(!end_);
    CPPUNIT_ASSERT_EQUAL(std::string(), silent_->requests().back().header("Timeout"));
  }

  // Added to the clock it would be in the past.
  void aHugeTimeIsAYear() {
    begin(std::chrono::milliseconds::max());
    clock_->advance(*loop_, 24h);
    CPPUNIT_ASSERT(!end_);
    CPPUNIT_ASSERT_EQUAL(std::string("31536000000000000"),
                         silent_->requests().back().header("Timeout"));
  }

  void thePeerIsToldWhatIsLeft() {
    begin(20ms);
    CPPUNIT_ASSERT_EQUAL(std::string("20000000"), silent_->requests().back().header("Timeout"));
    const Context context = Context().withTimeout(1s);
    clock_->advance(*loop_, 300ms);
    begin(2s, context);
    CPPUNIT_ASSERT_EQUAL(std::string("700000000"), silent_->requests().back().header("Timeout"));
  }

  void aCallWithoutTimeLeftStartsNothing() {
    const Context context = Context().withTimeout(1s);
    clock_->skip(1s);
    call(2s, context);
    CPPUNIT_ASSERT(!end_);
    turn(*loop_);
    CPPUNIT_ASSERT(end_ && end_->kind() == ErrorKind::kTimeout);
    CPPUNIT_ASSERT(silent_->requests().empty());
  }

  void anAnswerInTimeIsTaken() {
    begin(20ms);
    clock_->advance(*loop_, 20ms - 1us);
    silent_->send(1, ScriptedServer::reply(200, R"({"id":0,"result":{},"error":null})").bytes);
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return end_.has_value(); }));
    CPPUNIT_ASSERT_MESSAGE(end_->toString(), end_->ok());
    clock_->advance(*loop_, 1h);
  }

 private:
  void call(std::optional<std::chrono::milliseconds> timeout, const Context& context) {
    CallOptions options;
    options.address = silent_->address();
    options.contentType = "application/json";
    options.timeout = timeout;
    end_.reset();
    client_->call<Text>(
        context, "echo", "Echo.Say", text("x"),
        [this](const Result<Text>& reply) { end_ = reply.status(); }, options);
  }
  // A call whose request has arrived, and is not answered.
  void begin(std::optional<std::chrono::milliseconds> timeout, const Context& context = Context()) {
    const std::size_t before = silent_->requests().size();
    call(timeout, context);
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return silent_->requests().size() > before; }));
  }
  void expectTimeoutAfter(std::chrono::nanoseconds time) {
    clock_->advance(*loop_, time - 1us);
    CPPUNIT_ASSERT(!end_);
    clock_->advance(*loop_, 1us);
    CPPUNIT_ASSERT(end_ && end_->kind() == ErrorKind::kTimeout);
  }

  std::unique_ptr<ManualClock> clock_;
  std::unique_ptr<ScriptedServer> silent_;
  std::optional<Status> end_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ClientTimesTest);

}  // namespace evmicro::test

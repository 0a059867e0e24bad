// The second attempt of a call that takes long: when it is made, which answer counts, and what
// becomes of the other. Two nodes that answer when the test says so.
#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <event2/event.h>

#include "server/rpc_fixture.h"
#include "support/manual_clock.h"
#include "support/scripted_server.h"

namespace evmicro::test {

using namespace std::chrono_literals;

class HedgeTest final : public RpcFixture {
  CPPUNIT_TEST_SUITE(HedgeTest);
  CPPUNIT_TEST(goesToAnotherNodeAtItsTime);
  CPPUNIT_TEST(anAnswerInTimeNeedsNone);
  CPPUNIT_TEST(theSecondMayWin);
  CPPUNIT_TEST(theFirstMayWin);
  CPPUNIT_TEST(anErrorIsAnAnswer);
  CPPUNIT_TEST(onlyIdempotentCallsAreHedged);
  CPPUNIT_TEST(aCallToAFixedAddressIsNotHedged);
  CPPUNIT_TEST(withoutAnotherNodeThereIsNoneAndItCostsNothing);
  CPPUNIT_TEST(theBudgetPays);
  CPPUNIT_TEST(theSecondAnswersForAFirstThatBroke);
  CPPUNIT_TEST(theFirstGoesOnWhenTheSecondBreaks);
  CPPUNIT_TEST(whenBothBreakTheFirstSaysWhy);
  CPPUNIT_TEST(theDeadlineEndsBoth);
  CPPUNIT_TEST(givingUpEndsBoth);
  CPPUNIT_TEST(aCancelledCallTakesNoAnswer);
  CPPUNIT_TEST(theClientMayGoMeanwhile);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    clock_ = std::make_unique<ManualClock>();
    RpcFixture::setUp();
    for (auto& node : nodes_) {
      node = std::make_unique<ScriptedServer>(
          *loop_, [](const ScriptedServer::Request&) { return ScriptedServer::Reply{}; });
    }
    makeClient({});
    end_.reset();
    running_.cancel();
  }
  void tearDown() override {
    running_.cancel();
    client_.reset();
    for (auto& node : nodes_) node.reset();
    RpcFixture::tearDown();
    clock_.reset();
  }

  void goesToAnotherNodeAtItsTime() {
    ScriptedServer& first = begin();
    clock_->advance(*loop_, 20ms - 1us);
    CPPUNIT_ASSERT(other(first).requests().empty());
    hedge(first);
    CPPUNIT_ASSERT_EQUAL(first.requests().back().body, other(first).requests().back().body);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), client_->stats().hedges);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), client_->stats().repetitions);
  }

  void anAnswerInTimeNeedsNone() {
    ScriptedServer& first = begin();
    clock_->advance(*loop_, 20ms - 1us);
    answer(first, "first");
    expectEnd("first");
    clock_->advance(*loop_, 1h);
    CPPUNIT_ASSERT(other(first).requests().empty());
  }

  void theSecondMayWin() {
    ScriptedServer& first = begin();
    hedge(first);
    answer(other(first), "second");
    expectEnd("second");
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return first.open() == 0; }));
    CPPUNIT_ASSERT_EQUAL(1, first.resets());
    CPPUNIT_ASSERT_EQUAL(1, other(first).open());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), client_->stats().hedgesWon);
  }

  void theFirstMayWin() {
    ScriptedServer& first = begin();
    hedge(first);
    answer(first, "first");
    expectEnd("first");
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return other(first).open() == 0; }));
    CPPUNIT_ASSERT_EQUAL(1, other(first).resets());
    CPPUNIT_ASSERT_EQUAL(1, first.open());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), client_->stats().hedgesWon);
  }

  void anErrorIsAnAnswer() {
    ScriptedServer& first = begin();
    hedge(first);
    other(first).send(1, bytes(R"({"id":0,"result":null,"error":"no"})"));
    expectEnd("no");
  }

  void onlyIdempotentCallsAreHedged() {
    CallOptions options = hedged();
    options.idempotent = CallOptions::Idempotent::kNo;
    ScriptedServer& first = begin(options);
    clock_->advance(*loop_, 1s);
    CPPUNIT_ASSERT(other(first).requests().empty());
  }

  void aCallToAFixedAddressIsNotHedged() {
    announceBoth();
    CallOptions options = hedged();
    options.address = nodes_[0]->address();
    call(options);
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return !nodes_[0]->requests().empty(); }));
    clock_->advance(*loop_, 1s);
    CPPUNIT_ASSERT(nodes_[1]->requests().empty());
  }

  void withoutAnotherNodeThereIsNoneAndItCostsNothing() {
    announce("a", nodes_[0]->port());
    call(hedged());
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return !nodes_[0]->requests().empty(); }));
    clock_->advance(*loop_, 1s);
    turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), nodes_[0]->requests().size());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), client_->stats().repetitions);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), client_->stats().hedges);
    answer(*nodes_[0], "only");
    expectEnd("only");
  }

  void theBudgetPays() {
    makeClient({0, 0});
    ScriptedServer& first = begin();
    clock_->advance(*loop_, 1s);
    CPPUNIT_ASSERT(other(first).requests().empty());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), client_->stats().exhausted);
  }

  void theSecondAnswersForAFirstThatBroke() {
    ScriptedServer& first = begin();
    hedge(first);
    first.closeConnections();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return first.open() == 0; }));
    turn(*loop_);
    CPPUNIT_ASSERT(!end_);
    answer(other(first), "second");
    expectEnd("second");
  }

  void theFirstGoesOnWhenTheSecondBreaks() {
    ScriptedServer& first = begin();
    hedge(first);
    other(first).closeConnections();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return other(first).open() == 0; }));
    turn(*loop_);
    CPPUNIT_ASSERT(!end_);
    answer(first, "first");
    expectEnd("first");
  }

  void whenBothBreakTheFirstSaysWhy() {
    ScriptedServer& first = begin();
    hedge(first);
    first.closeConnections();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return first.open() == 0; }));
    other(first).closeConnections();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return end_.has_value(); }));
    CPPUNIT_ASSERT(end_->status().detail().find(first.address()) != std::string::npos);
  }

  void theDeadlineEndsBoth() {
    ScriptedServer& first = begin();
    hedge(first);
    clock_->advance(*loop_, 5s);
    CPPUNIT_ASSERT(end_ && end_->status().kind() == ErrorKind::kTimeout);
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return first.open() + other(first).open() == 0; }));
  }

  void givingUpEndsBoth() {
    ScriptedServer& first = begin();
    hedge(first);
    running_.cancel();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return first.open() + other(first).open() == 0; }));
    CPPUNIT_ASSERT_EQUAL(2, first.resets() + other(first).resets());
    CPPUNIT_ASSERT(!end_);
  }

  // One that has arrived, but was not read yet.
  void aCancelledCallTakesNoAnswer() {
    for (const bool fromSecond : {false, true}) {
      Context context;
      ScriptedServer& first = begin(hedged(), context);
      hedge(first);
      answer(fromSecond ? other(first) : first, "late");
      event_base_loop(loop_->base(), EVLOOP_ONCE);  // writes it
      context.cancel(Status::cancelled("enough"));
      expectEnd("enough");
      tearDown();
      setUp();
    }
  }

  void theClientMayGoMeanwhile() {
    ScriptedServer& first = begin();
    hedge(first);
    client_.reset();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return first.open() + other(first).open() == 0; }));
    CPPUNIT_ASSERT(!end_);
  }

 private:
  void makeClient(RetryBudgetOptions budget) {
    ClientOptions options;
    options.outliers.enabled = false;
    options.retryBudget = budget;
    client_ = std::make_unique<Client>(*loop_, *transport_, *selector_, options);
  }
  static CallOptions hedged() {
    CallOptions options;
    options.contentType = "application/json";
    options.idempotent = CallOptions::Idempotent::kYes;
    options.hedgeAfter = 20ms;
    return options;
  }
  void announceBoth() {
    announce("a", nodes_[0]->port());
    announce("b", nodes_[1]->port());
  }
  void call(CallOptions options, const Context& context = Context()) {
    running_ = client_->call<Text>(
        context, "echo", "Echo.Say", text("x"),
        [this](Result<Text> reply) { end_ = std::move(reply); }, std::move(options));
  }
  // A call that one of the nodes has got: that one.
  ScriptedServer& begin(CallOptions options = hedged(), const Context& context = Context()) {
    announceBoth();
    call(std::move(options), context);
    const auto asked = [](const auto& node) { return !node->requests().empty(); };
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return asked(nodes_[0]) || asked(nodes_[1]); }));
    return asked(nodes_[0]) ? *nodes_[0] : *nodes_[1];
  }
  ScriptedServer& other(const ScriptedServer& node) {
    return &node == nodes_[0].get() ? *nodes_[1] : *nodes_[0];
  }
  void hedge(ScriptedServer& first) {
    clock_->advance(*loop_, 20ms);
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return !other(first).requests().empty(); }));
  }
  static std::string bytes(const std::string& body) {
    return ScriptedServer::reply(200, body, "Keep-Alive: timeout=60\r\n").bytes;
  }
  static void answer(ScriptedServer& node, const std::string& value) {
    node.send(1, bytes(R"({"id":0,"result":{"status":")" + value + R"("},"error":null})"));
  }
  void expectEnd(const std::string& value) {
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return end_.has_value(); }));
    CPPUNIT_ASSERT_EQUAL(value, end_->ok() ? (*end_)->status() : end_->status().detail());
  }

  std::unique_ptr<ManualClock> clock_;
  std::array<std::unique_ptr<ScriptedServer>, 2> nodes_;
  std::optional<Result<Text>> end_;
  Call running_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(HedgeTest);

}  // namespace evmicro::test

// How often, where and when a call is tried, without a network: the tests provide the sockets, time
// is a ManualClock's.
#include "call/attempts.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include "support/fake_socket.h"
#include "support/manual_clock.h"
#include "support/turn_until.h"

namespace evmicro::detail {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using test::FakeSocket;

namespace {

class FakeTransport final : public Transport {
 public:
  std::string_view name() const override { return "fake"; }
  Result<std::unique_ptr<Listener>> listen(std::string_view, ListenOptions,
                                           Listener::Observer&) override {
    return Status::invalid("not here");
  }
  Result<std::unique_ptr<Socket>> dial(std::string_view address, DialOptions options) override {
    last = std::move(options);
    dialled += std::string(address) + " ";
    if (!problem.ok()) return problem;
    return std::unique_ptr<Socket>(std::make_unique<FakeSocket>(sockets));
  }

  std::string dialled;
  DialOptions last;
  Status problem;
  int sockets = 0;
};

// Hands out the nodes a, b, c, ... without those that have been tried.
class FakeSelector final : public Selector {
 public:
  std::string_view name() const override { return "fake"; }
  std::optional<Result<NodePtr>> choose(std::string_view, const SelectCriteria& criteria) override {
    tried = criteria.tried;
    auto node = std::make_shared<Node>();
    const std::size_t others = std::min(criteria.tried.size(), nodes - 1);
    node->id = std::string(1, static_cast<char>('a' + others));
    node->address = node->id;
    node->port = 1;
    node->metadata = metadata;
    return Result<NodePtr>(NodePtr(std::move(node)));
  }
  Call prepare(std::string_view, std::function<void(Status)>) override { return {}; }
  void mark(std::string_view, const Node& node, const Status& outcome) override {
    marks += node.id + ":" + std::to_string(outcome.code()) + " ";
  }

  std::size_t nodes = 26;  // of the last one there is always more
  std::vector<std::string> tried;
  std::map<std::string, std::string> metadata;
  std::string marks;
};

}  // namespace

class AttemptsTest final : public CppUnit::TestFixture, private Attempts::Observer {
  CPPUNIT_TEST_SUITE(AttemptsTest);
  CPPUNIT_TEST(threeNodesAreTriedForFree);
  CPPUNIT_TEST(whatMayHaveRunIsTriedAsOftenAsAllowed);
  CPPUNIT_TEST(freeAttemptsAreNotThoseThatAreAllowed);
  CPPUNIT_TEST(whatIsTheSameAnywhereIsNotTriedAgain);
  CPPUNIT_TEST(aFixedAddressIsTriedForFreeOnce);
  CPPUNIT_TEST(theBudgetPaysUnlessTheNodeWasNotReached);
  CPPUNIT_TEST(withoutBudgetTheFailureIsTheLast);
  CPPUNIT_TEST(anExcludedNodeIsNotTaken);
  CPPUNIT_TEST(pausesDoubleAndVary);
  CPPUNIT_TEST(noAttemptBeginsAtTheDeadline);
  CPPUNIT_TEST(anAttemptBeginsJustBeforeTheDeadline);
  CPPUNIT_TEST(anotherPeerIsTriedBeforeRetryAfter);
  CPPUNIT_TEST(theSamePeerIsLeftAloneUntilThen);
  CPPUNIT_TEST(eachPeerHasItsOwnTime);
  CPPUNIT_TEST(aPeerThatRestsForTooLongIsNotWaitedFor);
  CPPUNIT_TEST(pushbackReplacesThePause);
  CPPUNIT_TEST(aPushbackThatIsTooLongIsTheEnd);
  CPPUNIT_TEST(aPushbackForbids);
  CPPUNIT_TEST(aPushbackChangesNothingElse);
  CPPUNIT_TEST(knowsWhetherItMayGoOn);
  CPPUNIT_TEST(aDialThatFailsIsToldInALaterTurn);
  CPPUNIT_TEST(nodesThatAnnounceTlsAreDialledByTls);
  CPPUNIT_TEST(requiredTlsRefusesOtherNodes);
  CPPUNIT_TEST(keptConnectionsAreTakenWhereTheyWillDo);
  CPPUNIT_TEST(tellsTheSelectorOfEachEndOnce);
  CPPUNIT_TEST(saysWhatWasTried);
  CPPUNIT_TEST(cancelledDuringThePauseBeginsNoMore);
  CPPUNIT_TEST(destroyedDuringThePauseIsSilent);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    clock_ = std::make_unique<test::ManualClock>();
    loop_ = std::make_unique<EventLoop>();
    transport_.dialled.clear();
    transport_.problem = Status();
    selector_ = std::make_unique<FakeSelector>();
    OutlierOptions nobody;
    nobody.enabled = false;
    access_.reset(new NodeAccess{*loop_,
                                 transport_,
                                 *selector_,
                                 {},
                                 ConnectionPool(1, 1s),
                                 std::minstd_rand(1),
                                 Outliers(*loop_, nobody, {})});
    access_->dial.tls = std::make_shared<const TlsOptions>();
    prepared_ = std::make_unique<PreparedCall>();
    prepared_->service = "shop";
    prepared_->method = "Shop.Buy";
    connections_ = 0;
    end_.reset();
    connection_ = {};
  }
  void tearDown() override {
    attempts_.reset();
    connection_ = {};
    access_.reset();
    loop_.reset();
    clock_.reset();
    CPPUNIT_ASSERT_EQUAL(0, transport_.sockets);
  }

  void threeNodesAreTriedForFree() {
    begin(1);
    for (int tried = 1; tried < 3; ++tried) {
      CPPUNIT_ASSERT_EQUAL(tried, connections_);
      fail(tried == 1 ? Status::unavailable("away") : Status::overloaded("busy"));
    }
    CPPUNIT_ASSERT_EQUAL(3, connections_);
    CPPUNIT_ASSERT(!end_);
    fail(Status::unavailable("away"));
    CPPUNIT_ASSERT(end_ && end_->kind() == ErrorKind::kUnavailable);
    CPPUNIT_ASSERT_EQUAL(3, connections_);
    CPPUNIT_ASSERT_EQUAL(std::string("a:1 b:1 c:1 "), transport_.dialled);
  }

  void whatMayHaveRunIsTriedAsOftenAsAllowed() {
    for (const int allowed : {1, 2, 3}) {
      setUpAgain();
      begin(allowed);
      for (int tried = 1; tried < allowed; ++tried) fail(Status::internal("broke"));
      CPPUNIT_ASSERT(!end_);
      fail(Status::internal("broke"));
      CPPUNIT_ASSERT(end_);
      CPPUNIT_ASSERT_EQUAL(allowed, connections_);
    }
  }

  void freeAttemptsAreNotThoseThatAreAllowed() {
    begin(2);
    fail(Status::unavailable("away"));
    fail(Status::internal("broke"));
    fail(Status::overloaded("busy"));
    CPPUNIT_ASSERT(!end_);
    CPPUNIT_ASSERT_EQUAL(4, connections_);
    fail(Status::timeout("silent"));
    CPPUNIT_ASSERT(end_ && end_->kind() == ErrorKind::kTimeout);
  }

  void whatIsTheSameAnywhereIsNotTriedAgain() {
    for (const Status& why : {Status::invalid("no"), Status::notFound("no")}) {
      setUpAgain();
      begin(3);
      attempts_->failed(why);
      CPPUNIT_ASSERT(end_);
      CPPUNIT_ASSERT_EQUAL(1, connections_);
    }
  }

  void aFixedAddressIsTriedForFreeOnce() {
    prepared_->options.address = "fixed:7";
    begin(2);
    fail(Status::internal("broke"));  // this one was allowed
    CPPUNIT_ASSERT(!end_);
    fail(Status::unavailable("away"));
    CPPUNIT_ASSERT(end_);
    CPPUNIT_ASSERT_EQUAL(std::string("fixed:7 fixed:7 "), transport_.dialled);
    CPPUNIT_ASSERT_EQUAL(std::string(), selector_->marks);
  }

  void theBudgetPaysUnlessTheNodeWasNotReached() {
    for (const auto& [why, paid] :
         {std::pair(Status::unavailable("away"), 0), std::pair(Status::overloaded("busy"), 1),
          std::pair(Status::internal("broke"), 1), std::pair(Status::timeout("silent"), 1)}) {
      setUpAgain();
      begin(2);
      fail(why);
      CPPUNIT_ASSERT(!end_);
      CPPUNIT_ASSERT_EQUAL(static_cast<std::uint64_t>(paid), access_->budget.spent());
    }
    setUpAgain();
    begin(1);
    attempts_->failed(Status::internal("broke"));  // not allowed anyway
    CPPUNIT_ASSERT(end_);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), access_->budget.spent());
  }

  void withoutBudgetTheFailureIsTheLast() {
    begin(2);
    while (access_->budget.spend()) {
    }
    attempts_->failed(Status::overloaded("busy"));
    CPPUNIT_ASSERT(end_ && end_->kind() == ErrorKind::kOverloaded);
    CPPUNIT_ASSERT_MESSAGE(
        end_->detail(),
        endsWith(*end_, "busy; not tried again: the retry budget is used up (attempt 1 of 2)"));
    setUpAgain();
    begin(1);
    while (access_->budget.spend()) {
    }
    fail(Status::unavailable("away"));
    CPPUNIT_ASSERT(!end_);
  }

  // Nodes a, b, ...: the second when one is excluded.
  void anExcludedNodeIsNotTaken() {
    attempts_ = makeAttempts(1, Attempts::Reuse::kNo);
    attempts_->exclude("a");
    attempts_->begin(std::nullopt);
    CPPUNIT_ASSERT_EQUAL(std::string("b:1 "), transport_.dialled);
    setUpAgain();
    attempts_ = makeAttempts(1, Attempts::Reuse::kNo);
    attempts_->exclude("b");  // which is what the selector has left
    attempts_->begin(std::nullopt);
    CPPUNIT_ASSERT_EQUAL(0, connections_);
    test::turn(*loop_);
    CPPUNIT_ASSERT(end_ && end_->kind() == ErrorKind::kNotFound);
    CPPUNIT_ASSERT_EQUAL(std::string("b:499 "), selector_->marks);
  }

  void pausesDoubleAndVary() {
    std::set<std::chrono::nanoseconds> first;
    for (int round = 0; round < 20; ++round) {
      setUpAgain();
      access_->random.seed(99'991'111U * static_cast<unsigned>(round + 1));
      begin(20);
      auto longest = 20ms;
      for (int tried = 1; tried < 10; ++tried) {
        const auto before = EventLoop::now();
        fail(Status::internal("broke"));
        const auto pause = EventLoop::now() - before;
        CPPUNIT_ASSERT(pause >= longest / 2 && pause <= longest);
        if (tried == 1) first.insert(pause);
        longest = std::min(2 * longest, 640ms);
      }
    }
    CPPUNIT_ASSERT(first.size() > 5);
  }

  void noAttemptBeginsAtTheDeadline() {
    begin(1, 10ms);  // the shortest pause ends with it
    attempts_->failed(Status::unavailable("away"));
    CPPUNIT_ASSERT(end_);
    CPPUNIT_ASSERT_EQUAL(1, connections_);
  }

  void anAttemptBeginsJustBeforeTheDeadline() {
    begin(1, 20ms + 1us);  // the longest pause ends before it
    fail(Status::unavailable("away"));
    CPPUNIT_ASSERT(!end_);
    CPPUNIT_ASSERT_EQUAL(2, connections_);
  }

  void anotherPeerIsTriedBeforeRetryAfter() {
    begin(1, 5s);
    CPPUNIT_ASSERT(pauseAfter(Status::overloaded("busy"), {{"Retry-After", "60"}}) <= 20ms);
    CPPUNIT_ASSERT_EQUAL(std::string("a:1 b:1 "), transport_.dialled);
  }

  void theSamePeerIsLeftAloneUntilThen() {
    selector_->nodes = 1;
    for (const Status& why : {Status::overloaded("busy"), Status::unavailable("full")}) {
      setUpAgain();
      selector_->nodes = 1;
      begin(1, 10s);
      CPPUNIT_ASSERT(3s == pauseAfter(why, {{"Retry-After", "3"}}));
      CPPUNIT_ASSERT_EQUAL(std::string("a:1 a:1 "), transport_.dialled);
      CPPUNIT_ASSERT(pauseAfter(why, {{"Retry-After", "0"}}) <= 40ms);
    }
  }

  void eachPeerHasItsOwnTime() {
    selector_->nodes = 2;  // a, b, b
    begin(1);
    CPPUNIT_ASSERT(pauseAfter(Status::overloaded("busy"), {{"Retry-After", "9"}}) <= 20ms);
    CPPUNIT_ASSERT(2s == pauseAfter(Status::overloaded("busy"), {{"Retry-After", "2"}}));
    CPPUNIT_ASSERT_EQUAL(std::string("a:1 b:1 b:1 "), transport_.dialled);
  }

  void aPeerThatRestsForTooLongIsNotWaitedFor() {
    const std::string end =
        "busy (attempt 1 of 1); not tried again: the server asks for a longer pause";
    struct Row {
      std::optional<std::chrono::nanoseconds> time;
      const char* seconds;
      bool again;
    };
    for (const Row& row : {Row{3s, "3", false}, Row{3s + 1us, "3", true}, Row{{}, "60", true},
                           Row{{}, "61", false}}) {
      setUpAgain();
      selector_->nodes = 1;
      begin(1, row.time);
      pauseAfter(Status::overloaded("busy"), {{"Retry-After", row.seconds}});
      CPPUNIT_ASSERT_EQUAL(row.again, !end_);
      CPPUNIT_ASSERT_EQUAL(row.again ? 2 : 1, connections_);
      if (row.again) continue;
      CPPUNIT_ASSERT(end_->kind() == ErrorKind::kOverloaded);
      CPPUNIT_ASSERT_MESSAGE(end_->detail(), endsWith(*end_, end));
      CPPUNIT_ASSERT_EQUAL(std::string("a:429 a:499 "), selector_->marks);  // not called
    }
  }

  // Whoever is next.
  void pushbackReplacesThePause() {
    for (const Status& why : {Status::overloaded("busy"), Status::unavailable("full")}) {
      setUpAgain();
      begin(1, 10s);
      CPPUNIT_ASSERT(250ms == pauseAfter(why, {{"Grpc-Retry-Pushback-Ms", "250"}}));
      CPPUNIT_ASSERT(0ms == pauseAfter(why, {{"Grpc-Retry-Pushback-Ms", "0"}}));
      CPPUNIT_ASSERT_EQUAL(std::string("a:1 b:1 c:1 "), transport_.dialled);
    }
    setUpAgain();
    begin(3, 10s);
    CPPUNIT_ASSERT(250ms ==
                   pauseAfter(Status::internal("broke"), {{"Grpc-Retry-Pushback-Ms", "250"}}));
    CPPUNIT_ASSERT(pauseAfter(Status::internal("broke"), {}) <= 40ms);  // of that attempt alone
  }

  void aPushbackThatIsTooLongIsTheEnd() {
    struct Row {
      std::optional<std::chrono::nanoseconds> time;
      const char* pause;
      bool again;
    };
    for (const Row& row : {Row{250ms, "250", false}, Row{250ms + 1us, "250", true},
                           Row{{}, "60000", true}, Row{{}, "60001", false}}) {
      setUpAgain();
      begin(1, row.time);
      pauseAfter(Status::overloaded("busy"), {{"Grpc-Retry-Pushback-Ms", row.pause}});
      CPPUNIT_ASSERT_EQUAL(row.again, !end_);
      CPPUNIT_ASSERT_EQUAL(std::uint64_t(row.again ? 1 : 0), access_->budget.spent());
      if (row.again) continue;
      CPPUNIT_ASSERT_MESSAGE(end_->detail(),
                             endsWith(*end_,
                                      "busy; not tried again: the server asks for a longer "
                                      "pause (attempt 1 of 1)"));
    }
  }

  void aPushbackForbids() {
    for (const Status& why :
         {Status::overloaded("busy"), Status::unavailable("full"), Status::internal("broke")}) {
      for (const char* const text : {"-1", "x", ""}) {
        setUpAgain();
        begin(3);
        pauseAfter(why, {{"Grpc-Retry-Pushback-Ms", text}});
        CPPUNIT_ASSERT_MESSAGE(text, end_.has_value());
        CPPUNIT_ASSERT(why.kind() == end_->kind());
        CPPUNIT_ASSERT_MESSAGE(
            end_->detail(),
            endsWith(*end_, "; not tried again: the server forbids it (attempt 1 of 3)"));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), access_->budget.spent());
        CPPUNIT_ASSERT_EQUAL(1, connections_);
      }
    }
  }

  // What is not tried again in any case, and what the budget does not pay for.
  void aPushbackChangesNothingElse() {
    begin(1);
    pauseAfter(Status::notFound("no"), {{"Grpc-Retry-Pushback-Ms", "1"}});
    CPPUNIT_ASSERT(end_ && endsWith(*end_, "no (attempt 1 of 1)"));
    setUpAgain();
    begin(1);
    while (access_->budget.spend()) {
    }
    pauseAfter(Status::overloaded("busy"), {{"Grpc-Retry-Pushback-Ms", "1"}});
    CPPUNIT_ASSERT(end_ && endsWith(*end_, "the retry budget is used up (attempt 1 of 1)"));
  }

  void knowsWhetherItMayGoOn() {
    begin(1);
    CPPUNIT_ASSERT(attempts_->mayGoOn());
    fail(Status::unavailable("away"));
    CPPUNIT_ASSERT(attempts_->mayGoOn());
    fail(Status::unavailable("away"));
    CPPUNIT_ASSERT(!attempts_->mayGoOn());  // the third is the last

    setUpAgain();
    prepared_->options.address = "fixed:7";
    begin(1);
    CPPUNIT_ASSERT(!attempts_->mayGoOn());
    setUpAgain();
    prepared_->options.address = "fixed:7";
    begin(2);
    CPPUNIT_ASSERT(attempts_->mayGoOn());
    fail(Status::internal("broke"));
    CPPUNIT_ASSERT(!attempts_->mayGoOn());
  }

  void aDialThatFailsIsToldInALaterTurn() {
    transport_.problem = Status::invalid("no such address");
    begin(1);
    CPPUNIT_ASSERT(!end_);
    test::turn(*loop_);
    CPPUNIT_ASSERT(end_ && end_->kind() == ErrorKind::kInvalid);
    CPPUNIT_ASSERT_EQUAL(std::string("a:400 "), selector_->marks);
  }

  void nodesThatAnnounceTlsAreDialledByTls() {
    for (const auto& [value, byTls] :
         {std::pair("true", true), std::pair("false", false), std::pair("", false)}) {
      setUpAgain();
      selector_->metadata = {{"secure", value}};
      begin(1);
      CPPUNIT_ASSERT_EQUAL(std::string("a:1 "), transport_.dialled);
      CPPUNIT_ASSERT_EQUAL(byTls, transport_.last.tls == access_->dial.tls);
      CPPUNIT_ASSERT_EQUAL(std::string(byTls ? "a" : ""), transport_.last.tlsNode);
    }
  }

  void requiredTlsRefusesOtherNodes() {
    for (const bool secure : {true, false}) {
      setUpAgain();
      prepared_->options.tls = TlsUse::kRequired;
      if (secure) selector_->metadata = {{"secure", "true"}};
      begin(1);
      CPPUNIT_ASSERT_EQUAL(secure, !transport_.dialled.empty());
    }
    setUpAgain();
    prepared_->options.tls = TlsUse::kRequired;
    access_->pool.give("a:1", {std::make_unique<FakeSocket>(transport_.sockets), 0});
    begin(1, std::nullopt, Attempts::Reuse::kYes);
    CPPUNIT_ASSERT(!connection_.socket);  // the kept one is not encrypted
  }

  void keptConnectionsAreTakenWhereTheyWillDo() {
    for (const Attempts::Reuse reuse : {Attempts::Reuse::kNo, Attempts::Reuse::kYes}) {
      setUpAgain();
      auto kept = std::make_unique<FakeSocket>(transport_.sockets);
      Socket* const socket = kept.get();
      access_->pool.give("a:1", {std::move(kept), 3});
      begin(1, std::nullopt, reuse);
      const bool taken = connection_.socket.get() == socket;
      CPPUNIT_ASSERT_EQUAL(reuse == Attempts::Reuse::kYes, taken);
      CPPUNIT_ASSERT_EQUAL(std::uint64_t(taken ? 3 : 0), connection_.answered);
      CPPUNIT_ASSERT_EQUAL(taken, transport_.dialled.empty());
    }
  }

  void tellsTheSelectorOfEachEndOnce() {
    begin(1);
    fail(Status::unavailable("away"));
    CPPUNIT_ASSERT_EQUAL(std::string("a:503 "), selector_->marks);
    CPPUNIT_ASSERT((std::vector<std::string>{"a"}) == selector_->tried);
    attempts_->end(Status());
    attempts_->end(Status::internal("too late"));
    CPPUNIT_ASSERT_EQUAL(std::string("a:503 b:0 "), selector_->marks);
    setUpAgain();
    begin(1);
    attempts_.reset();
    CPPUNIT_ASSERT_EQUAL(std::string("a:499 "), selector_->marks);
  }

  void saysWhatWasTried() {
    begin(1);
    CPPUNIT_ASSERT(attempts_->lastFailure().ok());
    fail(Status::unavailable("away"));
    CPPUNIT_ASSERT(endsWith(attempts_->lastFailure(), "away (attempt 1 of 1)"));
    fail(Status::unavailable("away"));
    fail(Status::unavailable("gone"));
    CPPUNIT_ASSERT_MESSAGE(end_->detail(), endsWith(*end_, "gone (attempt 3 of 3)"));
    CPPUNIT_ASSERT_MESSAGE(end_->detail(), end_->detail().find("c:1") != std::string::npos);

    setUpAgain();
    begin(3);
    CPPUNIT_ASSERT(endsWith(attempts_->describe(Status::internal("x")), "x (attempt 1 of 3)"));
    fail(Status::internal("broke"));
    CPPUNIT_ASSERT(endsWith(attempts_->lastFailure(), "broke (attempt 1 of 3)"));
  }

  void cancelledDuringThePauseBeginsNoMore() {
    begin(1);
    attempts_->failed(Status::unavailable("away"));
    attempts_->cancel();
    clock_->advance(*loop_, 1h);
    CPPUNIT_ASSERT_EQUAL(1, connections_);
    CPPUNIT_ASSERT(!end_);
  }

  void destroyedDuringThePauseIsSilent() {
    begin(1);
    attempts_->failed(Status::unavailable("away"));
    attempts_.reset();
    clock_->advance(*loop_, 1h);
    CPPUNIT_ASSERT_EQUAL(1, connections_);
    CPPUNIT_ASSERT(!end_);
  }

 private:
  void onConnection(NodeConnection connection) override {
    ++connections_;
    connection_ = std::move(connection);
  }
  void onNoAnswer(Status why) override { end_ = std::move(why); }

  std::unique_ptr<Attempts> makeAttempts(int allowed, Attempts::Reuse reuse) {
    return std::make_unique<Attempts>(*access_, prepared_.get(),
                                      static_cast<Attempts::Observer&>(*this), reuse, allowed);
  }
  void begin(int allowed, std::optional<std::chrono::nanoseconds> time = std::nullopt,
             Attempts::Reuse reuse = Attempts::Reuse::kNo) {
    attempts_ = makeAttempts(allowed, reuse);
    std::optional<EventLoop::Clock::time_point> deadline;
    if (time) deadline = EventLoop::now() + *time;
    attempts_->begin(deadline);
  }
  // The attempt fails; goes on to the next, if there is one.
  void fail(Status why) {
    connection_ = {};
    const int before = connections_;
    attempts_->failed(std::move(why));
    CPPUNIT_ASSERT_EQUAL(before, connections_);  // never at once
    clock_->advanceUntil(*loop_, [&] { return end_ || connections_ > before; });
  }
  // The time from the failure of an attempt, whose reply had these headers, to the next or the end.
  milliseconds pauseAfter(Status why, const Metadata& headers) {
    connection_ = {};
    const int before = connections_;
    const auto failed = EventLoop::now();
    attempts_->heed(headers);
    attempts_->failed(std::move(why));
    clock_->advanceUntil(*loop_, [&] { return end_ || connections_ > before; });
    return std::chrono::duration_cast<milliseconds>(EventLoop::now() - failed);
  }
  void setUpAgain() {
    tearDown();
    setUp();
  }
  static bool endsWith(const Status& status, const std::string& end) {
    const std::string& text = status.detail();
    return text.size() >= end.size() &&
           text.compare(text.size() - end.size(), end.size(), end) == 0;
  }

  std::unique_ptr<test::ManualClock> clock_;
  std::unique_ptr<EventLoop> loop_;
  FakeTransport transport_;
  std::unique_ptr<FakeSelector> selector_;
  std::unique_ptr<NodeAccess> access_;
  std::unique_ptr<PreparedCall> prepared_;
  NodeConnection connection_;
  std::unique_ptr<Attempts> attempts_;
  int connections_ = 0;
  std::optional<Status> end_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(AttemptsTest);

}  // namespace evmicro::detail

// Nodes that a registry no longer lists although they may be healthy.
#include <evmicro/event_loop.h>
#include <evmicro/selector.h>
#include <evmicro/service_view.h>

#include <cppunit/extensions/HelperMacros.h>

#include "support/captured_log.h"
#include "support/followed_registry.h"
#include "support/manual_clock.h"
#include "support/turn_until.h"

namespace evmicro {

using namespace std::chrono_literals;
using Versions = std::vector<ServiceInfo>;
using Strings = std::vector<std::string>;

class LostNodesTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LostNodesTest);
  CPPUNIT_TEST(oneOfSeveralGoesAtOnce);
  CPPUNIT_TEST(halfGoAtOnce);
  CPPUNIT_TEST(moreThanHalfAreTheLastResort);
  CPPUNIT_TEST(allAreTheLastResort);
  CPPUNIT_TEST(oneByOneIsLikeAllAtOnce);
  CPPUNIT_TEST(rollingRestartLeavesNoLastResort);
  CPPUNIT_TEST(namedAgainIsAFullNode);
  CPPUNIT_TEST(lastResortEndsAfterTheTime);
  CPPUNIT_TEST(eachNodeHasItsOwnTime);
  CPPUNIT_TEST(answersProlongIt);
  CPPUNIT_TEST(notForEver);
  CPPUNIT_TEST(errorsOfAHandlerAreAnswers);
  CPPUNIT_TEST(silenceProlongsNothing);
  CPPUNIT_TEST(refusalEndsIt);
  CPPUNIT_TEST(refusalDropsWhatAnOutageLost);
  CPPUNIT_TEST(refusalDuringAnOutageDropsNothing);
  CPPUNIT_TEST(refusalDoesNotDropWhatIsNamed);
  CPPUNIT_TEST(outageProlongsTheLastResort);
  CPPUNIT_TEST(nothingIsKeptWhenTheOptionSaysSo);
  CPPUNIT_TEST(marksOfTheUnknownAreHarmless);
  CPPUNIT_TEST(everySelectorTakesItWhenNothingElseIsLeft);
  CPPUNIT_TEST(everySelectorTakesItWhenTheOthersWereTried);
  CPPUNIT_TEST(filtersHoldForItToo);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    log_ = std::make_unique<test::CapturedLog>("registry");
    clock_ = std::make_unique<test::ManualClock>();
    loop_ = std::make_unique<EventLoop>();
    registry_ = std::make_unique<test::FollowedRegistry>();
    make({});
  }
  void tearDown() override {
    view_.reset();
    registry_.reset();
    loop_.reset();
    clock_.reset();
    log_.reset();
  }

  void oneOfSeveralGoesAtOnce() {
    know({"a", "b", "c"});
    say({"b", "c"});
    expect("b c", "");
  }

  void halfGoAtOnce() {
    know({"a", "b", "c", "d"});
    say({"c", "d"});
    expect("c d", "");
  }

  void moreThanHalfAreTheLastResort() {
    know({"a", "b", "c"});
    say({"c"});
    expect("c", "a b");
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), view_->stats().lostNodes);
  }

  void allAreTheLastResort() {
    know({"a", "b"});
    say({});
    expect("", "a b");
  }

  // The checks of a Consul that was frozen for longer than the TTL expire one after the other.
  void oneByOneIsLikeAllAtOnce() {
    know({"a", "b", "c"});
    for (const Strings& left : {Strings{"b", "c"}, Strings{"c"}, Strings{}}) {
      say(left);
      clock_->advance(*loop_, 5s);
    }
    expect("", "a b c");
  }

  void rollingRestartLeavesNoLastResort() {
    know({"a", "b"});
    for (const Strings& now :
         {Strings{"a", "b", "c"}, Strings{"b", "c"}, Strings{"b", "c", "d"}, Strings{"c", "d"}}) {
      say(now);
    }
    expect("c d", "");
  }

  void namedAgainIsAFullNode() {
    know({"a", "b", "c"});
    say({});
    say({"b"});
    expect("b", "a c");
    say({"b", "c"});
    expect("b c", "");
  }

  void lastResortEndsAfterTheTime() {
    know({"a"});
    say({});
    clock_->advance(*loop_, 29'999ms);
    expect("", "a");
    clock_->advance(*loop_, 1ms);
    expect("", "");
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), view_->stats().lostNodes);
  }

  void eachNodeHasItsOwnTime() {
    know({"a", "b"});
    say({"b"});
    clock_->advance(*loop_, 20s);
    say({});
    expect("", "a b");
    clock_->advance(*loop_, 10s);
    expect("", "b");
    clock_->advance(*loop_, 20s);
    expect("", "");
  }

  void answersProlongIt() {
    know({"a", "b"});
    say({});
    clock_->advance(*loop_, 20s);
    mark("a", {});
    clock_->advance(*loop_, 10s);
    expect("", "a");
    clock_->advance(*loop_, 19'999ms);
    expect("", "a");
    clock_->advance(*loop_, 1ms);
    expect("", "");
  }

  void notForEver() {
    know({"a"});
    say({});
    for (int i = 0; i < 29; ++i) {
      clock_->advance(*loop_, 10s);
      mark("a", {});
    }
    clock_->advance(*loop_, 9'999ms);
    expect("", "a");
    clock_->advance(*loop_, 1ms);
    expect("", "");
  }

  void errorsOfAHandlerAreAnswers() {
    know({"a"});
    say({});
    clock_->advance(*loop_, 20s);
    mark("a", Status::notFound("no such method"));
    clock_->advance(*loop_, 29s);
    expect("", "a");
  }

  void silenceProlongsNothing() {
    know({"a"});
    say({});
    clock_->advance(*loop_, 20s);
    mark("a", Status::timeout("no answer"));
    mark("a", Status::cancelled("given up"));
    mark("a", Status::internal("the connection was closed"));
    clock_->advance(*loop_, 10s);
    expect("", "");
  }

  void refusalEndsIt() {
    know({"a", "b"});
    say({});
    mark("a", Status::unavailable("connection refused"));
    expect("", "b");
    mark("b", Status::unavailable("connection refused"));
    expect("", "");
  }

  void refusalDropsWhatAnOutageLost() {
    know({"a", "b", "c"});
    goAway();
    say({"a"});
    expect("a b c", "");
    mark("b", Status::unavailable("connection refused"));
    expect("a c", "");
  }

  void refusalDuringAnOutageDropsNothing() {
    know({"a"});
    say({});
    goAway();
    mark("a", Status::unavailable("connection refused"));
    expect("", "a");
  }

  void refusalDoesNotDropWhatIsNamed() {
    know({"a", "b", "c"});
    say({"a"});
    mark("a", Status::unavailable("connection refused"));
    expect("a", "b c");
  }

  void outageProlongsTheLastResort() {
    know({"a"});
    say({});
    clock_->advance(*loop_, 20s);
    goAway();
    clock_->advance(*loop_, 2min);
    expect("", "a");
    say({});
    clock_->advance(*loop_, 29'999ms);
    expect("", "a");
    clock_->advance(*loop_, 1ms);
    expect("", "");
  }

  void nothingIsKeptWhenTheOptionSaysSo() {
    ServiceViewOptions options;
    options.keepLost = 0ms;
    make(options);
    know({"a", "b"});
    say({});
    expect("", "");
    say({"a"});
    goAway();
    say({});
    expect("", "");
  }

  void marksOfTheUnknownAreHarmless() {
    know({"a"});
    say({});
    view_->mark("bank", Node{"a", "127.0.0.1", 9001, {}}, Status::unavailable("refused"));
    mark("x", Status::unavailable("refused"));
    mark("x", {});
    expect("", "a");
  }

  void everySelectorTakesItWhenNothingElseIsLeft() {
    for (const auto make : kSelectors) {
      const auto selector = make(*view_, {});
      know({"a", "b"});
      say({});
      const auto first = selector->choose("shop", {{}, {}});
      CPPUNIT_ASSERT(first && first->ok());
      selector->mark("shop", ***first, Status::unavailable("refused"));
      const auto second = selector->choose("shop", {{}, {(**first)->id}});
      CPPUNIT_ASSERT(second && second->ok());
      CPPUNIT_ASSERT((**first)->id != (**second)->id);
      selector->mark("shop", ***second, Status::unavailable("refused"));
      CPPUNIT_ASSERT_MESSAGE("nobody is left", !selector->choose("shop", {{}, {}}));
    }
  }

  void everySelectorTakesItWhenTheOthersWereTried() {
    for (const auto make : kSelectors) {
      const auto selector = make(*view_, {});
      say({"a", "b", "c"});
      know({"a", "b", "c"});
      say({"a"});
      for (int i = 0; i < 20; ++i) CPPUNIT_ASSERT_EQUAL(std::string("a"), choose(*selector, {}));
      CPPUNIT_ASSERT(choose(*selector, {"a"}) != "a");
      CPPUNIT_ASSERT_EQUAL(std::string("c"), choose(*selector, {"a", "b"}));
      CPPUNIT_ASSERT_EQUAL(std::string("a"), choose(*selector, {"a", "b", "c"}));
    }
  }

  void filtersHoldForItToo() {
    for (const auto make : kSelectors) {
      const auto selector = make(*view_, {});
      know({"a", "b"});
      say({});
      const std::vector<NodeFilter> none = {[](const ServiceInfo&, const Node&) { return false; }};
      const auto chosen = selector->choose("shop", {none, {}});
      CPPUNIT_ASSERT(chosen && chosen->status().kind() == ErrorKind::kNotFound);
    }
  }

 private:
  static constexpr std::unique_ptr<Selector> (*kSelectors[])(ServiceView&, SelectorOptions) = {
      makeRandomSelector, makeRoundRobinSelector, makeLeastConnSelector, makeBlacklistSelector};

  void make(const ServiceViewOptions& options) {
    view_ = std::make_unique<ServiceView>(*loop_, *registry_, options);
  }
  void know(const Strings& ids) {
    const Call call = view_->get("shop", [](const auto&) {});
    say(ids);
    test::turn(*loop_);
  }
  void say(const Strings& ids) {
    Versions versions;
    if (!ids.empty()) versions.push_back(test::versionWith("shop", "1.0", ids));
    registry_->tell("shop", versions);
  }
  void goAway() { registry_->tell("shop", Status::unavailable("registry: gone")); }
  void mark(const std::string& id, const Status& outcome) {
    view_->mark("shop", Node{id, "127.0.0.1", 9001, {}}, outcome);
  }
  static std::string choose(Selector& selector, const Strings& tried) {
    const auto chosen = selector.choose("shop", {{}, tried});
    CPPUNIT_ASSERT(chosen && chosen->ok());
    selector.mark("shop", ***chosen, {});
    return (**chosen)->id;
  }
  static std::string idsOf(const ServiceView::Snapshot& snapshot) {
    std::string ids;
    if (!snapshot) return ids;
    for (const auto& entry : snapshot->nodes) ids += (ids.empty() ? "" : " ") + entry.node->id;
    return ids;
  }
  void expect(const std::string& nodes, const std::string& lastResort) {
    const ServiceView::Snapshot known = view_->known("shop");
    CPPUNIT_ASSERT_EQUAL(nodes, idsOf(known));
    CPPUNIT_ASSERT_EQUAL(lastResort, idsOf(known->lastResort));
  }

  std::unique_ptr<test::CapturedLog> log_;  // not shown
  std::unique_ptr<test::ManualClock> clock_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<test::FollowedRegistry> registry_;
  std::unique_ptr<ServiceView> view_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(LostNodesTest);

}  // namespace evmicro

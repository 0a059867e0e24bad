#include <evmicro/selector.h>

#include <cmath>
#include <map>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/event_loop.h>
#include <evmicro/service_view.h>
#include <evmicro/timer.h>

#include "support/followed_registry.h"
#include "support/manual_clock.h"
#include "support/turn_until.h"

namespace evmicro {

using namespace std::chrono_literals;
using test::turn;
using Versions = std::vector<ServiceInfo>;
using NodePtr = Selector::NodePtr;
using Strings = std::vector<std::string>;

namespace {

struct Named {
  const char* name;
  std::unique_ptr<Selector> (*make)(ServiceView&, SelectorOptions);
};
constexpr Named kAll[] = {{"random", makeRandomSelector},
                          {"roundrobin", makeRoundRobinSelector},
                          {"leastconn", makeLeastConnSelector},
                          {"blacklist", makeBlacklistSelector}};

Status failure() { return Status::unavailable("connection refused"); }

}  // namespace

// What all selectors do, and how each of them spreads the calls. All numbers are from a fixed seed.
class SelectorTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SelectorTest);
  CPPUNIT_TEST(hasItsName);
  CPPUNIT_TEST(unknownServiceIsLookedUpFirst);
  CPPUNIT_TEST(unknownServiceIsNotFound);
  CPPUNIT_TEST(everyNodeOfEveryVersionIsChosen);
  CPPUNIT_TEST(everyFilterMustSayYes);
  CPPUNIT_TEST(filtersKnowVersionEndpointAndLabel);
  CPPUNIT_TEST(noNodePassingIsNotFound);
  CPPUNIT_TEST(triedNodeIsTakenOnlyWhenThereIsNoOther);
  CPPUNIT_TEST(changesCountAtOnce);
  CPPUNIT_TEST(serviceWithoutNodesIsLookedUpAgain);
  CPPUNIT_TEST(nodeStaysAsItWasChosen);
  CPPUNIT_TEST(servicesAreSeparate);
  CPPUNIT_TEST(markOfTheUnknownIsHarmless);
  CPPUNIT_TEST(droppedPreparationIsSilent);
  CPPUNIT_TEST(preparedMayDestroyTheSelector);
  CPPUNIT_TEST(thousandsOfNodesAreNotLookedThrough);
  CPPUNIT_TEST(randomIsEven);
  CPPUNIT_TEST(randomIsEvenAmongFewThatPass);
  CPPUNIT_TEST(roundRobinTakesTurns);
  CPPUNIT_TEST(roundRobinBeginsAnywhere);
  CPPUNIT_TEST(roundRobinTakesTurnsAmongThoseThatPass);
  CPPUNIT_TEST(leastConnTakesTheLeastBusy);
  CPPUNIT_TEST(leastConnIsEvenAmongEquals);
  CPPUNIT_TEST(leastConnKeepsCountingWhenNodesChange);
  CPPUNIT_TEST(leastConnHonoursFiltersAtEveryLoad);
  CPPUNIT_TEST(leastConnSurvivesSharedIds);
  CPPUNIT_TEST(blacklistSparesWhatFailed);
  CPPUNIT_TEST(blacklistFallsBackToAll);
  CPPUNIT_TEST(blacklistForgetsAfterAWhile);
  CPPUNIT_TEST(blacklistForgetsTheEarliestFirst);
  CPPUNIT_TEST(blacklistCountsFromTheLastFailure);
  CPPUNIT_TEST(anAnswerEndsTheSparing);
  CPPUNIT_TEST(onlyTheNodesOwnFailuresCount);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    loop_ = std::make_unique<EventLoop>();
    registry_ = std::make_unique<test::FollowedRegistry>();
    view_ = std::make_unique<ServiceView>(*loop_, *registry_);
    filters_.clear();
    tried_.clear();
  }
  void tearDown() override {
    selector_.reset();
    view_.reset();
    registry_.reset();
    loop_.reset();
  }

  void hasItsName() {
    for (const Named& each : kAll) {
      make(each);
      CPPUNIT_ASSERT_EQUAL(std::string(each.name), std::string(selector_->name()));
    }
  }

  void unknownServiceIsLookedUpFirst() {
    for (const Named& each : kAll) {
      view_ = std::make_unique<ServiceView>(*loop_, *registry_);
      make(each);
      CPPUNIT_ASSERT(!selector_->choose("shop", {filters_, tried_}));
      std::optional<Status> ready;
      const Call call = selector_->prepare("shop", [&](Status status) { ready = status; });
      registry_->tell("shop", Versions{version({"a"})});
      CPPUNIT_ASSERT(!ready);
      turn(*loop_);
      CPPUNIT_ASSERT(ready && ready->ok());
      CPPUNIT_ASSERT_EQUAL(std::string("a"), choose());
      selector_.reset();
    }
  }

  void unknownServiceIsNotFound() {
    make(kAll[0]);
    std::optional<Status> ready;
    const Call call = selector_->prepare("shop", [&](Status status) { ready = status; });
    registry_->tell("shop", Versions{});
    turn(*loop_);
    CPPUNIT_ASSERT(ready && ready->kind() == ErrorKind::kNotFound);
  }

  void everyNodeOfEveryVersionIsChosen() {
    know({version({"a", "b"}), version({"c"}, "2.0"), version({"d", "e"}, "3.0")});
    for (const Named& each : kAll) {
      make(each);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(each.name, std::size_t(5), count(100).size());
    }
  }

  void everyFilterMustSayYes() {
    know({version({"a", "b", "c"})});
    filters_ = {[](const ServiceInfo&, const Node& node) { return node.id != "a"; },
                [](const ServiceInfo&, const Node& node) { return node.id != "c"; }};
    for (const Named& each : kAll) {
      make(each);
      for (int i = 0; i < 20; ++i) CPPUNIT_ASSERT_EQUAL(std::string("b"), choose());
    }
  }

  void filtersKnowVersionEndpointAndLabel() {
    ServiceInfo first = version({"a", "b"});
    first.endpoints = {{"Shop.Buy", std::nullopt, std::nullopt, {}}};
    first.nodes[1].metadata = {{"zone", "east"}};
    ServiceInfo second = version({"c"}, "2.0");
    second.nodes[0].metadata = {{"zone", "west"}};
    know({first, second});
    make(kAll[0]);
    const auto chosenWith = [this](NodeFilter filter) {
      filters_ = {std::move(filter)};
      std::string ids;
      for (const auto& [id, times] : count(50)) ids += id;
      return ids;
    };
    CPPUNIT_ASSERT_EQUAL(std::string("c"), chosenWith(versionFilter("2.0")));
    CPPUNIT_ASSERT_EQUAL(std::string("ab"), chosenWith(endpointFilter("Shop.Buy")));
    CPPUNIT_ASSERT_EQUAL(std::string("b"), chosenWith(labelFilter("zone", "east")));
    CPPUNIT_ASSERT_EQUAL(std::string(), chosenWith(labelFilter("zone", "north")));
    CPPUNIT_ASSERT_EQUAL(std::string(), chosenWith(endpointFilter("Shop.Sell")));
  }

  void noNodePassingIsNotFound() {
    know({version({"a", "b"})});
    filters_ = {labelFilter("zone", "none")};
    tried_ = {"a"};
    for (const Named& each : kAll) {
      make(each);
      const auto chosen = selector_->choose("shop", {filters_, tried_});
      CPPUNIT_ASSERT(chosen && chosen->status().kind() == ErrorKind::kNotFound);
      CPPUNIT_ASSERT_EQUAL(std::string("selector: service \"shop\": no node passes the filters"),
                           chosen->status().detail());
    }
  }

  void triedNodeIsTakenOnlyWhenThereIsNoOther() {
    know({version({"a", "b", "c"})});
    for (const Named& each : kAll) {
      make(each);
      tried_ = {"a", "c"};
      for (int i = 0; i < 20; ++i) CPPUNIT_ASSERT_EQUAL(std::string("b"), choose());
      tried_ = {"a", "b", "c"};
      CPPUNIT_ASSERT_EQUAL_MESSAGE(each.name, std::size_t(3), count(100).size());
    }
  }

  void changesCountAtOnce() {
    for (const Named& each : kAll) {
      know({version({"a", "b"})});
      make(each);
      count(10);
      registry_->tell("shop", Versions{version({"c"}), version({"d"}, "2.0")});
      const auto times = count(50);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(each.name, std::size_t(2), times.size());
      CPPUNIT_ASSERT(times.count("c") == 1 && times.count("d") == 1);
    }
  }

  void serviceWithoutNodesIsLookedUpAgain() {
    know({version({"a"})});
    make(kAll[0]);
    registry_->tell("shop", Versions{});
    selector_->mark("shop", *chooseNode(), failure());  // the last resort
    CPPUNIT_ASSERT(!selector_->choose("shop", {filters_, tried_}));
  }

  void nodeStaysAsItWasChosen() {
    know({version({"a"})});
    for (const Named& each : kAll) {
      make(each);
      const NodePtr node = chooseNode();
      registry_->tell("shop", Versions{version({"b"})});
      CPPUNIT_ASSERT_EQUAL(std::string("b"), choose());
      registry_->tell("shop", Versions{version({"a"})});
      CPPUNIT_ASSERT_EQUAL(std::string("a"), node->id);
      selector_->mark("shop", *node, {});
    }
    const NodePtr node = chooseNode();
    selector_.reset();
    view_.reset();
    CPPUNIT_ASSERT_EQUAL(std::string("127.0.0.1:9001"), node->dialAddress());
  }

  void servicesAreSeparate() {
    know({version({"a"})});
    know({test::versionWith("bank", "1.0", {"x", "y"})}, "bank");
    for (const Named& each : kAll) {
      make(each);
      for (int i = 0; i < 10; ++i) {
        CPPUNIT_ASSERT_EQUAL(std::string("a"), choose());
        const auto chosen = selector_->choose("bank", {filters_, tried_});
        CPPUNIT_ASSERT(chosen->value()->id == "x" || chosen->value()->id == "y");
      }
    }
  }

  void markOfTheUnknownIsHarmless() {
    for (const Named& each : kAll) {
      make(each);
      selector_->mark("nobody", Node{}, failure());
      know({version({"a"})});
      selector_->mark("shop", Node{}, {});
      CPPUNIT_ASSERT_EQUAL(std::string("a"), choose());
      selector_->mark("shop", view_->known("shop")->versions[0].nodes[0], {});
      selector_->mark("shop", view_->known("shop")->versions[0].nodes[0], {});  // once too often
      CPPUNIT_ASSERT_EQUAL(std::string("a"), choose());
    }
  }

  void droppedPreparationIsSilent() {
    make(kAll[0]);
    bool ran = false;
    Call call = selector_->prepare("shop", [&](const Status&) { ran = true; });
    registry_->tell("shop", Versions{version({"a"})});
    call.cancel();
    turn(*loop_);
    CPPUNIT_ASSERT(!ran);
  }

  void preparedMayDestroyTheSelector() {
    make(kAll[0]);
    int ran = 0;
    std::vector<Call> calls;
    for (int i = 0; i < 2; ++i) {
      calls.push_back(selector_->prepare("shop", [&](const Status&) {
        ++ran;
        calls.clear();
        selector_.reset();
        view_.reset();
      }));
    }
    registry_->tell("shop", Versions{version({"a"})});
    turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(1, ran);
  }

  // Counted by a filter that every node passes.
  void thousandsOfNodesAreNotLookedThrough() {
    know({numbered(2'000)});
    int looks = 0;
    filters_ = {[&looks](const ServiceInfo&, const Node&) { return ++looks > 0; }};
    for (const Named& each : kAll) {
      make(each);
      tried_ = {"n1", "n2"};
      looks = 0;
      for (int i = 0; i < 1'000; ++i) chooseNode();
      CPPUNIT_ASSERT_MESSAGE(each.name, looks <= 1'020);
    }
  }

  void randomIsEven() {
    know({version({"a", "b"}), version({"c"}, "2.0"), version({"d", "e", "f"}, "3.0")});
    make(kAll[0]);
    expectEven(count(12'000), 6, 2'000);
  }

  void randomIsEvenAmongFewThatPass() {
    know({numbered(200)});
    make(kAll[0]);
    filters_ = {[](const ServiceInfo&, const Node& node) {
      return node.id == "n7" || node.id == "n90" || node.id == "n199";
    }};
    expectEven(count(3'000), 3, 1'000);
  }

  void roundRobinTakesTurns() {
    know({version({"a", "b"}), version({"c"}, "2.0"), version({"d", "e"}, "3.0")});
    make(kAll[1]);
    for (const auto& [id, times] : count(500)) CPPUNIT_ASSERT_EQUAL_MESSAGE(id, 100, times);
    Strings round;
    for (int i = 0; i < 10; ++i) round.push_back(choose());
    CPPUNIT_ASSERT(Strings(round.begin(), round.begin() + 5) ==
                   Strings(round.begin() + 5, round.end()));
  }

  void roundRobinBeginsAnywhere() {
    know({version({"a", "b", "c", "d"})});
    std::map<std::string, int> first;
    for (std::uint32_t seed = 1; seed <= 40; ++seed) {
      make(kAll[1], seed);
      ++first[choose()];
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t(4), first.size());
  }

  void roundRobinTakesTurnsAmongThoseThatPass() {
    know({version({"a", "b", "c", "d", "e"})});
    make(kAll[1]);
    filters_ = {[](const ServiceInfo&, const Node& node) { return node.id < "d"; }};
    for (const auto& [id, times] : count(300)) CPPUNIT_ASSERT_EQUAL_MESSAGE(id, 100, times);
  }

  void leastConnTakesTheLeastBusy() {
    know({version({"a", "b"}), version({"c"}, "2.0")});
    make(kAll[2]);
    std::map<std::string, NodePtr> busy;
    for (int i = 0; i < 3; ++i) {
      const NodePtr node = chooseNode();
      busy[node->id] = node;
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t(3), busy.size());  // one call each
    chooseNode();
    chooseNode();
    chooseNode();  // two each
    selector_->mark("shop", *busy["b"], failure());
    CPPUNIT_ASSERT_EQUAL(std::string("b"), choose());
    selector_->mark("shop", *busy["c"], {});
    selector_->mark("shop", *busy["c"], Status::cancelled("x"));
    CPPUNIT_ASSERT_EQUAL(std::string("c"), choose());
    CPPUNIT_ASSERT_EQUAL(std::string("c"), choose());
  }

  void leastConnIsEvenAmongEquals() {
    know({version({"a", "b", "c"})});
    make(kAll[2]);
    std::map<std::string, int> times;
    for (int i = 0; i < 3'000; ++i) {
      const NodePtr node = chooseNode();
      ++times[node->id];
      selector_->mark("shop", *node, {});
    }
    expectEven(times, 3, 1'000);
  }

  void leastConnKeepsCountingWhenNodesChange() {
    know({version({"a", "b"})});
    make(kAll[2]);
    tried_ = {"b"};
    const NodePtr a = chooseNode();
    chooseNode();
    tried_.clear();
    registry_->tell("shop", Versions{version({"c", "a"})});  // a has two calls
    CPPUNIT_ASSERT_EQUAL(std::string("c"), choose());
    CPPUNIT_ASSERT_EQUAL(std::string("c"), choose());
    registry_->tell("shop", Versions{version({"b", "c"})});
    CPPUNIT_ASSERT_EQUAL(std::string("b"), choose());
    selector_->mark("shop", *a, {});  // it has gone, but may come back
    registry_->tell("shop", Versions{version({"a", "c"})});
    CPPUNIT_ASSERT_EQUAL(std::string("a"), choose());  // one against two
    selector_->mark("shop", *a, {});
    selector_->mark("shop", *a, {});
    CPPUNIT_ASSERT_EQUAL(std::string("a"), choose());
  }

  void leastConnHonoursFiltersAtEveryLoad() {
    know({version({"a", "b", "c", "d"})});
    make(kAll[2]);
    filters_ = {[](const ServiceInfo&, const Node& node) { return node.id >= "c"; }};
    for (const auto& [id, times] : count(100)) CPPUNIT_ASSERT_EQUAL_MESSAGE(id, 50, times);
    filters_.clear();
    for (const auto& [id, times] : count(100)) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE("of those without a call", 50, times);
      CPPUNIT_ASSERT(id < "c");
    }
  }

  // Services that others have registered in Consul have their host's name as id.
  void leastConnSurvivesSharedIds() {
    know({version({"host"}, "one"), version({"host", "other"}, "two")});
    make(kAll[2]);
    std::vector<NodePtr> chosen;
    for (int i = 0; i < 100; ++i) chosen.push_back(chooseNode());
    for (const NodePtr& node : chosen) selector_->mark("shop", *node, {});
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), count(100).size());
  }

  void blacklistSparesWhatFailed() {
    know({version({"a", "b", "c"})});
    make(kAll[3]);
    fail("a");
    const auto times = count(2'000);
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), times.count("a"));
    expectEven(times, 2, 1'000);
  }

  void blacklistFallsBackToAll() {
    know({version({"a", "b", "c"})});
    make(kAll[3]);
    for (const char* id : {"a", "b", "c"}) fail(id);
    expectEven(count(3'000), 3, 1'000);
    filters_ = {[](const ServiceInfo&, const Node& node) { return node.id == "b"; }};
    CPPUNIT_ASSERT_EQUAL(std::string("b"), choose());
  }

  void blacklistForgetsAfterAWhile() {
    know({version({"a", "b"})});
    test::ManualClock clock;
    makeBlacklist(20ms);
    fail("a");
    fail("a");
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), count(50).size());
    clock.skip(20ms - 1us);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), count(50).size());
    clock.skip(1us);
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), count(50).size());
  }

  void blacklistForgetsTheEarliestFirst() {
    know({version({"a", "b", "c"})});
    test::ManualClock clock;
    makeBlacklist(20ms);
    fail("a");
    clock.skip(10ms);
    fail("b");
    clock.skip(10ms - 1us);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), count(100).size());
    clock.skip(1us);
    const auto times = count(100);
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), times.size());
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), times.count("b"));
    clock.skip(10ms - 1us);
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), count(100).size());
    clock.skip(1us);
    CPPUNIT_ASSERT_EQUAL(std::size_t(3), count(100).size());
  }

  void blacklistCountsFromTheLastFailure() {
    know({version({"a", "b"})});
    test::ManualClock clock;
    makeBlacklist(20ms);
    fail("a");
    clock.skip(10ms);
    fail("a");
    clock.skip(20ms - 1us);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), count(50).size());
    clock.skip(1us);
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), count(50).size());
  }

  void anAnswerEndsTheSparing() {
    know({version({"a", "b"})});
    make(kAll[3]);
    const NodePtr a = nodeOf("a");
    for (const Status& answer : {Status(), Status::fromWire("no such user")}) {
      fail("a");
      CPPUNIT_ASSERT_EQUAL(std::size_t(1), count(50).size());
      selector_->mark("shop", *a, Status::cancelled("by the caller"));
      CPPUNIT_ASSERT_EQUAL(std::size_t(1), count(50).size());
      selector_->mark("shop", *a, answer);
      CPPUNIT_ASSERT_EQUAL(std::size_t(2), count(50).size());
    }
  }

  void onlyTheNodesOwnFailuresCount() {
    know({version({"a", "b"})});
    make(kAll[3]);
    const NodePtr a = nodeOf("a");
    for (const Status& outcome : {Status(), Status::fromWire("no such user"),
                                  Status::cancelled("by the caller"), Status::invalid("bad")}) {
      selector_->mark("shop", *a, outcome);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(outcome.toString(), std::size_t(2), count(50).size());
    }
    for (const Status& outcome :
         {Status::unavailable("refused"), Status::timeout("silent"), Status::internal("broken")}) {
      selector_->mark("shop", *a, outcome);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(outcome.toString(), std::size_t(1), count(50).size());
      selector_->mark("shop", *a, {});
    }
  }

 private:
  static ServiceInfo version(const Strings& ids, const std::string& name = "1.0") {
    return test::versionWith("shop", name, ids);
  }
  static ServiceInfo numbered(int nodes) {
    Strings ids;
    for (int i = 0; i < nodes; ++i) ids.push_back("n" + std::to_string(i));
    return version(ids);
  }

  void make(const Named& named, std::uint32_t seed = 2016) {
    SelectorOptions options;
    options.seed = seed;
    selector_ = named.make(*view_, options);
  }
  void makeBlacklist(std::chrono::milliseconds avoidFor) {
    SelectorOptions options;
    options.avoidFor = avoidFor;
    selector_ = makeBlacklistSelector(*view_, options);
  }
  void know(const Versions& versions, const std::string& service = "shop") {
    const Call call = view_->get(service, [](const auto&) {});
    registry_->tell(service, versions);
  }

  NodePtr chooseNode() {
    auto chosen = selector_->choose("shop", {filters_, tried_});
    return chosen && chosen->ok() ? std::move(**chosen) : nullptr;
  }
  std::string choose() {
    const NodePtr node = chooseNode();
    return node ? node->id : "nothing";
  }
  NodePtr nodeOf(const std::string& id) {
    const auto known = view_->known("shop");
    for (const auto& entry : known->nodes) {
      if (entry.node->id == id) return NodePtr(known, entry.node);
    }
    return nullptr;
  }
  void fail(const std::string& id) { selector_->mark("shop", *nodeOf(id), failure()); }

  std::map<std::string, int> count(int times) {
    std::map<std::string, int> result;
    for (int i = 0; i < times; ++i) {
      if (const NodePtr node = chooseNode()) ++result[node->id];
    }
    return result;
  }
  // Within four standard deviations, nearly: one in 16 thousand falls outside.
  static void expectEven(const std::map<std::string, int>& times, std::size_t nodes, int mean) {
    CPPUNIT_ASSERT_EQUAL(nodes, times.size());
    for (const auto& [id, count] : times) {
      CPPUNIT_ASSERT_MESSAGE(id + ": " + std::to_string(count),
                             std::abs(count - mean) < 4 * std::sqrt(mean));
    }
  }

  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<test::FollowedRegistry> registry_;
  std::unique_ptr<ServiceView> view_;
  std::unique_ptr<Selector> selector_;
  std::vector<NodeFilter> filters_;
  Strings tried_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(SelectorTest);

}  // namespace evmicro

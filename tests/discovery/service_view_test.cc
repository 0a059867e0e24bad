#include <evmicro/service_view.h>

#include <optional>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/event_loop.h>

#include "support/captured_log.h"
#include "support/followed_registry.h"
#include "support/manual_clock.h"
#include "support/turn_until.h"

namespace evmicro {

using namespace std::chrono_literals;
using test::turn;
using Snapshot = ServiceView::Snapshot;
using Versions = std::vector<ServiceInfo>;

class ServiceViewTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ServiceViewTest);
  CPPUNIT_TEST(nothingIsKnownBeforeTheFirstUse);
  CPPUNIT_TEST(coldLookUpIsShared);
  CPPUNIT_TEST(warmViewAnswersAtOnceAndFollows);
  CPPUNIT_TEST(snapshotStaysAsItWas);
  CPPUNIT_TEST(unknownNameIsRememberedForAWhile);
  CPPUNIT_TEST(serviceWithoutNodesLeftIsNotFound);
  CPPUNIT_TEST(errorOfAColdLookUpIsToldAndForgotten);
  CPPUNIT_TEST(outageKeepsWhatWasKnown);
  CPPUNIT_TEST(outageOfManyIsOneLogLine);
  CPPUNIT_TEST(nodesThatTheRegistryLostAreKeptForAWhile);
  CPPUNIT_TEST(lostNodesComeBackOneByOne);
  CPPUNIT_TEST(aSecondOutageKeepsTheLostNodes);
  CPPUNIT_TEST(deregisteredNodeGoesAtOnce);
  CPPUNIT_TEST(unusedServiceIsForgotten);
  CPPUNIT_TEST(usedServiceIsKept);
  CPPUNIT_TEST(forgottenWhileStaleEndsTheOutage);
  CPPUNIT_TEST(droppedGetIsSilent);
  CPPUNIT_TEST(callbackMayDestroyTheView);
  CPPUNIT_TEST(callbackMayAskAgain);
  CPPUNIT_TEST(getMayOutliveTheView);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    clock_ = std::make_unique<test::ManualClock>();
    loop_ = std::make_unique<EventLoop>();
    registry_ = std::make_unique<test::FollowedRegistry>();
    view_ = std::make_unique<ServiceView>(*loop_, *registry_);
  }
  void tearDown() override {
    view_.reset();
    registry_.reset();
    loop_.reset();
    clock_.reset();
  }

  void nothingIsKnownBeforeTheFirstUse() {
    CPPUNIT_ASSERT(!view_->known("shop"));
    CPPUNIT_ASSERT_EQUAL(0, registry_->follows);
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), view_->stats().services);
  }

  void coldLookUpIsShared() {
    Asked a, b;
    ask(a);
    ask(b);
    CPPUNIT_ASSERT_EQUAL(1, registry_->follows);
    registry_->tell("shop", Versions{version({"a", "b"})});
    CPPUNIT_ASSERT_MESSAGE("not inside the news", !a.answer && !b.answer);
    turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::string("a b"), a.text());
    CPPUNIT_ASSERT_EQUAL(std::string("a b"), b.text());
    CPPUNIT_ASSERT(a.answer->value() == b.answer->value());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), view_->stats().lookUps);
  }

  void warmViewAnswersAtOnceAndFollows() {
    warm({"a"});
    CPPUNIT_ASSERT_EQUAL(std::string("a"), known());
    Asked asked;
    ask(asked);
    CPPUNIT_ASSERT_MESSAGE("not inside get()", !asked.answer);
    turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::string("a"), asked.text());
    registry_->tell("shop", Versions{version({"a", "b"}), version({"c"}, "2.0")});
    CPPUNIT_ASSERT_EQUAL(std::string("a b c"), known());
    CPPUNIT_ASSERT_EQUAL(1, registry_->follows);
  }

  void snapshotStaysAsItWas() {
    warm({"a", "b"});
    const Snapshot before = view_->known("shop");
    registry_->tell("shop", Versions{});
    view_.reset();
    CPPUNIT_ASSERT_EQUAL(std::string("a b"), idsOf(*before));
    CPPUNIT_ASSERT(before->nodes[1].version == &before->versions[0]);
    CPPUNIT_ASSERT(before->nodes[1].node == &before->versions[0].nodes[1]);
  }

  void unknownNameIsRememberedForAWhile() {
    remake([](ServiceViewOptions& options) { options.notFoundFor = 50ms; });
    Asked first;
    ask(first);
    registry_->tell("shop", Versions{});
    turn(*loop_);
    CPPUNIT_ASSERT(first.kind() == ErrorKind::kNotFound);
    CPPUNIT_ASSERT_EQUAL(
        std::string("registry: followed: service \"shop\" not found: no healthy node registered"),
        first.answer->status().detail());
    CPPUNIT_ASSERT_MESSAGE("nobody follows it", registry_->followers("shop") == 0);
    Asked second;
    ask(second);
    turn(*loop_);
    CPPUNIT_ASSERT(second.kind() == ErrorKind::kNotFound);
    CPPUNIT_ASSERT_EQUAL(1, registry_->follows);
    clock_->advance(*loop_, 50ms - 1us);
    Asked last;
    ask(last);
    CPPUNIT_ASSERT_EQUAL(1, registry_->follows);
    clock_->advance(*loop_, 1us);  // then the registry is asked again
    Asked again;
    ask(again);
    CPPUNIT_ASSERT_EQUAL(2, registry_->follows);
    warmUp({"a"});
    CPPUNIT_ASSERT_EQUAL(std::string("a"), known());
  }

  void serviceWithoutNodesLeftIsNotFound() {
    warm({"a"});
    registry_->tell("shop", Versions{});
    CPPUNIT_ASSERT(view_->known("shop")->nodes.empty());
    Asked asked;
    ask(asked);
    turn(*loop_);
    CPPUNIT_ASSERT_MESSAGE("a last resort is for those who choose",
                           asked.kind() == ErrorKind::kNotFound);
    CPPUNIT_ASSERT_EQUAL(1, registry_->followers("shop"));
    registry_->tell("shop", Status::unavailable("registry: gone"));
    Asked away;
    ask(away);
    turn(*loop_);
    CPPUNIT_ASSERT(away.kind() == ErrorKind::kUnavailable);
  }

  void errorOfAColdLookUpIsToldAndForgotten() {
    Asked first;
    ask(first);
    registry_->tell("shop", Status::unavailable("registry: gone"));
    turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::string("registry: gone"), first.answer->status().detail());
    Asked second;
    ask(second);
    CPPUNIT_ASSERT_EQUAL(2, registry_->follows);
    warmUp({"a"});
    CPPUNIT_ASSERT_EQUAL(std::string("a"), second.text());
  }

  void outageKeepsWhatWasKnown() {
    test::CapturedLog log("registry");
    warm({"a", "b"});
    registry_->tell("shop", Status::unavailable("registry: gone"));
    CPPUNIT_ASSERT_EQUAL(std::string("a b"), known());
    Asked asked;
    ask(asked);
    turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::string("a b"), asked.text());
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), view_->stats().stale);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), view_->stats().outages);
    registry_->tell("shop", Versions{version({"a", "b"})});
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), view_->stats().stale);
    CPPUNIT_ASSERT_EQUAL(std::string("a b"), known());
  }

  void outageOfManyIsOneLogLine() {
    test::CapturedLog log("registry");
    for (const char* name : {"shop", "bank"}) {
      Asked asked;
      ask(asked, name);
      registry_->tell(name, Versions{version({"a"})});
    }
    for (const char* name : {"shop", "bank"}) {
      registry_->tell(name, Status::unavailable("registry: gone"));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), log.lines().size());
    CPPUNIT_ASSERT_EQUAL(std::string("WARN Registry unavailable: registry: gone (503 Service "
                                     "Unavailable); using the nodes known so far"),
                         log.lines()[0]);
    registry_->tell("shop", Versions{version({"a"})});
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), log.lines().size());
    registry_->tell("bank", Versions{version({"a"})});
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), log.lines().size());
    CPPUNIT_ASSERT_EQUAL(std::size_t(0),
                         log.lines()[1].find("INFO Registry available again after "));
  }

  // A Consul that is started with empty data knows nobody until the next heartbeats.
  void nodesThatTheRegistryLostAreKeptForAWhile() {
    remake([](ServiceViewOptions& options) { options.keepLost = 30ms; });
    warm({"a", "b"});
    registry_->tell("shop", Status::unavailable("registry: gone"));
    registry_->tell("shop", Versions{});
    CPPUNIT_ASSERT_EQUAL(std::string("a b"), known());
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), view_->stats().lostNodes);
    clock_->advance(*loop_, 30ms - 1us);
    CPPUNIT_ASSERT_EQUAL(std::string("a b"), known());
    clock_->advance(*loop_, 1us);
    CPPUNIT_ASSERT_EQUAL(std::string(), known());
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), view_->stats().lostNodes);
  }

  void lostNodesComeBackOneByOne() {
    remake([](ServiceViewOptions& options) { options.keepLost = 30ms; });
    warm({"a", "b", "c"});
    registry_->tell("shop", Status::unavailable("registry: gone"));
    registry_->tell("shop", Versions{version({"b"})});
    CPPUNIT_ASSERT_EQUAL(std::string("a b c"), known());
    registry_->tell("shop", Versions{version({"b", "c", "d"})});
    CPPUNIT_ASSERT_EQUAL(std::string("a b c d"), known());
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), view_->stats().lostNodes);
    clock_->advance(*loop_, 30ms);
    CPPUNIT_ASSERT_EQUAL(std::string("b c d"), known());
  }

  void aSecondOutageKeepsTheLostNodes() {
    remake([](ServiceViewOptions& options) { options.keepLost = 30ms; });
    warm({"a", "b"});
    registry_->tell("shop", Status::unavailable("registry: gone"));
    registry_->tell("shop", Versions{version({"a"})});
    registry_->tell("shop", Status::unavailable("registry: gone again"));
    clock_->advance(*loop_, 1min);
    CPPUNIT_ASSERT_EQUAL(std::string("a b"), known());
    registry_->tell("shop", Versions{version({"a"})});
    CPPUNIT_ASSERT_EQUAL(std::string("a b"), known());
    clock_->advance(*loop_, 30ms);
    CPPUNIT_ASSERT_EQUAL(std::string("a"), known());
  }

  void deregisteredNodeGoesAtOnce() {
    warm({"a", "b"});
    registry_->tell("shop", Versions{version({"b"})});
    CPPUNIT_ASSERT_EQUAL(std::string("b"), known());
  }

  void unusedServiceIsForgotten() {
    remake([](ServiceViewOptions& options) { options.idleAfter = 20ms; });
    warm({"a"});
    const auto forgotten = [this] { return registry_->followers("shop") == 0; };
    CPPUNIT_ASSERT(!clock_->advanceUntil(*loop_, forgotten, 20ms - 1us));
    CPPUNIT_ASSERT(clock_->advanceUntil(*loop_, forgotten, 20ms));
    CPPUNIT_ASSERT(!view_->known("shop"));
    warm({"b"});
    CPPUNIT_ASSERT_EQUAL(std::string("b"), known());
  }

  void usedServiceIsKept() {
    remake([](ServiceViewOptions& options) { options.idleAfter = 40ms; });
    warm({"a"});
    for (int uses = 0; uses < 5; ++uses) {
      clock_->advance(*loop_, 39ms);
      CPPUNIT_ASSERT(view_->known("shop"));
    }
    CPPUNIT_ASSERT_EQUAL(1, registry_->follows);
    CPPUNIT_ASSERT_EQUAL(1, registry_->followers("shop"));
  }

  void forgottenWhileStaleEndsTheOutage() {
    remake([](ServiceViewOptions& options) { options.idleAfter = 20ms; });
    warm({"a"});
    registry_->tell("shop", Status::unavailable("registry: gone"));
    CPPUNIT_ASSERT(clock_->advanceUntil(*loop_, [&] { return view_->stats().services == 0; }));
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), view_->stats().stale);
  }

  void droppedGetIsSilent() {
    Asked cold, warmed, absent;
    ask(cold);
    cold.call.cancel();
    warmUp({"a"});
    ask(warmed);
    warmed.call.cancel();
    ask(absent, "nobody");
    registry_->tell("nobody", Versions{});
    absent.call.cancel();
    turn(*loop_);
    CPPUNIT_ASSERT(!cold.answer && !warmed.answer && !absent.answer);
  }

  void callbackMayDestroyTheView() {
    int ran = 0;
    std::vector<Call> calls;
    const auto destroy = [&](const Result<Snapshot>&) {
      ++ran;
      view_.reset();
      calls.clear();
    };
    for (int i = 0; i < 3; ++i) calls.push_back(view_->get("shop", destroy));
    registry_->tell("shop", Versions{version({"a"})});
    turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(1, ran);
  }

  void callbackMayAskAgain() {
    Call call;
    int answers = 0;
    std::function<void()> again = [&] {
      call = view_->get("shop", [&](const Result<Snapshot>&) {
        if (++answers < 10) again();
      });
    };
    again();
    registry_->tell("shop", Versions{version({"a"})});
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return answers == 10; }));
  }

  void getMayOutliveTheView() {
    Asked cold, told;
    ask(cold, "cold");
    ask(told);
    registry_->tell("shop", Versions{version({"a"})});
    view_.reset();
    turn(*loop_);
    CPPUNIT_ASSERT(!cold.answer && !told.answer);
  }

 private:
  struct Asked {
    std::optional<Result<Snapshot>> answer;
    Call call;
    std::string text() const { return answer && answer->ok() ? idsOf(***answer) : "nothing"; }
    ErrorKind kind() const { return answer ? answer->status().kind() : ErrorKind::kNone; }
  };

  static std::string idsOf(const ServiceSnapshot& snapshot) {
    std::string ids;
    for (const auto& entry : snapshot.nodes) ids += (ids.empty() ? "" : " ") + entry.node->id;
    return ids;
  }
  static ServiceInfo version(const std::vector<std::string>& ids, const std::string& name = "1.0") {
    return test::versionWith("shop", name, ids);
  }

  template <typename Change>
  void remake(Change change) {
    ServiceViewOptions options;
    change(options);
    view_ = std::make_unique<ServiceView>(*loop_, *registry_, options);
  }
  void ask(Asked& asked, const std::string& name = "shop") {
    asked.call = view_->get(name, [&asked](Result<Snapshot> answer) { asked.answer = answer; });
  }
  void warmUp(const std::vector<std::string>& ids) {
    registry_->tell("shop", Versions{version(ids)});
    turn(*loop_);
  }
  void warm(const std::vector<std::string>& ids) {
    Asked asked;
    ask(asked);
    warmUp(ids);
  }
  std::string known() { return idsOf(*view_->known("shop")); }

  std::unique_ptr<test::ManualClock> clock_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<test::FollowedRegistry> registry_;
  std::unique_ptr<ServiceView> view_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ServiceViewTest);

}  // namespace evmicro

// What outlier detection remembers, and what it must forget.
#include <utility>

#include "client/outliers_fixture.h"

namespace evmicro::detail {

class OutlierBoundsTest final : public OutliersFixture {
  CPPUNIT_TEST_SUITE(OutlierBoundsTest);
  CPPUNIT_TEST(aLateLoopLooksThreeTimes);
  CPPUNIT_TEST(twoMillisecondsAreNotLate);
  CPPUNIT_TEST(anotherNodeDoesNotPutACheckOff);
  CPPUNIT_TEST(failuresOfTheOnlyNodeAreForgotten);
  CPPUNIT_TEST(patienceHasAnEnd);
  CPPUNIT_TEST(aNodeThatIsBackIsNotProbed);
  CPPUNIT_TEST(aProbeOfBeforeSaysNothing);
  CPPUNIT_TEST(aProbeMayEndLongAfterANodeIsBack);
  CPPUNIT_TEST_SUITE_END();

 public:
  // Its lateness is not counted, and the first time that the silence is too long all the same, it
  // looks once more. That holds again after each answer.
  void aLateLoopLooksThreeTimes() {
    answerQuickly("h:1");
    auto call = begin("h:1");
    for (int rounds = 0; rounds < 2; ++rounds) {
      for (int looks = 0; looks < 3; ++looks) lookLate(20ms);
      expect("");
      if (rounds == 1) break;
      answer("h:1");
      clock_->advance(*loop_, 5ms);
    }
    lookLate(20ms);
    expect("a");
    end(call);
  }

  // A check is every 5 ms.
  void twoMillisecondsAreNotLate() {
    for (const auto late : {2'000us, 2'001us}) {
      make({});
      answerQuickly("h:1");
      auto call = begin("h:1");
      clock_->advance(*loop_, 10ms);
      lookLate(5ms + late);
      expect(late == 2ms ? "a" : "");
      end(call);
    }
  }

  // It is unknown, and would be checked after 50 ms.
  void anotherNodeDoesNotPutACheckOff() {
    answerQuickly("h:1");
    auto call = begin("h:1");
    clock_->advance(*loop_, 4ms);
    auto other = begin("h:2");
    clock_->advance(*loop_, 11ms);
    expect("a");
    end(call);
    end(other);
  }

  // They would eject it at its next failure once there are others.
  void failuresOfTheOnlyNodeAreForgotten() {
    const auto all = std::exchange(nodes_["shop"], {{"a", "h:1"}});
    for (int i = 0; i < 3; ++i) fail("h:1");
    nodes_["shop"] = all;
    fail("h:1");
    fail("h:1");
    expect("");
    fail("h:1");
    expect("a");
  }

  // It doubles with each doubt, up to ten seconds.
  void patienceHasAnEnd() {
    const auto all = std::exchange(nodes_["shop"], {{"a", "h:1"}});
    answerQuickly("h:1");
    auto call = begin("h:1");
    auto patience = 15ms;
    for (int doubts = 0; doubts < 40; ++doubts) {
      clock_->advance(*loop_, patience);
      patience = std::min<std::chrono::milliseconds>(2 * patience, 10s);
    }
    nodes_["shop"] = all;
    clock_->advance(*loop_, 10s - 1us);
    expect("");
    clock_->advance(*loop_, 1us);
    expect("a");
    end(call);
  }

  void aNodeThatIsBackIsNotProbed() {
    eject("h:1");
    answerProbe(Status::timeout("no answer"));
    answer("h:1");
    expect("");
    clock_->advance(*loop_, 1h);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), outliers_->stats().probes);
  }

  // It was ejected again since the probe was sent, and stays so for its pause.
  void aProbeOfBeforeSaysNothing() {
    eject("h:1");
    answer("h:1");
    eject("h:1");
    expect("a");
    answerProbe({});
    expect("a");
    clock_->advance(*loop_, 1s);
    answerProbe({});
    expect("");
  }

  // What was known of the node was destroyed when there were many others, and the probe's end used
  // it.
  void aProbeMayEndLongAfterANodeIsBack() {
    eject("h:1");
    answer("h:1");
    clock_->advance(*loop_, 1s);
    for (int i = 0; i < 200; ++i) {
      fail("other:" + std::to_string(i));
      clock_->advance(*loop_, 200ms);
    }
    answerProbe({});
    expect("");
  }

 private:
  // The loop has not turned for `time`.
  void lookLate(std::chrono::nanoseconds time) {
    clock_->skip(time);
    test::turn(*loop_);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(OutlierBoundsTest);

}  // namespace evmicro::detail

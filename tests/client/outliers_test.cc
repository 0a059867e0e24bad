// Which nodes are ejected and readmitted, and when, on a manual clock.
#include "call/outliers.h"

#include <utility>
#include <vector>

#include "client/outliers_fixture.h"
#include "support/captured_log.h"

namespace evmicro::detail {

class OutliersTest final : public OutliersFixture {
  CPPUNIT_TEST_SUITE(OutliersTest);
  CPPUNIT_TEST(failuresInARowEject);
  CPPUNIT_TEST(anAnswerBetweenForgivesFailures);
  CPPUNIT_TEST(onlyTheNodesOwnFailuresCount);
  CPPUNIT_TEST(silenceEjects);
  CPPUNIT_TEST(silenceCountsFromTheLastAnswer);
  CPPUNIT_TEST(answersAreNoticedWithinAThirdOfTheSilence);
  CPPUNIT_TEST(silenceWithoutACallIsNone);
  CPPUNIT_TEST(aSlowNodeIsGivenItsTime);
  CPPUNIT_TEST(aNodeThatIsNeverIdleIsTimedToo);
  CPPUNIT_TEST(oneCallIsTimedBetweenTwoChecks);
  CPPUNIT_TEST(aNodeThatVariesIsGivenMoreTime);
  CPPUNIT_TEST(manyThatWaitAreNoVariation);
  CPPUNIT_TEST(anUnknownNodeIsGivenMoreTime);
  CPPUNIT_TEST(ourOwnDelayIsNobodysSilence);
  CPPUNIT_TEST(aLoopThatIsAlwaysLateFindsItOut);
  CPPUNIT_TEST(aProbeLetsItBackInAtOnce);
  CPPUNIT_TEST(anErrorIsAnAnswerToAProbe);
  CPPUNIT_TEST(aFalseDoubtDoublesThePatience);
  CPPUNIT_TEST(probesPauseLongerEachTime);
  CPPUNIT_TEST(aLateAnswerLetsItBackIn);
  CPPUNIT_TEST(aRelapseKeepsItAwayForLonger);
  CPPUNIT_TEST(aLateRelapseIsNone);
  CPPUNIT_TEST(neverMoreThanHalf);
  CPPUNIT_TEST(theOnlyNodeStays);
  CPPUNIT_TEST(theOnlyNodesSilenceIsADoubt);
  CPPUNIT_TEST(halfMayGo);
  CPPUNIT_TEST(servicesAreSeparate);
  CPPUNIT_TEST(servicesMayShareAnAddress);
  CPPUNIT_TEST(aNodeThatTheRegistryDropsIsForgotten);
  CPPUNIT_TEST(endsOfStreamsCount);
  CPPUNIT_TEST(nothingIsObservedWhenTheOptionSaysSo);
  CPPUNIT_TEST(anEpisodeIsTwoLinesOfTheLog);
  CPPUNIT_TEST(aFalseDoubtIsNotLogged);
  CPPUNIT_TEST(manyAddressesAreForgottenAgain);
  CPPUNIT_TEST_SUITE_END();

 public:
  void failuresInARowEject() {
    fail("h:1");
    fail("h:1", Status::unavailable("refused"));
    expect("");
    fail("h:1");
    expect("a");
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), outliers_->stats().ejections);
  }

  void anAnswerBetweenForgivesFailures() {
    for (int i = 0; i < 10; ++i) {
      fail("h:1");
      fail("h:1");
      answer("h:1");
    }
    expect("");
  }

  void onlyTheNodesOwnFailuresCount() {
    for (int i = 0; i < 10; ++i) {
      fail("h:1", Status::cancelled("given up"));
      fail("h:1", Status::internal("bad reply"));
      fail("h:1", Status::invalid("bad request"));
    }
    expect("");
  }

  void silenceEjects() {
    answerQuickly("h:1");
    auto call = begin("h:1");
    clock_->advance(*loop_, 14'999us);
    expect("");
    clock_->advance(*loop_, 1us);
    expect("a");
    CPPUNIT_ASSERT_EQUAL(std::string("shop h:1"), probed());
    end(call);
  }

  // Noticed when the timer looks, which is every 5 ms.
  void silenceCountsFromTheLastAnswer() {
    answerQuickly("h:1");
    auto stuck = begin("h:1");
    for (int i = 0; i < 20; ++i) {
      clock_->advance(*loop_, 10ms);
      answer("h:1");
      expect("");
    }
    clock_->advance(*loop_, 14ms);
    expect("");
    clock_->advance(*loop_, 6ms);
    expect("a");
    end(stuck);
  }

  // Just after one look, so by the next.
  void answersAreNoticedWithinAThirdOfTheSilence() {
    OutlierOptions options;
    options.silence = 30ms;
    make(options);
    answerQuickly("h:1");
    auto stuck = begin("h:1");
    clock_->advance(*loop_, 10ms + 1us);
    answer("h:1");
    clock_->advance(*loop_, 40ms - 2us);
    expect("");
    clock_->advance(*loop_, 1us);
    expect("a");
    end(stuck);
  }

  void silenceWithoutACallIsNone() {
    answerQuickly("h:1");
    clock_->advance(*loop_, 1h);
    answer("h:1");
    clock_->advance(*loop_, 1h);
    expect("");
  }

  void aSlowNodeIsGivenItsTime() {
    for (int i = 0; i < 100; ++i) {
      auto call = begin("h:1");
      clock_->advance(*loop_, 100ms);
      answer(call);
      // Only the first of them is longer than is usual for a node not known.
      clock_->advance(*loop_, 100ms);
    }
    expect("");
    auto call = begin("h:1");
    clock_->advance(*loop_, 199ms);
    expect("");
    clock_->advance(*loop_, 10ms);
    expect("a");
    end(call);
  }

  // It has become slower while a call was always waiting.
  void aNodeThatIsNeverIdleIsTimedToo() {
    answerQuickly("h:1");
    auto stuck = begin("h:1");
    for (int i = 0; i < 100; ++i) {
      auto call = begin("h:1");
      clock_->advance(*loop_, 12ms);
      answer(call);
    }
    clock_->advance(*loop_, 20ms);
    expect("");
    clock_->advance(*loop_, 15ms);
    expect("a");
    end(stuck);
  }

  // The others cost no look at the clock, and do not count, however slow they are.
  void oneCallIsTimedBetweenTwoChecks() {
    answerQuickly("h:1");
    auto stuck = begin("h:1");
    for (int i = 0; i < 100; ++i) {
      auto timed = begin("h:1");
      auto another = begin("h:1");
      clock_->advance(*loop_, 1ms);
      answer(timed);
      clock_->advance(*loop_, 11ms);
      answer(another);
    }
    clock_->advance(*loop_, 25ms);
    expect("a");
    end(stuck);
  }

  void aNodeThatVariesIsGivenMoreTime() {
    answerWithVariation("h:1");
    auto one = begin("h:1");
    auto two = begin("h:1");
    clock_->advance(*loop_, 50ms);
    expect("");
    clock_->advance(*loop_, 20ms);
    expect("a");
    end(one);
    end(two);
  }

  void manyThatWaitAreNoVariation() {
    answerWithVariation("h:1");
    std::vector<Outliers::Ticket> calls;
    for (int i = 0; i < 3; ++i) calls.push_back(begin("h:1"));
    clock_->advance(*loop_, 20ms);
    expect("");
    clock_->advance(*loop_, 25ms);
    expect("a");
    for (Outliers::Ticket& call : calls) end(call);
  }

  void anUnknownNodeIsGivenMoreTime() {
    auto call = begin("h:1");
    clock_->advance(*loop_, 149'999us);
    expect("");
    clock_->advance(*loop_, 1us);
    expect("a");
    end(call);
  }

  void ourOwnDelayIsNobodysSilence() {
    answerQuickly("h:1");
    auto call = begin("h:1");
    clock_->skip(10s);
    test::turn(*loop_);
    expect("");
    answer(call);
    expect("");
  }

  void aLoopThatIsAlwaysLateFindsItOut() {
    answerQuickly("h:1");
    auto call = begin("h:1");
    for (int looks = 0; looks < 10; ++looks) {
      clock_->skip(20ms);
      test::turn(*loop_);
    }
    expect("a");
    end(call);
  }

  void aProbeLetsItBackInAtOnce() {
    eject("h:1");
    expect("a");
    answerProbe({});
    expect("");
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), outliers_->stats().ejected);
  }

  void anErrorIsAnAnswerToAProbe() {
    eject("h:1");
    answerProbe(Status::notFound("no such method"));
    expect("");
  }

  void aFalseDoubtDoublesThePatience() {
    answerQuickly("h:1");
    auto call = begin("h:1");
    for (const auto patience : {15ms, 30ms, 60ms}) {
      clock_->advance(*loop_, patience - 1ms);
      expect("");
      clock_->advance(*loop_, 1ms);
      expect("a");
      answerProbe({});
    }
    answer(call);  // all is forgiven
    answerQuickly("h:1");
    call = begin("h:1");
    clock_->advance(*loop_, 15ms);
    expect("a");
    end(call);
  }

  void probesPauseLongerEachTime() {
    eject("h:1");
    answerProbe(Status::timeout("no answer"));
    for (const auto pause : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
      clock_->advance(*loop_, pause - 1ms);
      CPPUNIT_ASSERT(probes_.empty());
      clock_->advance(*loop_, 1ms);
      CPPUNIT_ASSERT_EQUAL(std::size_t(1), probes_.size());
      answerProbe(Status::timeout("no answer"));
      expect("a");
    }
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(8), outliers_->stats().probes);
  }

  void aLateAnswerLetsItBackIn() {
    answerQuickly("h:1");
    auto call = begin("h:1");
    clock_->advance(*loop_, 15ms);
    expect("a");
    answer(call);
    expect("");
    answerProbe(Status::timeout("of no interest any more"));
    expect("");
  }

  void aRelapseKeepsItAwayForLonger() {
    eject("h:1");
    answerProbe({});
    for (const auto pause : {1s, 2s, 4s}) {
      for (int i = 0; i < 3; ++i) fail("h:1");
      expect("a");
      clock_->advance(*loop_, pause - 1ms);
      CPPUNIT_ASSERT(probes_.empty());
      clock_->advance(*loop_, 1ms);
      answerProbe({});
      expect("");
    }
  }

  void aLateRelapseIsNone() {
    eject("h:1");
    answerProbe({});
    clock_->advance(*loop_, 30s);
    eject("h:1");
    CPPUNIT_ASSERT_EQUAL(std::string("shop h:1"), probed());
  }

  void neverMoreThanHalf() {
    eject("h:1");
    for (int i = 0; i < 10; ++i) fail("h:2");
    expect("a");
    auto call = begin("h:3");
    clock_->advance(*loop_, 10s);
    expect("a");
    end(call);
  }

  void theOnlyNodeStays() {
    nodes_["shop"] = {{"a", "h:1"}};
    for (int i = 0; i < 10; ++i) fail("h:1");
    expect("");
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), outliers_->stats().ejections);
  }

  // It is waited for twice as long from then on, as after a false doubt.
  void theOnlyNodesSilenceIsADoubt() {
    const auto all = std::exchange(nodes_["shop"], {{"a", "h:1"}});
    answerQuickly("h:1");
    auto call = begin("h:1");
    clock_->advance(*loop_, 15ms);
    expect("");
    nodes_["shop"] = all;
    clock_->advance(*loop_, 30ms - 1us);
    expect("");
    clock_->advance(*loop_, 1us);
    expect("a");
    end(call);
  }

  void halfMayGo() {
    nodes_["shop"] = {{"a", "h:1"}, {"b", "h:2"}, {"c", "h:3"}, {"d", "h:4"}};
    eject("h:1");
    eject("h:3");
    expect("a c");
    for (int i = 0; i < 10; ++i) fail("h:2");
    expect("a c");
  }

  void servicesAreSeparate() {
    nodes_["bank"] = {{"x", "h:8"}, {"y", "h:9"}};
    eject("h:1");
    for (int i = 0; i < 3; ++i) {
      auto call = begin("h:8", "bank");
      outliers_->ended(call, Status::timeout("no answer"));
    }
    expect("a");
    CPPUNIT_ASSERT(Strings{"x"} == *outliers_->ejected("bank"));
    CPPUNIT_ASSERT(!outliers_->ejected("nobody"));
  }

  // As behind one proxy, or after a port was taken over.
  void servicesMayShareAnAddress() {
    nodes_["bank"] = {{"x", "h:1"}, {"y", "h:9"}};
    answer("h:1");
    const auto failBank = [this] {
      auto call = begin("h:1", "bank");
      outliers_->ended(call, Status::timeout("no answer"));
    };
    for (int i = 0; i < 2; ++i) failBank();
    CPPUNIT_ASSERT(!outliers_->ejected("bank"));
    answer("h:1");  // says nothing of the other service
    failBank();
    CPPUNIT_ASSERT(Strings{"x"} == *outliers_->ejected("bank"));
    expect("");
    eject("h:1");
    expect("a");
    CPPUNIT_ASSERT_EQUAL(std::string("bank h:1shop h:1"), probed());
    answerProbe({});
    CPPUNIT_ASSERT(!outliers_->ejected("bank"));
    expect("a");
  }

  void aNodeThatTheRegistryDropsIsForgotten() {
    eject("h:1");
    nodes_["shop"].erase(nodes_["shop"].begin());
    answerProbe(Status::unavailable("refused"));
    expect("");
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), outliers_->stats().ejected);
    clock_->advance(*loop_, 1h);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), outliers_->stats().probes);
  }

  void endsOfStreamsCount() {
    const auto end = [&](const Status& outcome) { outliers_->streamEnded("shop", "h:1", outcome); };
    end(Status::unavailable("refused"));
    end(Status::unavailable("refused"));
    end({});
    end(Status::unavailable("refused"));
    end(Status::unavailable("refused"));
    expect("");
    end(Status::unavailable("refused"));
    expect("a");
  }

  void nothingIsObservedWhenTheOptionSaysSo() {
    OutlierOptions options;
    options.enabled = false;
    make(options);
    for (int i = 0; i < 10; ++i) fail("h:1");
    auto call = begin("h:1");
    clock_->advance(*loop_, 1h);
    answer(call);
    expect("");
  }

  void anEpisodeIsTwoLinesOfTheLog() {
    test::CapturedLog log("client");
    eject("h:1");
    answerProbe(Status::timeout("no answer"));
    for (int i = 0; i < 3; ++i) {
      clock_->advance(*loop_, 10s);
      answerProbe(Status::timeout("no answer"));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), log.lines().size());
    CPPUNIT_ASSERT_EQUAL(
        std::string(
            "WARN Node at h:1 of shop fails calls: ejected until it answers a health check"),
        log.lines()[0]);
    clock_->advance(*loop_, 30s);
    answerProbe({});
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), log.lines().size());
    CPPUNIT_ASSERT_EQUAL(std::string("INFO Node at h:1 of shop answers again: readmitted"),
                         log.lines()[1]);
  }

  void aFalseDoubtIsNotLogged() {
    test::CapturedLog log("client");
    eject("h:1");
    answerProbe({});
    CPPUNIT_ASSERT(log.lines().empty());
  }

  void manyAddressesAreForgottenAgain() {
    fail("h:1");
    fail("h:1");
    failAtMany(200);
    fail("h:1");  // the first one that is remembered
    expect("");
    eject("h:2");
    const auto ask = std::move(probes_);
    probes_.clear();
    failAtMany(200);
    expect("b");
    ask.front().done({});
    expect("");
  }

 private:
  void failAtMany(int addresses) {
    for (int i = 0; i < addresses; ++i) {
      fail("other:" + std::to_string(i));
      clock_->advance(*loop_, 200ms);
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(OutliersTest);

}  // namespace evmicro::detail

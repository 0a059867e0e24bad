#pragma once

#include <evmicro/conformance/transport_fixture.h>

namespace evmicro::test {

/// Contract of every transport for closing connections, and for destroying objects from callbacks.
class EndingContract : public TransportFixture {
  CPPUNIT_TEST_SUITE(EndingContract);
  CPPUNIT_TEST(dialledEndMayFinishFirst);
  CPPUNIT_TEST(acceptedEndMayFinishFirst);
  CPPUNIT_TEST(finishingAfterMuchStillHearsTheAnswer);
  CPPUNIT_TEST(nothingIsSentAfterTheEnd);
  CPPUNIT_TEST(closeSendsWhatIsQueued);
  CPPUNIT_TEST(closeReachesAPeerThatReadsLate);
  CPPUNIT_TEST(closeDiscardsWhatStillComes);
  CPPUNIT_TEST(closeOnBothSidesEndsBoth);
  CPPUNIT_TEST(closeDoesNotWaitForeverForThePeer);
  CPPUNIT_TEST(closeRightAfterDiallingSendsFirst);
  CPPUNIT_TEST(closeWithoutAMessageEnds);
  CPPUNIT_TEST(closeTellsWhenNobodyWasReached);
  CPPUNIT_TEST(closingTwiceIsClosingOnce);
  CPPUNIT_TEST(abortIsSeenAsABrokenConnection);
  CPPUNIT_TEST(abortBeforeTheConnectionIsSilent);
  CPPUNIT_TEST(destroyedEndIsSeenByThePeer);
  CPPUNIT_TEST(sendingToADestroyedPeerBreaks);
  CPPUNIT_TEST(onMessageMayDestroyItsSocket);
  CPPUNIT_TEST(onMessageMayDestroyBothEnds);
  CPPUNIT_TEST(onPeerFinishedMayDestroyItsSocket);
  CPPUNIT_TEST(onClosedMayDestroyItsSocket);
  CPPUNIT_TEST(onWritableMayDestroyItsSocket);
  CPPUNIT_TEST(onMessageMayCloseAndAbort);
  CPPUNIT_TEST(droppingInOnAcceptRefusesThePeer);
  CPPUNIT_TEST(onAcceptMayDestroyTheListener);
  CPPUNIT_TEST(socketsOutliveTheirListener);
  CPPUNIT_TEST(listenerThatGoesTakesWhatItHasNotHandedOut);
  CPPUNIT_TEST(socketsOutliveTheirTransport);
  CPPUNIT_TEST(endIsToldToALaterObserver);
  CPPUNIT_TEST(idleConnectionEnds);
  CPPUNIT_TEST(activityPutsTheIdleEndOff);
  CPPUNIT_TEST(pausedEndIsNotIdle);
  CPPUNIT_TEST(idleTimeoutMayBeSetAtAnyTime);
  CPPUNIT_TEST_SUITE_END_ABSTRACT();

 public:
  void dialledEndMayFinishFirst();
  void acceptedEndMayFinishFirst();
  void finishingAfterMuchStillHearsTheAnswer();
  void nothingIsSentAfterTheEnd();
  void closeSendsWhatIsQueued();
  void closeReachesAPeerThatReadsLate();
  void closeDiscardsWhatStillComes();
  void closeOnBothSidesEndsBoth();
  void closeDoesNotWaitForeverForThePeer();
  void closeRightAfterDiallingSendsFirst();
  void closeWithoutAMessageEnds();
  void closeTellsWhenNobodyWasReached();
  void closingTwiceIsClosingOnce();
  void abortIsSeenAsABrokenConnection();
  void abortBeforeTheConnectionIsSilent();
  void destroyedEndIsSeenByThePeer();
  void sendingToADestroyedPeerBreaks();
  void onMessageMayDestroyItsSocket();
  void onMessageMayDestroyBothEnds();
  void onPeerFinishedMayDestroyItsSocket();
  void onClosedMayDestroyItsSocket();
  void onWritableMayDestroyItsSocket();
  void onMessageMayCloseAndAbort();
  void droppingInOnAcceptRefusesThePeer();
  void onAcceptMayDestroyTheListener();
  void socketsOutliveTheirListener();
  void listenerThatGoesTakesWhatItHasNotHandedOut();
  void socketsOutliveTheirTransport();
  void endIsToldToALaterObserver();
  void idleConnectionEnds();
  void activityPutsTheIdleEndOff();
  void pausedEndIsNotIdle();
  void idleTimeoutMayBeSetAtAnyTime();

 protected:
  /// How an accepted end is closed when its peer aborts.
  virtual ErrorKind abortedKind() const { return ErrorKind::kInternal; }

 private:
  static bool ended(const End& end) { return end.events.find_first_of("fc") != std::string::npos; }
};

}  // namespace evmicro::test

#pragma once

#include <string>

#include <evmicro/conformance/transport_fixture.h>

namespace evmicro::test {

/// Contract of every transport that carries streams for the messages on a connection.
class ConversationContract : public TransportFixture {
  CPPUNIT_TEST_SUITE(ConversationContract);
  CPPUNIT_TEST(manyMessagesEachWayComeInOrder);
  CPPUNIT_TEST(pipelinedMessagesAreAnsweredInOrder);
  CPPUNIT_TEST(bigBodiesArriveWhole);
  CPPUNIT_TEST(emptyBodiesAreMessages);
  CPPUNIT_TEST(messagesMayBeSentBeforeTheConnection);
  CPPUNIT_TEST(nothingIsDeliveredWithinACall);
  CPPUNIT_TEST(pauseHoldsMessagesBack);
  CPPUNIT_TEST(pauseInsideOnMessageHoldsTheNext);
  CPPUNIT_TEST(firstMessageWaitsForItsObserver);
  CPPUNIT_TEST(pausedEndGetsEverythingLater);
  CPPUNIT_TEST(pausedEndHearsThatThePeerHasFinished);
  CPPUNIT_TEST(observerMayBeSwitchedInTheMiddle);
  CPPUNIT_TEST(messagesWaitWhileNobodyObserves);
  CPPUNIT_TEST(newObserverDoesNotEndAPause);
  CPPUNIT_TEST(backPressureIsCountedAndTold);
  CPPUNIT_TEST(zeroHighWaterMeansNoLimit);
  CPPUNIT_TEST(acceptedEndWaitsForAPeerThatDoesNotRead);
  CPPUNIT_TEST(bothMaySendMuchAtOnce);
  CPPUNIT_TEST(listenersBodyLimitEndsTheConnection);
  CPPUNIT_TEST(listenersHeaderLimitEndsTheConnection);
  CPPUNIT_TEST(diallersBodyLimitIsABadReply);
  CPPUNIT_TEST(connectionIsReusableAfterAnAnswer);
  CPPUNIT_TEST(connectionIsNotReusableAfterConnectionClose);
  CPPUNIT_TEST(addressesMatch);
  CPPUNIT_TEST(thousandSocketsAtOnce);
  CPPUNIT_TEST_SUITE_END_ABSTRACT();

 public:
  void manyMessagesEachWayComeInOrder();
  void pipelinedMessagesAreAnsweredInOrder();
  void bigBodiesArriveWhole();
  void emptyBodiesAreMessages();
  void messagesMayBeSentBeforeTheConnection();
  void nothingIsDeliveredWithinACall();
  void pauseHoldsMessagesBack();
  void pauseInsideOnMessageHoldsTheNext();
  void firstMessageWaitsForItsObserver();
  void pausedEndGetsEverythingLater();
  void pausedEndHearsThatThePeerHasFinished();
  void observerMayBeSwitchedInTheMiddle();
  void messagesWaitWhileNobodyObserves();
  void newObserverDoesNotEndAPause();
  void backPressureIsCountedAndTold();
  void zeroHighWaterMeansNoLimit();
  void acceptedEndWaitsForAPeerThatDoesNotRead();
  void bothMaySendMuchAtOnce();
  void listenersBodyLimitEndsTheConnection();
  void listenersHeaderLimitEndsTheConnection();
  void diallersBodyLimitIsABadReply();
  void connectionIsReusableAfterAnAnswer();
  void connectionIsNotReusableAfterConnectionClose();
  void addressesMatch();
  void thousandSocketsAtOnce();

 protected:
  /// How many sockets are opened at once; fewer for a transport whose connections are expensive.
  virtual std::size_t manySockets() const { return 1'000; }

 private:
  void refusedMessageEndsTheConnection(const Metadata& headers, const std::string& body);
};

}  // namespace evmicro::test

#pragma once

#include <string>

#include <evmicro/conformance/transport_fixture.h>

namespace evmicro::test {

/// Contract of every transport for requests with one reply, whether or not it carries streams.
class UnaryContract : public TransportFixture {
  CPPUNIT_TEST_SUITE(UnaryContract);
  CPPUNIT_TEST(messageIsEchoed);
  CPPUNIT_TEST(headersTravel);
  CPPUNIT_TEST(headersThatNobodyCouldReadAreLeftOut);
  CPPUNIT_TEST(framingHeadersAreNotPassedOn);
  CPPUNIT_TEST(connectionWithoutAMessageIsNotAccepted);
  CPPUNIT_TEST(requestsFollowEachOther);
  CPPUNIT_TEST(replyThatAsksToCloseIsTheLast);
  CPPUNIT_TEST(replyMayComeLater);
  CPPUNIT_TEST(abortedCallerIsNoticed);
  CPPUNIT_TEST(bodyLimitsHold);
  CPPUNIT_TEST(onMessageMayDestroyItsSocket);
  CPPUNIT_TEST(requestsOutliveTheirListener);
  CPPUNIT_TEST_SUITE_END_ABSTRACT();

 public:
  void messageIsEchoed();
  void headersTravel();
  void headersThatNobodyCouldReadAreLeftOut();
  void framingHeadersAreNotPassedOn();
  void connectionWithoutAMessageIsNotAccepted();
  void requestsFollowEachOther();
  void replyThatAsksToCloseIsTheLast();
  void replyMayComeLater();
  void abortedCallerIsNoticed();
  void bodyLimitsHold();
  void onMessageMayDestroyItsSocket();
  void requestsOutliveTheirListener();

 protected:
  /// A content type that messages may have.
  virtual std::string anyContentType() const { return "application/x-thing"; }
  /// What is delivered of it with a reply.
  virtual std::string replyContentType() const { return anyContentType(); }
};

}  // namespace evmicro::test

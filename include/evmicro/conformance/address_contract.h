#pragma once

#include <evmicro/conformance/transport_fixture.h>

namespace evmicro::test {

/// Contract of every transport for the addresses it listens on and dials, and for the errors.
class AddressContract : public TransportFixture {
  CPPUNIT_TEST_SUITE(AddressContract);
  CPPUNIT_TEST(portZeroGivesAUniqueOne);
  CPPUNIT_TEST(everyAddressIsListenedOn);
  CPPUNIT_TEST(ipv6AddressesGoInBrackets);
  CPPUNIT_TEST(portInUseIsUnavailable);
  CPPUNIT_TEST(portIsFreeAgainAfterTheListener);
  CPPUNIT_TEST(rangeTakesTheFirstFreePort);
  CPPUNIT_TEST(rangeMayBeExhausted);
  CPPUNIT_TEST(unixSocketIsListenedOn);
  CPPUNIT_TEST(unixSocketInUseIsUnavailable);
  CPPUNIT_TEST(unixSocketIsFreeAgainAfterTheListener);
  CPPUNIT_TEST(badListenAddressesAreInvalid);
  CPPUNIT_TEST(badDialAddressesAreInvalid);
  CPPUNIT_TEST(diallingNobodyIsRefused);
  CPPUNIT_TEST(refusalReachesALaterObserver);
  CPPUNIT_TEST(connectionLimitHoldsUntilOneGoes);
  CPPUNIT_TEST_SUITE_END_ABSTRACT();

 public:
  void portZeroGivesAUniqueOne();
  void everyAddressIsListenedOn();
  void ipv6AddressesGoInBrackets();
  void portInUseIsUnavailable();
  void portIsFreeAgainAfterTheListener();
  void rangeTakesTheFirstFreePort();
  void rangeMayBeExhausted();
  void unixSocketIsListenedOn();
  void unixSocketInUseIsUnavailable();
  void unixSocketIsFreeAgainAfterTheListener();
  void badListenAddressesAreInvalid();
  void badDialAddressesAreInvalid();
  void diallingNobodyIsRefused();
  void refusalReachesALaterObserver();
  void connectionLimitHoldsUntilOneGoes();

 protected:
  static int portOf(const std::string& address);
  /// The address of a Unix socket of this process; skips where the transport refuses to listen on
  /// one (kInvalid).
  std::string unixAddress();
  void echoesAt(const std::string& address);
};

}  // namespace evmicro::test

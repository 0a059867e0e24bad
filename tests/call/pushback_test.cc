#include "call/pushback.h"

#include <string>

#include <cppunit/extensions/HelperMacros.h>

namespace evmicro::detail {

using namespace std::chrono_literals;

class PushbackTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PushbackTest);
  CPPUNIT_TEST(secondsOfRetryAfter);
  CPPUNIT_TEST(datesOfRetryAfter);
  CPPUNIT_TEST(aRetryAfterThatCannotBeReadIsIgnored);
  CPPUNIT_TEST(millisecondsOfGrpc);
  CPPUNIT_TEST(anythingElseForbids);
  CPPUNIT_TEST(bothCount);
  CPPUNIT_TEST(whatIsNotSaidStays);
  CPPUNIT_TEST_SUITE_END();

 public:
  void secondsOfRetryAfter() {
    CPPUNIT_ASSERT(0ms == *after("0"));
    CPPUNIT_ASSERT(1s == *after("1"));
    CPPUNIT_ASSERT(120s == *after("120"));
    CPPUNIT_ASSERT(7s == *after("007"));
    CPPUNIT_ASSERT(365 * 24h == *after("31536001"));
    CPPUNIT_ASSERT(365 * 24h == *after("99999999999999999999999999"));
  }

  void datesOfRetryAfter() {
    CPPUNIT_ASSERT(1s == *after("Sun, 06 Nov 1994 08:49:38 GMT"));
    CPPUNIT_ASSERT(0s == *after("Sun, 06 Nov 1994 08:49:37 GMT"));
    CPPUNIT_ASSERT(0s == *after("Sun, 06 Nov 1994 08:49:36 GMT"));  // is over
    CPPUNIT_ASSERT(1h == *after("Sunday, 06-Nov-94 09:49:37 GMT"));
    CPPUNIT_ASSERT(365 * 24h == *after("Sun, 06 Nov 2094 08:49:37 GMT"));
    // In the middle of a second: no sooner than that.
    Pushback pushback;
    pushback.read({{"Retry-After", "Sun, 06 Nov 1994 08:49:38 GMT"}}, kNow + 999'999'999ns);
    CPPUNIT_ASSERT(1ms == *pushback.peer);
  }

  void aRetryAfterThatCannotBeReadIsIgnored() {
    for (const char* const text : {"", "-1", "+1", "1.5", "1s", "soon", "0x10", "1, 2"}) {
      CPPUNIT_ASSERT_MESSAGE(text, !after(text));
    }
  }

  void millisecondsOfGrpc() {
    CPPUNIT_ASSERT(0ms == *grpc("0").anyone);
    CPPUNIT_ASSERT(250ms == *grpc("250").anyone);
    CPPUNIT_ASSERT(2'147'483'647ms == *grpc("2147483647").anyone);
    CPPUNIT_ASSERT(!grpc("250").never);
    CPPUNIT_ASSERT(!grpc("250").peer);
  }

  void anythingElseForbids() {
    for (const char* const text :
         {"-1", "-2147483648", "2147483648", "", "x", "1.5", " 1", "1ms", "+1", "1,2"}) {
      const Pushback pushback = grpc(text);
      CPPUNIT_ASSERT_MESSAGE(text, pushback.never);
      CPPUNIT_ASSERT_MESSAGE(text, !pushback.anyone);
    }
  }

  void bothCount() {
    Pushback pushback;
    pushback.read({{"Retry-After", "2"}, {"Grpc-Retry-Pushback-Ms", "30"}}, kNow);
    CPPUNIT_ASSERT(2s == *pushback.peer && 30ms == *pushback.anyone && !pushback.never);
  }

  // The head says one thing, the trailers the other.
  void whatIsNotSaidStays() {
    Pushback pushback;
    pushback.read({{"Retry-After", "2"}}, kNow);
    pushback.read({{"Grpc-Retry-Pushback-Ms", "30"}}, kNow);
    pushback.read({{"X", "1"}}, kNow);
    CPPUNIT_ASSERT(2s == *pushback.peer && 30ms == *pushback.anyone);
  }

 private:
  static constexpr std::chrono::system_clock::time_point kNow{784'111'777s};  // 1994-11-06 08:49:37

  static std::optional<std::chrono::milliseconds> after(const char* text) {
    Pushback pushback;
    pushback.read({{"Retry-After", text}}, kNow);
    CPPUNIT_ASSERT(!pushback.anyone && !pushback.never);
    return pushback.peer;
  }
  static Pushback grpc(const char* text) {
    Pushback pushback;
    pushback.read({{"Grpc-Retry-Pushback-Ms", text}}, kNow);
    return pushback;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PushbackTest);

}  // namespace evmicro::detail

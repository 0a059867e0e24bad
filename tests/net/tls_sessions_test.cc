#include "net/tls_sessions.h"

#include <string>
#include <utility>

#include <cppunit/extensions/HelperMacros.h>

namespace evmicro::detail {

class TlsSessionsTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TlsSessionsTest);
  CPPUNIT_TEST(onePerPeerIsKept);
  CPPUNIT_TEST(thePeerOfLongestAgoGivesWay);
  CPPUNIT_TEST(aRenewalTakesNobodysPlace);
  CPPUNIT_TEST(forgottenOnesAreGone);
  CPPUNIT_TEST_SUITE_END();

 public:
  void onePerPeerIsKept() {
    CPPUNIT_ASSERT(!sessions_.find("a"));
    SSL_SESSION* const first = keep("a");
    SSL_SESSION* const other = keep("b");
    CPPUNIT_ASSERT_EQUAL(first, sessions_.find("a"));
    SSL_SESSION* const second = keep("a");
    CPPUNIT_ASSERT_EQUAL(second, sessions_.find("a"));
    CPPUNIT_ASSERT_EQUAL(other, sessions_.find("b"));
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), sessions_.size());
  }

  void thePeerOfLongestAgoGivesWay() {
    fill();
    CPPUNIT_ASSERT_EQUAL(TlsSessions::kMost, sessions_.size());
    CPPUNIT_ASSERT(sessions_.find("0"));  // and so the latest
    keep("one more");
    CPPUNIT_ASSERT_EQUAL(TlsSessions::kMost, sessions_.size());
    CPPUNIT_ASSERT(!sessions_.find("1"));
    for (const char* kept : {"0", "2", "one more"}) CPPUNIT_ASSERT(sessions_.find(kept));
  }

  void aRenewalTakesNobodysPlace() {
    fill();
    keep("0");
    CPPUNIT_ASSERT_EQUAL(TlsSessions::kMost, sessions_.size());
    CPPUNIT_ASSERT(sessions_.find("1"));
    keep("one more");
    CPPUNIT_ASSERT(!sessions_.find("2"));
    CPPUNIT_ASSERT(sessions_.find("0"));
  }

  void forgottenOnesAreGone() {
    keep("a");
    keep("b");
    sessions_.forget("a");
    sessions_.forget("c");
    CPPUNIT_ASSERT(!sessions_.find("a"));
    CPPUNIT_ASSERT(sessions_.find("b"));
    sessions_.clear();
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), sessions_.size());
    CPPUNIT_ASSERT(!sessions_.find("b"));
    keep("b");
    CPPUNIT_ASSERT(sessions_.find("b"));
  }

 private:
  SSL_SESSION* keep(const std::string& peer) {
    SslSession session(SSL_SESSION_new());
    SSL_SESSION* const raw = session.get();
    sessions_.keep(peer, std::move(session));
    return raw;
  }
  void fill() {
    for (std::size_t i = 0; i < TlsSessions::kMost; ++i) keep(std::to_string(i));
  }

  TlsSessions sessions_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(TlsSessionsTest);

}  // namespace evmicro::detail

#include "net/peer_limit.h"

#include <optional>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include "support/heap.h"

namespace evmicro {

using detail::PeerLimit;
using detail::SocketAddress;

class PeerLimitTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PeerLimitTest);
  CPPUNIT_TEST(oneMoreThanTheLimitIsRefused);
  CPPUNIT_TEST(anotherPeerHasALimitOfItsOwn);
  CPPUNIT_TEST(anIpv6NetworkIsOnePeer);
  CPPUNIT_TEST(ipv4InIpv6IsTheSamePeer);
  CPPUNIT_TEST(unixSocketsAreNotLimited);
  CPPUNIT_TEST(ticketsMayOutliveTheLimit);
  CPPUNIT_TEST(aPeerThatHasGoneIsForgotten);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { limit_.emplace(2); }
  void tearDown() override {
    tickets_.clear();
    limit_.reset();
  }

  void oneMoreThanTheLimitIsRefused() {
    CPPUNIT_ASSERT(limit_->limits() && !PeerLimit(0).limits());
    CPPUNIT_ASSERT(admits("192.0.2.1") && admits("192.0.2.1"));
    CPPUNIT_ASSERT(!admits("192.0.2.1"));
    tickets_.pop_back();
    CPPUNIT_ASSERT(admits("192.0.2.1"));
    CPPUNIT_ASSERT(!admits("192.0.2.1"));
  }

  void anotherPeerHasALimitOfItsOwn() {
    CPPUNIT_ASSERT(admits("192.0.2.1") && admits("192.0.2.1") && admits("192.0.2.2"));
  }

  void anIpv6NetworkIsOnePeer() {
    CPPUNIT_ASSERT(admits("2001:db8::1") && admits("2001:db8::ffff:2"));
    CPPUNIT_ASSERT(!admits("2001:db8::3"));
    CPPUNIT_ASSERT(admits("2001:db8:0:1::1"));
  }

  void ipv4InIpv6IsTheSamePeer() {
    CPPUNIT_ASSERT(admits("192.0.2.1") && admits("::ffff:192.0.2.1"));
    CPPUNIT_ASSERT(!admits("::ffff:192.0.2.1"));
  }

  void unixSocketsAreNotLimited() { CPPUNIT_ASSERT(admits("/a") && admits("/a") && admits("/a")); }

  void ticketsMayOutliveTheLimit() {
    CPPUNIT_ASSERT(admits("192.0.2.1"));
    limit_.reset();
    tickets_.clear();
  }

  // Otherwise a server would remember every address that has ever connected.
  void aPeerThatHasGoneIsForgotten() {
    constexpr std::size_t kPeers = 1'000;
    tickets_.reserve(1);
    const std::size_t before = test::bytesInUse();
    for (std::size_t i = 0; i < kPeers; ++i) {
      const std::string network = "10.1." + std::to_string(i / 250);
      CPPUNIT_ASSERT(admits(network + "." + std::to_string(i % 250)));
      tickets_.clear();
    }
    const std::size_t after = test::bytesInUse();
    CPPUNIT_ASSERT_MESSAGE(std::to_string(after - before), after < before + 16 * kPeers);
  }

 private:
  bool admits(const std::string& host) {
    auto ticket = limit_->admit(*SocketAddress::ofLiteral(host, 1));
    if (!ticket) return false;
    tickets_.push_back(std::move(ticket));
    return true;
  }

  std::optional<PeerLimit> limit_;
  std::vector<std::unique_ptr<PeerLimit::Ticket>> tickets_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(PeerLimitTest);

}  // namespace evmicro

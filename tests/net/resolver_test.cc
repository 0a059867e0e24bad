#include "net/resolver.h"

#include <optional>

#include <cppunit/extensions/HelperMacros.h>

#include "http/raw_peer.h"
#include "support/hosts_file.h"
#include "support/manual_clock.h"
#include "support/name_server.h"
#include "support/turn_until.h"

namespace evmicro {

using namespace detail;
using namespace std::chrono_literals;

class ResolverTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ResolverTest);
  CPPUNIT_TEST(findsAllAddressesOfAName);
  CPPUNIT_TEST(digitsAreTakenAsTheyAre);
  CPPUNIT_TEST(anUnknownNameIsAnError);
  CPPUNIT_TEST(localhostNeedsNoNameServer);
  CPPUNIT_TEST(readsTheHostsFileAnewEachTime);
  CPPUNIT_TEST(anAddressThatIsNamedTwiceCountsOnce);
  CPPUNIT_TEST(passesOverAServerThatDoesNotAnswer);
  CPPUNIT_TEST(givesUpWhenNoServerAnswers);
  CPPUNIT_TEST(serversThatMakeNoSenseAreAnError);
  CPPUNIT_TEST(aDroppedTokenCancels);
  CPPUNIT_TEST(oneOfTwoMayBeDropped);
  CPPUNIT_TEST(theCallbackMayDestroyTheResolver);
  CPPUNIT_TEST(aTokenMayOutliveTheResolver);
  CPPUNIT_TEST(nothingIsHeldWhileNothingIsAsked);
  CPPUNIT_TEST(waitsForTheAnswerWhereAsked);
  CPPUNIT_TEST(waitsNoLongerThanItsTries);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    clock_.emplace();
    loop_.emplace();
    server_.emplace(*loop_);
    server_->names["two.test"] = {"127.0.0.2", "127.0.0.3"};
    server_->names["both.test"] = {"127.0.0.2", "::1"};
    options_ = {};
    options_.servers = server_->address();
    found_.reset();
  }
  void tearDown() override {
    pending_.cancel();
    resolver_.reset();
    server_.reset();
    loop_.reset();
    clock_.reset();
  }

  void findsAllAddressesOfAName() {
    CPPUNIT_ASSERT_EQUAL(std::string("127.0.0.2:80 127.0.0.3:80"), found("two.test"));
    const std::string both = found("both.test");
    CPPUNIT_ASSERT_MESSAGE(both, both.find("127.0.0.2:80") != std::string::npos);
    CPPUNIT_ASSERT_MESSAGE(both, both.find("[::1]:80") != std::string::npos);
  }

  void digitsAreTakenAsTheyAre() {
    CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.7:80"), found("192.0.2.7"));
    CPPUNIT_ASSERT_EQUAL(std::string("[2001:db8::7]:80"), found("2001:db8::7"));
    CPPUNIT_ASSERT_EQUAL(0, server_->questions);
  }

  void anUnknownNameIsAnError() {
    CPPUNIT_ASSERT_EQUAL(std::string("no such host"), found("nobody.test"));
    CPPUNIT_ASSERT(found_->status().kind() == ErrorKind::kUnavailable);
  }

  void localhostNeedsNoNameServer() {
    options_ = {};
    options_.resolvConf = "/dev/null";
    const std::string addresses = found("localhost");
    CPPUNIT_ASSERT_MESSAGE(addresses, addresses.find("127.0.0.1:80") != std::string::npos);
  }

  void readsTheHostsFileAnewEachTime() {
    for (const std::string address : {"192.0.2.1", "192.0.2.2"}) {
      const test::HostsFile hosts(address + " here.test\n");
      CPPUNIT_ASSERT_EQUAL(address + ":80", found("here.test"));
    }
    CPPUNIT_ASSERT_EQUAL(0, server_->questions);
  }

  void anAddressThatIsNamedTwiceCountsOnce() {
    server_->names["twice.test"] = {"127.0.0.2", "127.0.0.2"};
    CPPUNIT_ASSERT_EQUAL(std::string("127.0.0.2:80"), found("twice.test"));
  }

  void passesOverAServerThatDoesNotAnswer() {
    test::NameServer dead(*loop_);
    dead.silent = true;
    options_.servers = dead.address() + "," + server_->address();
    ask("two.test");
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return dead.questions == 2; }));
    clock_->advance(*loop_, options_.serverTimeout - 1ms);
    CPPUNIT_ASSERT_EQUAL(0, server_->questions);
    clock_->advance(*loop_, 2ms);
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return found_.has_value(); }));
    CPPUNIT_ASSERT(found_->ok());
  }

  void givesUpWhenNoServerAnswers() {
    server_->silent = true;
    options_.tries = 2;
    ask("two.test");
    // 500 ms, and 1 s again.
    for (int round = 1; round <= 2; ++round) {
      CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return server_->questions == 2 * round; }));
      CPPUNIT_ASSERT(!found_);
      clock_->advance(*loop_, round * options_.serverTimeout + 1ms);
    }
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return found_.has_value(); }));
    CPPUNIT_ASSERT_EQUAL(std::string("no name server answers"), found_->status().detail());
    CPPUNIT_ASSERT_EQUAL(4, server_->questions);
  }

  void serversThatMakeNoSenseAreAnError() {
    options_.servers = "not a server";
    CPPUNIT_ASSERT_EQUAL(std::string("resolver: invalid name servers \"not a server\""),
                         found("two.test"));
  }

  void aDroppedTokenCancels() {
    ask("two.test");
    pending_.cancel();
    test::turn(*loop_);
    CPPUNIT_ASSERT(!found_);
    ask("127.0.0.1");  // the answer is on its way already
    pending_.cancel();
    test::turn(*loop_);
    CPPUNIT_ASSERT(!found_);
  }

  void oneOfTwoMayBeDropped() {
    ask("two.test");
    Call other = resolver_->resolve("both.test", 80, [](auto) { CPPUNIT_ASSERT(false); });
    other.cancel();
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return found_.has_value(); }));
    CPPUNIT_ASSERT(found_->ok());
  }

  void theCallbackMayDestroyTheResolver() {
    whenFound_ = [this] { resolver_.reset(); };
    CPPUNIT_ASSERT_EQUAL(std::string("127.0.0.2:80 127.0.0.3:80"), found("two.test"));
    CPPUNIT_ASSERT(!resolver_);
    whenFound_ = nullptr;
  }

  void aTokenMayOutliveTheResolver() {
    ask("two.test");
    resolver_.reset();
    test::turn(*loop_);
    CPPUNIT_ASSERT(!found_);
  }

  void nothingIsHeldWhileNothingIsAsked() {
    const std::size_t descriptors = test::openDescriptors();
    found("two.test");
    CPPUNIT_ASSERT_EQUAL(descriptors, test::openDescriptors());
    ask("two.test");
    CPPUNIT_ASSERT(test::openDescriptors() > descriptors);
    pending_.cancel();
    CPPUNIT_ASSERT_EQUAL(descriptors, test::openDescriptors());
  }

  void waitsForTheAnswerWhereAsked() {
    const test::HostsFile hosts("192.0.2.1 here.test\n192.0.2.9 here.test\n");
    const auto addresses = Resolver::resolveNow("here.test", 7);
    CPPUNIT_ASSERT(addresses.ok());
    CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.1:7"), addresses->at(0).text());
    CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.9:7"), addresses->at(1).text());
    CPPUNIT_ASSERT_EQUAL(std::string("127.0.0.1:7"),
                         Resolver::resolveNow("127.0.0.1", 7)->at(0).text());
  }

  // The server lives on this loop, which does not turn meanwhile.
  void waitsNoLongerThanItsTries() {
    clock_.reset();
    options_.serverTimeout = 10ms;
    options_.tries = 2;
    const auto begin = std::chrono::steady_clock::now();
    const auto addresses = Resolver::resolveNow("two.test", 7, options_);
    const auto took = std::chrono::steady_clock::now() - begin;
    CPPUNIT_ASSERT_EQUAL(std::string("no name server answers"), addresses.status().detail());
    CPPUNIT_ASSERT(took >= 20ms && took < 10s);
  }

 private:
  void ask(const std::string& host) {
    found_.reset();
    resolver_.emplace(*loop_, options_);
    pending_ = resolver_->resolve(host, 80, [this](Result<ResolvedAddresses> found) {
      found_ = std::move(found);
      if (whenFound_) whenFound_();
    });
    CPPUNIT_ASSERT(!found_);
  }
  // The addresses, or the error.
  std::string found(const std::string& host) {
    ask(host);
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return found_.has_value(); }));
    if (!found_->ok()) return found_->status().detail();
    std::string text;
    for (const SocketAddress& address : **found_) {
      text += (text.empty() ? "" : " ") + address.text();
    }
    return text;
  }
  std::optional<test::ManualClock> clock_;
  std::optional<EventLoop> loop_;
  std::optional<test::NameServer> server_;
  ResolverOptions options_;
  std::optional<Resolver> resolver_;
  std::optional<Result<ResolvedAddresses>> found_;
  std::function<void()> whenFound_;
  Call pending_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ResolverTest);

}  // namespace evmicro

#include "call/connection_pool.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include <cppunit/extensions/HelperMacros.h>

#include "support/fake_socket.h"

namespace evmicro::detail {

using namespace std::chrono_literals;
using test::FakeSocket;

class ConnectionPoolTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ConnectionPoolTest);
  CPPUNIT_TEST(nothingWaitsAtFirst);
  CPPUNIT_TEST(theLastOneUsedComesFirst);
  CPPUNIT_TEST(addressesAreSeparate);
  CPPUNIT_TEST(keepsNoMoreThanAllowed);
  CPPUNIT_TEST(keepsNoneWhenNoneIsAllowed);
  CPPUNIT_TEST(theCountOfAnswersStaysWithIt);
  CPPUNIT_TEST(idleTimeRunsWhileItWaits);
  CPPUNIT_TEST(whatIsNotReusableIsNotKept);
  CPPUNIT_TEST(whatIsNoMoreReusableIsPassedOver);
  CPPUNIT_TEST(whateverHappensWhileItWaitsIsItsEnd);
  CPPUNIT_TEST(itHasNoObserverWhenItIsTaken);
  CPPUNIT_TEST(poolTakesThemAlongWhenItDies);
  CPPUNIT_TEST(addressesWithoutConnectionsAreForgotten);
  CPPUNIT_TEST(aPlaceLeadsToItsAddress);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { alive_ = 0; }

  void nothingWaitsAtFirst() {
    ConnectionPool pool(2, 1s);
    CPPUNIT_ASSERT(!pool.take("a:1").socket);
  }

  void theLastOneUsedComesFirst() {
    ConnectionPool pool(2, 1s);
    Socket* const first = give(pool, "a:1");
    Socket* const second = give(pool, "a:1");
    const NodeConnection one = pool.take("a:1");
    const NodeConnection two = pool.take("a:1");
    CPPUNIT_ASSERT(one.socket.get() == second);
    CPPUNIT_ASSERT(two.socket.get() == first);
    CPPUNIT_ASSERT(!pool.take("a:1").socket);
  }

  void addressesAreSeparate() {
    ConnectionPool pool(1, 1s);
    give(pool, "a:1");
    Socket* const other = give(pool, "b:1");
    CPPUNIT_ASSERT_EQUAL(2, alive_);  // the limit is for each
    CPPUNIT_ASSERT(pool.take("b:1").socket.get() == other);
    CPPUNIT_ASSERT(!pool.take("b:1").socket);
    CPPUNIT_ASSERT(!pool.take("c:1").socket);
    CPPUNIT_ASSERT(pool.take("a:1").socket);
  }

  void keepsNoMoreThanAllowed() {
    ConnectionPool pool(3, 1s);
    for (const int kept : {1, 2, 3, 3, 3}) {
      give(pool, "a:1");
      CPPUNIT_ASSERT_EQUAL(kept, alive_);
    }
    pool.take("a:1");
    CPPUNIT_ASSERT_EQUAL(2, alive_);
    give(pool, "a:1");
    CPPUNIT_ASSERT_EQUAL(3, alive_);
  }

  void keepsNoneWhenNoneIsAllowed() {
    ConnectionPool pool(0, 1s);
    give(pool, "a:1");
    CPPUNIT_ASSERT_EQUAL(0, alive_);
    CPPUNIT_ASSERT(!pool.take("a:1").socket);
  }

  void theCountOfAnswersStaysWithIt() {
    ConnectionPool pool(1, 1s);
    pool.give("a:1", {std::make_unique<FakeSocket>(alive_), 7});
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(7), pool.take("a:1").answered);
  }

  void idleTimeRunsWhileItWaits() {
    ConnectionPool pool(1, 30s);
    FakeSocket* const socket = give(pool, "a:1");
    CPPUNIT_ASSERT(socket->idle == 30s);
    const NodeConnection taken = pool.take("a:1");
    CPPUNIT_ASSERT(socket->idle == 0s);
  }

  void whatIsNotReusableIsNotKept() {
    ConnectionPool pool(1, 1s);
    auto socket = std::make_unique<FakeSocket>(alive_);
    socket->usable = false;
    pool.give("a:1", {std::move(socket), 0});
    CPPUNIT_ASSERT_EQUAL(0, alive_);
  }

  // Such as one on which bytes lie that nobody has asked for.
  void whatIsNoMoreReusableIsPassedOver() {
    ConnectionPool pool(3, 1s);
    FakeSocket* const good = give(pool, "a:1");
    give(pool, "a:1")->usable = false;
    give(pool, "a:1")->usable = false;
    const NodeConnection taken = pool.take("a:1");
    CPPUNIT_ASSERT(taken.socket.get() == good);
    CPPUNIT_ASSERT_EQUAL(1, alive_);
    give(pool, "a:1")->usable = false;
    CPPUNIT_ASSERT(!pool.take("a:1").socket);
    CPPUNIT_ASSERT_EQUAL(1, alive_);
  }

  void whateverHappensWhileItWaitsIsItsEnd() {
    ConnectionPool pool(3, 1s);
    Message unasked;
    FakeSocket* const first = give(pool, "a:1");
    FakeSocket* const second = give(pool, "a:1");
    FakeSocket* const third = give(pool, "a:1");
    second->observer->onMessage(unasked);
    CPPUNIT_ASSERT_EQUAL(2, alive_);
    third->observer->onPeerFinished();
    CPPUNIT_ASSERT_EQUAL(1, alive_);
    first->observer->onClosed(Status());
    CPPUNIT_ASSERT_EQUAL(0, alive_);
    CPPUNIT_ASSERT(!pool.take("a:1").socket);
  }

  void itHasNoObserverWhenItIsTaken() {
    ConnectionPool pool(1, 1s);
    FakeSocket* const socket = give(pool, "a:1");
    CPPUNIT_ASSERT(socket->observer);
    const NodeConnection taken = pool.take("a:1");
    CPPUNIT_ASSERT(!socket->observer);
  }

  void poolTakesThemAlongWhenItDies() {
    {
      ConnectionPool pool(3, 1s);
      give(pool, "a:1");
      give(pool, "b:1");
    }
    CPPUNIT_ASSERT_EQUAL(0, alive_);
  }

  // Nodes come and go, each with an address of its own.
  void addressesWithoutConnectionsAreForgotten() {
    ConnectionPool pool(1, 1s);
    FakeSocket* const kept = give(pool, "kept:1");
    std::size_t most = 0;
    for (int i = 0; i < 1'000; ++i) {
      const std::string address = "node" + std::to_string(i) + ":1";
      give(pool, address);
      pool.take(address);
      most = std::max(most, pool.addresses());
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t(64), most);
    CPPUNIT_ASSERT(pool.take("kept:1").socket.get() == kept);
    // Those in use are looked through the less often the more there are.
    ConnectionPool large(1, 1s);
    for (int i = 0; i < 100; ++i) give(large, "node" + std::to_string(i) + ":1");
    for (int i = 0; i < 100; ++i) large.take("node" + std::to_string(i) + ":1");
    for (int i = 100; i < 128; ++i) give(large, "node" + std::to_string(i) + ":1");
    CPPUNIT_ASSERT_EQUAL(std::size_t(128), large.addresses());
    give(large, "last:1");
    CPPUNIT_ASSERT_EQUAL(std::size_t(29), large.addresses());
  }

  // Until addresses are forgotten: then what is remembered of one may be gone.
  void aPlaceLeadsToItsAddress() {
    ConnectionPool pool(2, 1s);
    ConnectionPool::Place place;
    CPPUNIT_ASSERT(!pool.take("a:1", &place).socket);
    CPPUNIT_ASSERT(!place.idles);
    FakeSocket* const first = give(pool, "a:1", &place);
    FakeSocket* const second = give(pool, "a:1");
    give(pool, "b:1");
    CPPUNIT_ASSERT(place.idles);
    CPPUNIT_ASSERT(pool.take("a:1", &place).socket.get() == second);
    CPPUNIT_ASSERT(pool.take("a:1").socket.get() == first);
    CPPUNIT_ASSERT(!pool.take("a:1", &place).socket);
    for (int i = 0; i < 100; ++i) give(pool, "node" + std::to_string(i) + ":1");
    CPPUNIT_ASSERT(!pool.take("a:1", &place).socket);
    FakeSocket* const third = give(pool, "a:1", &place);
    CPPUNIT_ASSERT(pool.take("a:1").socket.get() == third);
    give(pool, "a:1");
    CPPUNIT_ASSERT(pool.take("a:1", &place).socket);
  }

 private:
  FakeSocket* give(ConnectionPool& pool, const std::string& address,
                   ConnectionPool::Place* place = nullptr) {
    auto socket = std::make_unique<FakeSocket>(alive_);
    FakeSocket* const given = socket.get();
    pool.give(address, {std::move(socket), 0}, place);
    return given;
  }

  int alive_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ConnectionPoolTest);

}  // namespace evmicro::detail

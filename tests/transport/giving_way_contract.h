#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include "http/raw_peer.h"
#include "transport/timed_fixture.h"

namespace evmicro::test {

/// Which connections give way to newcomers when a listener has as many as it may have, whatever
/// they speak.
class GivingWayContract : public TimedTransportFixture {
  CPPUNIT_TEST_SUITE(GivingWayContract);
  CPPUNIT_TEST(theLongestIdleGivesWay);
  CPPUNIT_TEST(oneThatWasIdleForLessThanASecondStays);
  CPPUNIT_TEST(aRequestInTheSameTurnSavesTheConnection);
  CPPUNIT_TEST(thoseWithoutARequestGiveWayFirst);
  CPPUNIT_TEST(thoseWithoutARequestHaveATenthOfASecond);
  CPPUNIT_TEST(slowSendersGiveWayAfterFiveSeconds);
  CPPUNIT_TEST(sendersThatAreFastEnoughStay);
  CPPUNIT_TEST(idleOnesGiveWayBeforeSlowSenders);
  CPPUNIT_TEST_SUITE_END_ABSTRACT();

 public:
  void tearDown() override {
    peers_.clear();
    TimedTransportFixture::tearDown();
  }

  void theLongestIdleGivesWay() {
    listenForTwo();
    RawPeer& first = answered();
    pass(std::chrono::milliseconds(500));
    RawPeer& second = answered();
    pass(std::chrono::seconds(1));
    RawPeer& third = answered();
    CPPUNIT_ASSERT(turnUntil([&] { return first.ended(); }));
    CPPUNIT_ASSERT(!second.ended() && !third.ended());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), listener_->stats().gaveWay);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), listener_->stats().tooManyConnections);
    CPPUNIT_ASSERT(turnUntil([&] { return listener_->stats().connections == 2; }));
  }

  void oneThatWasIdleForLessThanASecondStays() {
    listenForTwo();
    answered();
    answered();
    pass(std::chrono::milliseconds(999));
    expectRefused();
    pass(kNextLook);
    answered();
  }

  void aRequestInTheSameTurnSavesTheConnection() {
    listenForTwo();
    RawPeer& first = answered();
    RawPeer& second = answered();
    pass(std::chrono::seconds(2));
    const std::vector<RawPeer*> both{&first, &second};
    for (RawPeer* peer : both) {
      peer->forget();
      peer->send(request(2, "again"));
    }
    connect();
    CPPUNIT_ASSERT(turnUntil([&] {
      return std::all_of(both.begin(), both.end(),
                         [](RawPeer* peer) { return peer->has("again") || peer->ended(); });
    }));
    settle();
    for (const RawPeer* peer : both) {
      CPPUNIT_ASSERT_MESSAGE("answered, or closed unasked", peer->has("again") || !hasReply(*peer));
    }
  }

  // A good caller's connection may be idle for long, an attacker only connects.
  void thoseWithoutARequestGiveWayFirst() {
    listenForTwo();
    RawPeer& first = answered();
    pass(std::chrono::seconds(10));
    RawPeer& silent = connect();
    settle();
    pass(std::chrono::milliseconds(100));
    RawPeer& third = answered();
    CPPUNIT_ASSERT(turnUntil([&] { return silent.ended(); }));
    CPPUNIT_ASSERT(!first.ended() && !third.ended());
  }

  void thoseWithoutARequestHaveATenthOfASecond() {
    listenForTwo();
    answered();
    RawPeer& silent = connect();
    settle();
    pass(std::chrono::milliseconds(99));
    expectRefused();
    pass(kNextLook);
    answered();
    CPPUNIT_ASSERT(turnUntil([&] { return silent.ended(); }));
  }

  void slowSendersGiveWayAfterFiveSeconds() {
    listenForTwo();
    RawPeer& first = slowAfterARequest(10);
    RawPeer& second = slowAfterARequest(10);
    pass(std::chrono::milliseconds(4'999));
    expectRefused();
    pass(kNextLook);
    answered();
    CPPUNIT_ASSERT(turnUntil([&] { return first.ended() || second.ended(); }));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), listener_->stats().gaveWay);
  }

  // 1 KiB a second.
  void sendersThatAreFastEnoughStay() {
    listenForTwo();
    slowAfterARequest(12'300);
    slowAfterARequest(12'300);
    pass(std::chrono::milliseconds(11'900));
    expectRefused();
    pass(std::chrono::milliseconds(400));
    answered();
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), listener_->stats().gaveWay);
  }

  void idleOnesGiveWayBeforeSlowSenders() {
    listenForTwo();
    RawPeer& slow = slowAfterARequest(10);
    pass(std::chrono::seconds(6));
    RawPeer& idle = answered();
    pass(std::chrono::seconds(1));
    answered();
    CPPUNIT_ASSERT(turnUntil([&] { return idle.ended(); }));
    CPPUNIT_ASSERT(!slow.ended());
  }

 protected:
  /// After it has found nobody, the listener looks for one to give way again in 10 ms.
  static constexpr std::chrono::milliseconds kNextLook{11};

  /// What a client sends before its first request.
  virtual std::string greeting() const { return {}; }
  /// The request that is the `number`th of its connection, from 1.
  virtual std::string request(std::uint32_t number, const std::string& body) const = 0;
  /// The same for a body of `size` bytes, up to the bytes of the body.
  virtual std::string beginning(std::uint32_t number, std::size_t size) const = 0;
  /// Whether a reply, or its beginning, has come.
  virtual bool hasReply(const RawPeer& peer) const = 0;
  /// From now on messages are echoed, and sockets closed as a server does: what is closed goes, and
  /// counts no more.
  virtual void serveEchoes() = 0;

  /// A connection that has sent its greeting.
  RawPeer& connect() {
    peers_.push_back(std::make_unique<RawPeer>(*loop_, listener_->address()));
    if (const std::string first = greeting(); !first.empty()) peers_.back()->send(first);
    return *peers_.back();
  }
  /// One whose first request has been answered.
  RawPeer& answered() {
    RawPeer& peer = connect();
    peer.send(request(1, "echoed"));
    CPPUNIT_ASSERT(turnUntil([&] { return peer.has("echoed"); }));
    return peer;
  }
  /// One that has been answered and has sent `bytes` of its second request's body.
  RawPeer& slowAfterARequest(std::size_t bytes) {
    RawPeer& peer = answered();
    const std::string head = beginning(2, 100'000);
    peer.send(head + std::string(bytes, 'x'));
    settle();
    return peer;
  }
  void expectRefused() {
    RawPeer& late = connect();
    CPPUNIT_ASSERT(turnUntil([&] { return late.ended(); }));
    CPPUNIT_ASSERT(late.has("HTTP/1.1 503 Service Unavailable\r\n"));
  }
  void listenForTwo() {
    serveEchoes();
    ListenOptions options;
    options.maxConnections = 2;
    listen(options);
  }
  void forgetClosed(End& closed) {
    accepted_.erase(std::find_if(accepted_.begin(), accepted_.end(),
                                 [&](const auto& entry) { return entry.get() == &closed; }));
  }

  std::vector<std::unique_ptr<RawPeer>> peers_;
};

}  // namespace evmicro::test

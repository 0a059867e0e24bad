// The transports' contracts on streams of gRPC. Each suite says which cases its protocol excludes.
#include "http2/grpc_transport.h"

#include <evmicro/conformance/address_contract.h>
#include <evmicro/conformance/conversation_contract.h>
#include <evmicro/conformance/ending_contract.h>
#include <evmicro/conformance/unary_contract.h>

#include <sys/socket.h>

#include "http2/dialler.h"
#include "http2/frames.h"
#include "net/descriptor.h"
#include "net/listen_address.h"
#include "support/scripted_server.h"

namespace evmicro {

/// Without requestsFollowEachOther: a stream is one exchange, and it is the connection that is
/// reused, by other streams. Without bodyLimitsHold: the end of a call is its status, also for what
/// is wrong with the reply (GrpcTransportTest).
class GrpcUnaryTest final : public test::UnaryContract {
  CPPUNIT_TEST_SUITE(GrpcUnaryTest);
  CPPUNIT_TEST(messageIsEchoed);
  CPPUNIT_TEST(headersTravel);
  CPPUNIT_TEST(headersThatNobodyCouldReadAreLeftOut);
  CPPUNIT_TEST(framingHeadersAreNotPassedOn);
  CPPUNIT_TEST(connectionWithoutAMessageIsNotAccepted);
  CPPUNIT_TEST(replyThatAsksToCloseIsTheLast);
  CPPUNIT_TEST(replyMayComeLater);
  CPPUNIT_TEST(abortedCallerIsNoticed);
  CPPUNIT_TEST(onMessageMayDestroyItsSocket);
  CPPUNIT_TEST(requestsOutliveTheirListener);
  CPPUNIT_TEST_SUITE_END();

 private:
  std::unique_ptr<Transport> makeTransport(EventLoop& loop) override {
    return test::makeGrpcTransport(loop);
  }
  std::string anyContentType() const override { return "application/grpc+thing"; }
  std::string replyContentType() const override { return "(none)"; }  // only checked
};
CPPUNIT_TEST_SUITE_REGISTRATION(GrpcUnaryTest);

/// Without connectionLimitHoldsUntilOneGoes: a connection has many streams (Http2LimitsTest).
class GrpcAddressTest final : public test::AddressContract {
  CPPUNIT_TEST_SUITE(GrpcAddressTest);
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
  CPPUNIT_TEST_SUITE_END();

 private:
  std::unique_ptr<Transport> makeTransport(EventLoop& loop) override {
    return test::makeGrpcTransport(loop);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(GrpcAddressTest);

/// Without emptyBodiesAreMessages and listenersHeaderLimitEndsTheConnection: metadata goes with the
/// first message in each direction only (GrpcTransportTest has their other halves). Without
/// connectionIsReusableAfterAnAnswer and ...AfterConnectionClose: see GrpcUnaryTest. Without
/// listenersBodyLimitEndsTheConnection: a stream is accepted with its head, before its message.
/// Without pausedEndHearsThatThePeerHasFinished: a client that has sent everything still waits for
/// the reply; one that has gone has reset the stream. Without diallersBodyLimitIsABadReply: the end
/// of a call is its status, also for what is wrong with the reply.
class GrpcConversationTest final : public test::ConversationContract {
  CPPUNIT_TEST_SUITE(GrpcConversationTest);
  CPPUNIT_TEST(manyMessagesEachWayComeInOrder);
  CPPUNIT_TEST(pipelinedMessagesAreAnsweredInOrder);
  CPPUNIT_TEST(bigBodiesArriveWhole);
  CPPUNIT_TEST(messagesMayBeSentBeforeTheConnection);
  CPPUNIT_TEST(nothingIsDeliveredWithinACall);
  CPPUNIT_TEST(pauseHoldsMessagesBack);
  CPPUNIT_TEST(pauseInsideOnMessageHoldsTheNext);
  CPPUNIT_TEST(firstMessageWaitsForItsObserver);
  CPPUNIT_TEST(pausedEndGetsEverythingLater);
  CPPUNIT_TEST(observerMayBeSwitchedInTheMiddle);
  CPPUNIT_TEST(messagesWaitWhileNobodyObserves);
  CPPUNIT_TEST(newObserverDoesNotEndAPause);
  CPPUNIT_TEST(backPressureIsCountedAndTold);
  CPPUNIT_TEST(zeroHighWaterMeansNoLimit);
  CPPUNIT_TEST(acceptedEndWaitsForAPeerThatDoesNotRead);
  CPPUNIT_TEST(bothMaySendMuchAtOnce);
  CPPUNIT_TEST(addressesMatch);
  CPPUNIT_TEST(thousandSocketsAtOnce);
  CPPUNIT_TEST_SUITE_END();

 private:
  std::unique_ptr<Transport> makeTransport(EventLoop& loop) override {
    return test::makeGrpcTransport(loop);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(GrpcConversationTest);

/// Without acceptedEndMayFinishFirst and finishingAfterMuchStillHearsTheAnswer: the server's
/// trailers end the call, it cannot half-close. Without closeDoesNotWaitForeverForThePeer: nothing
/// that a client sends after them is of use. Without idleConnectionEnds, activityPutsTheIdleEndOff
/// and pausedEndIsNotIdle: the connection is idle, not its streams; an open one is probed with
/// PING (Http2TimesTest).
class GrpcEndingTest final : public test::EndingContract {
  CPPUNIT_TEST_SUITE(GrpcEndingTest);
  CPPUNIT_TEST(dialledEndMayFinishFirst);
  CPPUNIT_TEST(nothingIsSentAfterTheEnd);
  CPPUNIT_TEST(closeSendsWhatIsQueued);
  CPPUNIT_TEST(closeReachesAPeerThatReadsLate);
  CPPUNIT_TEST(closeDiscardsWhatStillComes);
  CPPUNIT_TEST(closeOnBothSidesEndsBoth);
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
  CPPUNIT_TEST(idleTimeoutMayBeSetAtAnyTime);
  CPPUNIT_TEST_SUITE_END();

 private:
  std::unique_ptr<Transport> makeTransport(EventLoop& loop) override {
    return test::makeGrpcTransport(loop);
  }
  ErrorKind abortedKind() const override { return ErrorKind::kCancelled; }
};
CPPUNIT_TEST_SUITE_REGISTRATION(GrpcEndingTest);

/// What the protocol has instead of the cases that are left out above.
class GrpcTransportTest final : public test::TransportFixture {
  CPPUNIT_TEST_SUITE(GrpcTransportTest);
  CPPUNIT_TEST(emptyBodiesAreMessages);
  CPPUNIT_TEST(headersGoWithTheFirstMessage);
  CPPUNIT_TEST(aMessageAboveTheListenersLimitEndsTheStream);
  CPPUNIT_TEST(theServersEndIsTheEndOfTheCall);
  CPPUNIT_TEST(anEndedStreamsPeerIsNotAwaitedForLong);
  CPPUNIT_TEST(streamsShareAConnection);
  CPPUNIT_TEST(clientsWantNoPushesAndHaveWindows);
  CPPUNIT_TEST(aPeerThatHasNotSaidItsLimitGetsAHundredStreams);
  CPPUNIT_TEST(otherLimitsAreAnotherConnections);
  CPPUNIT_TEST(pausedEndHearsThatThePeerHasGone);
  CPPUNIT_TEST(aReplyAboveTheLimitEndsTheStream);
  CPPUNIT_TEST(aLostConnectionIsReportedToALaterObserver);
  CPPUNIT_TEST(aLostConnectionIsNotReportedToAnAbortedSocket);
  CPPUNIT_TEST_SUITE_END();

 public:
  void emptyBodiesAreMessages() {
    prepare_ = echo;
    listen();
    test::End& client = dial();
    client.send("");
    client.send("");
    CPPUNIT_ASSERT(turnUntil([&] { return client.bodies.size() == 2; }));
    CPPUNIT_ASSERT_EQUAL(std::string(), client.bodies[0]);
    CPPUNIT_ASSERT_EQUAL(std::string(), client.bodies[1]);
  }

  void headersGoWithTheFirstMessage() {
    prepare_ = echo;
    listen();
    test::End& client = dial();
    client.send("1", {{"X-Number", "1"}});
    client.send("2", {{"X-Number", "2"}});
    CPPUNIT_ASSERT(turnUntil([&] { return client.bodies.size() == 2; }));
    CPPUNIT_ASSERT_EQUAL(std::string("1"), std::string(client.headers[0].get("X-Number").value()));
    CPPUNIT_ASSERT(client.headers[1].empty());
    CPPUNIT_ASSERT(accepted().headers.at(1).empty());
  }

  void aMessageAboveTheListenersLimitEndsTheStream() {
    ListenOptions options;
    options.maxBodyBytes = 1'000;
    listen(options);
    test::End& client = connect();
    test::End& other = connect();
    client.send(std::string(1'000, 'x'));
    client.send(std::string(1'001, 'x'));
    CPPUNIT_ASSERT(turnUntil([&] { return client.over() && accepted().over(); }));
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), accepted().bodies.size());
    CPPUNIT_ASSERT_EQUAL(429, client.closed->code());  // RESOURCE_EXHAUSTED
    accepted(1).send("still there");
    CPPUNIT_ASSERT(turnUntil([&] { return other.bodies.size() == 1; }));
  }

  void theServersEndIsTheEndOfTheCall() {
    test::End& client = connect();
    accepted().send("answer");
    accepted().socket->finishSending();
    CPPUNIT_ASSERT(turnUntil([&] { return client.events == "mf"; }));
    client.send("not heard");
    client.socket->close();
    CPPUNIT_ASSERT(turnUntil([&] { return client.over() && accepted().over(); }));
    CPPUNIT_ASSERT_EQUAL(std::string("mc"), accepted().events);
    CPPUNIT_ASSERT(client.closed->ok() && accepted().closed->ok());
  }

  void anEndedStreamsPeerIsNotAwaitedForLong() {
    test::End& client = connect();
    accepted().socket->close();
    const auto start = EventLoop::now();
    CPPUNIT_ASSERT(turnUntil([&] { return accepted().over(); }));
    CPPUNIT_ASSERT(EventLoop::now() - start < std::chrono::seconds(10));
    CPPUNIT_ASSERT(accepted().closed->ok());
    settle();
    CPPUNIT_ASSERT_EQUAL(std::string("f"), client.events);
  }

  void streamsShareAConnection() {
    connect();
    connect();
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), listener_->stats().accepted);
  }

  // Symptom: the limits of the first connection to an address were those of all.
  void clientsWantNoPushesAndHaveWindows() {
    const auto listening = detail::openListeningSocket("127.0.0.1:0");
    CPPUNIT_ASSERT(listening.ok());
    const detail::Descriptor listener(listening->fd);
    const auto dialler = detail::makeHttp2Dialler(*loop_);
    const auto socket = dialler->dial(listening->address, DialOptions());
    CPPUNIT_ASSERT(socket.ok());
    settle();
    const detail::Descriptor peer(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    CPPUNIT_ASSERT(peer.get() >= 0);
    const auto setting = [](int id, std::uint64_t value) {
      return test::number(static_cast<std::uint64_t>(id), 2) + test::number(value, 4);
    };
    const std::string settings = setting(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 256 << 10) +
                                 setting(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, 64 << 10) +
                                 setting(NGHTTP2_SETTINGS_ENABLE_PUSH, 0);
    const std::string expected =
        std::string(test::kPreface) + test::frame(test::kSettings, test::kNoFlag, 0, settings) +
        test::frame(NGHTTP2_WINDOW_UPDATE, test::kNoFlag, 0, test::number((16 << 20) - 65'535, 4));
    std::string received(expected.size() + 1, '\0');
    std::size_t size = 0;
    CPPUNIT_ASSERT(turnUntil([&] {
      const auto read = ::recv(peer.get(), &received[size], received.size() - size, MSG_DONTWAIT);
      size += read > 0 ? static_cast<std::size_t>(read) : 0;
      return size >= expected.size();
    }));
    CPPUNIT_ASSERT(received.substr(0, size) == expected);
  }

  void aPeerThatHasNotSaidItsLimitGetsAHundredStreams() {
    const test::ScriptedServer silent(*loop_,
                                      [](const auto&) { return test::ScriptedServer::Reply(); });
    const auto dialler = detail::makeHttp2Dialler(*loop_);
    std::vector<std::unique_ptr<Socket>> sockets;
    const auto dial = [&] {
      auto socket = dialler->dial(silent.address(), DialOptions());
      CPPUNIT_ASSERT_MESSAGE(socket.status().toString(), socket.ok());
      sockets.push_back(std::move(*socket));
    };
    for (int i = 0; i < 100; ++i) dial();
    CPPUNIT_ASSERT(turnUntil([&] { return silent.accepted() > 0; }));
    settle();
    CPPUNIT_ASSERT_EQUAL(1, silent.accepted());
    dial();
    CPPUNIT_ASSERT(turnUntil([&] { return silent.accepted() == 2; }));
  }

  void otherLimitsAreAnotherConnections() {
    DialOptions small;
    small.maxBodyBytes = 1'000;
    connect();
    connect(small);
    connect();
    connect(small);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(2), listener_->stats().accepted);
  }

  void pausedEndHearsThatThePeerHasGone() {
    test::End& client = connect();
    accepted().socket->pause();
    client.socket->abort();
    CPPUNIT_ASSERT(turnUntil([&] { return accepted().events == "mc"; }));
  }

  void aReplyAboveTheLimitEndsTheStream() {
    DialOptions options;
    options.maxBodyBytes = 1'000;
    test::End& client = connect(options);
    accepted().send(std::string(1'000, 'x'));
    accepted().send(std::string(1'001, 'x'));
    CPPUNIT_ASSERT(turnUntil([&] { return client.over() && accepted().over(); }));
    CPPUNIT_ASSERT_EQUAL(std::string("mc"), client.events);
    CPPUNIT_ASSERT_EQUAL(429, client.closed->code());
  }

  // Symptom: the end was reported within observe(), which may have destroyed its caller.
  void aLostConnectionIsReportedToALaterObserver() {
    connect();
    accepted().socket->observe(nullptr);
    dialled_.clear();
    transport_.reset();
    expectEndAfterObserving(accepted());

    transport_ = makeTransport(*loop_);
    accepted_.clear();
    test::End& client = connect();
    client.socket->observe(nullptr);
    accepted_.clear();
    listener_.reset();
    expectEndAfterObserving(client);
  }

  void aLostConnectionIsNotReportedToAnAbortedSocket() {
    test::End& client = connect();
    client.socket->observe(nullptr);
    accepted_.clear();
    listener_.reset();
    awaitLoss(client);
    client.socket->observe(&client);
    client.socket->abort();
    settle();
    CPPUNIT_ASSERT_EQUAL(std::string(), client.events);
  }

 private:
  void awaitLoss(const test::End& end) {
    CPPUNIT_ASSERT(turnUntil([&] { return end.socket->localAddress().empty(); }));
  }

  void expectEndAfterObserving(test::End& end) {
    awaitLoss(end);
    const std::string before = end.events;
    end.socket->observe(&end);
    CPPUNIT_ASSERT_EQUAL(before, end.events);
    CPPUNIT_ASSERT(turnUntil([&] { return end.over(); }));
    CPPUNIT_ASSERT_EQUAL(before + "c", end.events);
    CPPUNIT_ASSERT(!end.closed->ok());
  }

  std::unique_ptr<Transport> makeTransport(EventLoop& loop) override {
    return test::makeGrpcTransport(loop);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(GrpcTransportTest);

}  // namespace evmicro

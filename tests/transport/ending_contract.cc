#include <evmicro/conformance/ending_contract.h>

#include <evmicro/timer.h>

#include "support/turn_until.h"

namespace evmicro::test {

using namespace std::chrono_literals;

void EndingContract::dialledEndMayFinishFirst() {
  End& client = connect();
  client.send("last");
  client.socket->finishSending();
  CPPUNIT_ASSERT(turnUntil([&] { return accepted().events == "mmf"; }));
  accepted().send("answer 1");
  accepted().send("answer 2");
  accepted().socket->finishSending();
  CPPUNIT_ASSERT(turnUntil([&] { return client.events == "mmf"; }));
  CPPUNIT_ASSERT_EQUAL(std::string("answer 2"), client.bodies[1]);
}

void EndingContract::acceptedEndMayFinishFirst() {
  End& client = connect();
  accepted().send("answer");
  accepted().socket->finishSending();
  CPPUNIT_ASSERT(turnUntil([&] { return client.events == "mf"; }));
  client.send("still heard");
  client.socket->finishSending();
  CPPUNIT_ASSERT(turnUntil([&] { return accepted().events == "mmf"; }));
  CPPUNIT_ASSERT_EQUAL(std::string("still heard"), accepted().bodies[1]);
}

// Symptom: an end that was above its high-water mark when it finished never received a message
// again.
void EndingContract::finishingAfterMuchStillHearsTheAnswer() {
  const std::string big(8U << 20, 'x');
  End& client = connect();
  client.send(big);
  client.socket->finishSending();
  CPPUNIT_ASSERT(turnUntil([&] { return accepted().events == "mmf"; }));
  accepted().send("answer");
  CPPUNIT_ASSERT(turnUntil([&] { return client.bodies.size() == 1; }));

  End& second = connect();
  accepted(1).send(big);
  accepted(1).socket->finishSending();
  CPPUNIT_ASSERT(turnUntil([&] { return second.events == "mf"; }));
  second.send("more");
  CPPUNIT_ASSERT(turnUntil([&] { return accepted(1).bodies.size() == 2; }));
}

void EndingContract::nothingIsSentAfterTheEnd() {
  End& client = connect();
  client.socket->finishSending();
  client.send("too late");
  CPPUNIT_ASSERT(turnUntil([&] { return accepted().events == "mf"; }));
  accepted().socket->close();
  accepted().send("too late");
  CPPUNIT_ASSERT(turnUntil([&] { return accepted().over() && client.events == "f"; }));
  accepted().send("much too late");
  CPPUNIT_ASSERT_EQUAL(std::size_t(0), accepted().socket->queued());
  settle();
  CPPUNIT_ASSERT_EQUAL(std::string("f"), client.events);
  CPPUNIT_ASSERT_EQUAL(std::string("mfc"), accepted().events);
}

void EndingContract::closeSendsWhatIsQueued() {
  const std::string big(8U << 20, 'x');
  End& client = connect();
  accepted().send(big);
  accepted().send("last");
  accepted().socket->close();
  CPPUNIT_ASSERT(turnUntil([&] { return client.events == "mmf"; }));
  CPPUNIT_ASSERT(big == client.bodies[0]);
  CPPUNIT_ASSERT_EQUAL(std::string("last"), client.bodies[1]);
  client.socket->close();
  CPPUNIT_ASSERT(turnUntil([&] { return client.over() && accepted().over(); }));
  CPPUNIT_ASSERT(client.closed->ok());
  CPPUNIT_ASSERT(accepted().closed->ok());
}

// Symptom: data not sent within a second was lost, and the close reported as orderly.
void EndingContract::closeReachesAPeerThatReadsLate() {
  const std::string big(16U << 20, 'x');
  End& client = connect();
  accepted().socket->pause();
  client.send(big);
  client.send("last");
  client.socket->close();
  Timer later(*loop_, [&] { accepted().socket->resume(); });
  later.start(1'200ms);
  CPPUNIT_ASSERT(turnUntil([&] { return accepted().events == "mmmf"; }));
  CPPUNIT_ASSERT(big == accepted().bodies[1]);
  accepted().socket->close();
  CPPUNIT_ASSERT(turnUntil([&] { return client.over() && accepted().over(); }));
  CPPUNIT_ASSERT(client.closed->ok());
}

void EndingContract::closeDiscardsWhatStillComes() {
  End& client = connect();
  client.send("unheard");
  accepted().socket->close();
  client.send("unheard");
  CPPUNIT_ASSERT(turnUntil([&] { return client.events == "f"; }));
  client.send("unheard");
  client.socket->close();
  CPPUNIT_ASSERT(turnUntil([&] { return client.over() && accepted().over(); }));
  CPPUNIT_ASSERT_EQUAL(std::string("mc"), accepted().events);
  CPPUNIT_ASSERT(accepted().closed->ok());
}

void EndingContract::closeOnBothSidesEndsBoth() {
  End& client = connect();
  client.socket->close();
  accepted().socket->close();
  CPPUNIT_ASSERT(turnUntil([&] { return client.over() && accepted().over(); }));
  CPPUNIT_ASSERT(client.closed->ok());
  CPPUNIT_ASSERT(accepted().closed->ok());
}

void EndingContract::closeDoesNotWaitForeverForThePeer() {
  End& client = connect();
  const auto start = EventLoop::now();
  accepted().socket->close();
  CPPUNIT_ASSERT(turnUntil([&] { return accepted().over(); }));
  CPPUNIT_ASSERT(accepted().closed->ok());
  CPPUNIT_ASSERT(EventLoop::now() - start > 500ms);  // the peer had its time
  CPPUNIT_ASSERT_EQUAL(std::string("f"), client.events);
}

void EndingContract::closeRightAfterDiallingSendsFirst() {
  listen();
  End& client = dial();
  client.send("only");
  client.socket->close();
  prepare_ = [](End& end) { end.whenFinished = [](End& self) { self.socket->close(); }; };
  CPPUNIT_ASSERT(turnUntil([&] { return client.over(); }));
  CPPUNIT_ASSERT(client.closed->ok());
  CPPUNIT_ASSERT(turnUntil([&] { return !accepted_.empty() && accepted().over(); }));
  CPPUNIT_ASSERT_EQUAL(std::string("mfc"), accepted().events);
}

// Symptom: it never ended, because establishing the connection stopped the timer of the close.
void EndingContract::closeWithoutAMessageEnds() {
  listen();
  End& client = dial();
  client.socket->close();
  CPPUNIT_ASSERT(turnUntil([&] { return client.over(); }));
  CPPUNIT_ASSERT(client.closed->ok());
  CPPUNIT_ASSERT(accepted_.empty());
}

// Symptom: reported as an orderly close although the data had reached nobody.
void EndingContract::closeTellsWhenNobodyWasReached() {
  listen();
  End& client = dial();
  client.send("x");
  client.socket->close();
  listener_.reset();
  CPPUNIT_ASSERT(turnUntil([&] { return client.over(); }));
  CPPUNIT_ASSERT(!client.closed->ok());
}

void EndingContract::closingTwiceIsClosingOnce() {
  End& client = connect();
  client.socket->close();
  client.socket->close();
  accepted().socket->close();
  CPPUNIT_ASSERT(turnUntil([&] { return client.over() && accepted().over(); }));
  client.socket->close();
  client.socket->finishSending();
  settle();
  CPPUNIT_ASSERT_EQUAL(std::string("c"), client.events.substr(client.events.size() - 1));
  CPPUNIT_ASSERT_EQUAL(client.events.size() - 1, client.events.find('c'));
}

void EndingContract::abortIsSeenAsABrokenConnection() {
  End& client = connect();
  client.socket->abort();  // and not destroyed
  CPPUNIT_ASSERT(turnUntil([&] { return accepted().over(); }));
  CPPUNIT_ASSERT_EQUAL(std::string("mc"), accepted().events);
  CPPUNIT_ASSERT(accepted().closed->kind() == abortedKind());
  CPPUNIT_ASSERT_EQUAL(std::string(), client.events);

  End& second = connect();
  accepted(1).socket->abort();
  CPPUNIT_ASSERT(turnUntil([&] { return second.over(); }));
  CPPUNIT_ASSERT(second.closed->kind() == ErrorKind::kInternal);
  second.send("no effect");
  second.socket->close();
  second.socket->abort();
  settle();
  CPPUNIT_ASSERT_EQUAL(std::string("c"), second.events);
}

void EndingContract::abortBeforeTheConnectionIsSilent() {
  listen();
  End& client = dial();
  client.send("x");
  client.socket->abort();
  settle();
  CPPUNIT_ASSERT_EQUAL(std::string(), client.events);
  CPPUNIT_ASSERT(accepted_.empty());
}

void EndingContract::destroyedEndIsSeenByThePeer() {
  connect();
  dialled_.clear();
  CPPUNIT_ASSERT(turnUntil([&] { return ended(accepted()); }));
  accepted().socket->close();
  CPPUNIT_ASSERT(turnUntil([&] { return accepted().over(); }));
}

void EndingContract::sendingToADestroyedPeerBreaks() {
  connect();
  dialled_.clear();
  CPPUNIT_ASSERT(turnUntil([&] { return ended(accepted()); }));
  // With TCP, the answer to the first segment shows that the peer has gone.
  for (int i = 0; i < 100 && !accepted().over(); ++i) {
    accepted().send("x");
    settle();
  }
  CPPUNIT_ASSERT(accepted().over());
  CPPUNIT_ASSERT(accepted().closed->kind() == abortedKind());
}

void EndingContract::onMessageMayDestroyItsSocket() {
  connect();
  std::string seen;
  accepted().whenMessage = [&, captured = std::string(64, 'x')](End&, const std::string&) {
    accepted_.clear();
    seen = captured;  // read after the socket has gone
  };
  dialled_[0]->send("2");
  dialled_[0]->send("3");
  CPPUNIT_ASSERT(turnUntil([&] { return ended(*dialled_[0]); }));
  CPPUNIT_ASSERT_EQUAL(std::string(64, 'x'), seen);

  accepted_.clear();
  connect();
  dialled_.back()->whenMessage = [&](End&, const std::string&) { dialled_.clear(); };
  accepted().send("2");
  accepted().send("3");
  CPPUNIT_ASSERT(turnUntil([&] { return ended(accepted()); }));
}

void EndingContract::onMessageMayDestroyBothEnds() {
  connect();
  bool seen = false;
  accepted().whenMessage = [&](End&, const std::string&) {
    seen = true;
    accepted_.clear();
    dialled_.clear();
    listener_.reset();
    transport_.reset();
  };
  dialled_[0]->send("2");
  dialled_[0]->send("3");
  CPPUNIT_ASSERT(turnUntil([&] { return seen; }));
  turn(*loop_);
}

void EndingContract::onPeerFinishedMayDestroyItsSocket() {
  connect();
  accepted().whenFinished = [&](End&) { accepted_.clear(); };
  dialled_[0]->socket->finishSending();
  CPPUNIT_ASSERT(turnUntil([&] { return accepted_.empty(); }));
  CPPUNIT_ASSERT(turnUntil([&] { return ended(*dialled_[0]); }));
}

void EndingContract::onClosedMayDestroyItsSocket() {
  connect();
  accepted().whenClosed = [&](End&) { accepted_.clear(); };
  dialled_[0]->socket->abort();
  CPPUNIT_ASSERT(turnUntil([&] { return accepted_.empty(); }));

  connect();
  accepted().whenClosed = [&](End&) { accepted_.clear(); };
  dialled_[1]->whenClosed = [&](End&) { dialled_.clear(); };
  accepted().socket->close();
  dialled_[1]->socket->close();
  CPPUNIT_ASSERT(turnUntil([&] { return accepted_.empty() && dialled_.empty(); }));
}

void EndingContract::onWritableMayDestroyItsSocket() {
  DialOptions options;
  options.highWaterBytes = 64U << 10;
  connect(options);
  dialled_[0]->whenWritable = [&](End&) { dialled_.clear(); };
  accepted().socket->pause();
  const std::string piece(1U << 20, 'x');
  for (int i = 0; i < 16; ++i) dialled_[0]->send(piece);
  accepted().socket->resume();
  CPPUNIT_ASSERT(turnUntil([&] { return dialled_.empty(); }));
  CPPUNIT_ASSERT(turnUntil([&] { return ended(accepted()); }));
}

void EndingContract::onMessageMayCloseAndAbort() {
  End& client = connect();
  accepted().whenMessage = [](End& self, const std::string&) {
    self.send("answer");
    self.socket->close();
  };
  client.whenFinished = [](End& self) { self.socket->close(); };
  client.send("2");
  client.send("3");
  CPPUNIT_ASSERT(turnUntil([&] { return client.over() && accepted().over(); }));
  CPPUNIT_ASSERT_EQUAL(std::string("mmc"), accepted().events);
  CPPUNIT_ASSERT_EQUAL(std::string("answer"), client.bodies.at(0));

  End& second = connect();
  accepted(1).whenMessage = [](End& self, const std::string&) { self.socket->abort(); };
  second.send("2");
  second.send("3");
  CPPUNIT_ASSERT(turnUntil([&] { return second.over(); }));
  CPPUNIT_ASSERT_EQUAL(std::string("mm"), accepted(1).events);
  CPPUNIT_ASSERT(second.closed->kind() == ErrorKind::kInternal);
}

void EndingContract::droppingInOnAcceptRefusesThePeer() {
  int refused = 0;
  whenAccepted_ = [&](std::unique_ptr<Socket> socket) {
    ++refused;
    socket.reset();
  };
  listen();
  End& client = dial();
  client.send("x");
  CPPUNIT_ASSERT(turnUntil([&] { return ended(client); }));
  CPPUNIT_ASSERT_EQUAL(1, refused);
  CPPUNIT_ASSERT(client.bodies.empty());
}

void EndingContract::onAcceptMayDestroyTheListener() {
  std::unique_ptr<End> kept;
  whenAccepted_ = [&](std::unique_ptr<Socket> socket) {
    kept = std::make_unique<End>(std::move(socket));
    listener_.reset();
  };
  listen();
  End& client = dial();
  client.send("x");
  CPPUNIT_ASSERT(turnUntil([&] { return kept && !kept->bodies.empty(); }));
  kept->send("answer");
  CPPUNIT_ASSERT(turnUntil([&] { return !client.bodies.empty(); }));

  listen();
  whenAccepted_ = [&](std::unique_ptr<Socket> socket) {
    socket.reset();
    listener_.reset();
  };
  End& second = dial();
  second.send("x");
  CPPUNIT_ASSERT(turnUntil([&] { return ended(second); }));
}

void EndingContract::socketsOutliveTheirListener() {
  End& client = connect();
  const std::string address = listener_->address();
  listener_.reset();
  client.send("2");
  CPPUNIT_ASSERT(turnUntil([&] { return accepted().bodies.size() == 2; }));
  accepted().send("answer");
  CPPUNIT_ASSERT(turnUntil([&] { return client.bodies.size() == 1; }));
  End late(std::move(*transport_->dial(address, {})));
  CPPUNIT_ASSERT(turnUntil([&] { return late.over(); }));
  CPPUNIT_ASSERT(late.closed->kind() == ErrorKind::kUnavailable);
}

void EndingContract::listenerThatGoesTakesWhatItHasNotHandedOut() {
  listen();
  End& silent = dial();
  settle();  // it is connected
  listener_.reset();
  CPPUNIT_ASSERT(turnUntil([&] { return ended(silent); }));
  CPPUNIT_ASSERT(accepted_.empty());
}

void EndingContract::socketsOutliveTheirTransport() {
  End& client = connect();
  transport_.reset();
  client.send("2");
  CPPUNIT_ASSERT(turnUntil([&] { return accepted().bodies.size() == 2; }));
  listener_.reset();
  accepted().send("answer");
  accepted().socket->close();
  client.whenFinished = [](End& self) { self.socket->close(); };
  CPPUNIT_ASSERT(turnUntil([&] { return client.over() && accepted().over(); }));
  CPPUNIT_ASSERT_EQUAL(std::string("answer"), client.bodies.at(0));
}

void EndingContract::endIsToldToALaterObserver() {
  End& client = connect();
  accepted().socket->observe(nullptr);
  client.socket->abort();
  settle();
  CPPUNIT_ASSERT_EQUAL(std::string("m"), accepted().events);
  accepted().socket->observe(&accepted());
  CPPUNIT_ASSERT_EQUAL(std::string("m"), accepted().events);
  CPPUNIT_ASSERT(turnUntil([&] { return accepted().over(); }));
  CPPUNIT_ASSERT_EQUAL(std::string("mc"), accepted().events);
  CPPUNIT_ASSERT(accepted().closed->kind() == abortedKind());
}

void EndingContract::idleConnectionEnds() {
  ListenOptions options;
  options.idleTimeout = 20ms;
  listen(options);
  End& silent = dial();
  End& client = dial();
  client.send("x");
  CPPUNIT_ASSERT(turnUntil([&] { return !accepted_.empty() && accepted().over(); }));
  CPPUNIT_ASSERT_EQUAL(std::string("mc"), accepted().events);
  CPPUNIT_ASSERT(accepted().closed->ok());
  CPPUNIT_ASSERT(turnUntil([&] { return ended(client) && ended(silent); }));
}

void EndingContract::activityPutsTheIdleEndOff() {
  ListenOptions options;
  options.idleTimeout = 200ms;
  prepare_ = echo;
  listen(options);
  End& client = dial();
  const auto start = EventLoop::now();
  client.whenMessage = [&](End& self, const std::string&) {
    if (EventLoop::now() - start < 500ms) self.send("again");
  };
  client.send("x");
  CPPUNIT_ASSERT(turnUntil([&] { return !accepted_.empty() && accepted().over(); }));
  CPPUNIT_ASSERT(EventLoop::now() - start >= 500ms);
}

void EndingContract::pausedEndIsNotIdle() {
  ListenOptions options;
  options.idleTimeout = 20ms;
  listen(options);
  prepare_ = [](End& end) {
    end.whenMessage = [](End& self, const std::string&) { self.socket->pause(); };
  };
  End& client = dial();
  client.send("x");
  CPPUNIT_ASSERT(turnUntil([&] { return !accepted_.empty() && !accepted().bodies.empty(); }));
  bool passed = false;
  Timer later(*loop_, [&] { passed = true; });
  later.start(100ms);
  CPPUNIT_ASSERT(turnUntil([&] { return passed; }));
  CPPUNIT_ASSERT(!accepted().over());
  accepted().socket->resume();
  CPPUNIT_ASSERT(turnUntil([&] { return accepted().over(); }));
}

void EndingContract::idleTimeoutMayBeSetAtAnyTime() {
  End& client = connect();
  client.socket->setIdleTimeout(20ms);
  CPPUNIT_ASSERT(turnUntil([&] { return client.over(); }));
  CPPUNIT_ASSERT(client.closed->ok());

  End& early = dial();
  early.socket->setIdleTimeout(20ms);  // before it is connected
  CPPUNIT_ASSERT(turnUntil([&] { return early.over(); }));
  CPPUNIT_ASSERT(early.closed->ok());

  End& never = connect();
  never.socket->setIdleTimeout(30ms);
  never.socket->setIdleTimeout(0ms);
  bool passed = false;
  Timer later(*loop_, [&] { passed = true; });
  later.start(100ms);
  CPPUNIT_ASSERT(turnUntil([&] { return passed; }));
  CPPUNIT_ASSERT(!never.over());
}

}  // namespace evmicro::test

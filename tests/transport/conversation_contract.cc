#include <evmicro/conformance/conversation_contract.h>

#include <algorithm>

#include <sys/resource.h>

#include <evmicro/conformance/skip.h>

namespace evmicro::test {

namespace {

constexpr std::size_t kMebibyte = 1U << 20;

// Text without repetitions, so that a lost or duplicated block is detected.
std::string longText(std::size_t size) {
  std::string text;
  text.reserve(size + 16);
  for (std::size_t i = 0; text.size() < size; ++i) text += std::to_string(i * 7919) + ",";
  text.resize(size);
  return text;
}

std::string valueOf(const Metadata& headers, const char* name) {
  return std::string(headers.get(name).value_or("(none)"));
}

}  // namespace

void ConversationContract::manyMessagesEachWayComeInOrder() {
  constexpr int kMany = 500;
  End& client = connect();
  End& server = accepted();
  for (int i = 0; i < kMany; ++i) {
    client.send("up " + numbered(i));
    server.send("down " + numbered(i));
  }
  CPPUNIT_ASSERT(turnUntil(
      [&] { return client.bodies.size() == kMany && server.bodies.size() == kMany + 1; }));
  for (int i = 0; i < kMany; ++i) {
    const auto at = static_cast<std::size_t>(i);
    CPPUNIT_ASSERT_EQUAL("up " + numbered(i), server.bodies[at + 1]);
    CPPUNIT_ASSERT_EQUAL("down " + numbered(i), client.bodies[at]);
  }
}

void ConversationContract::pipelinedMessagesAreAnsweredInOrder() {
  constexpr int kMany = 200;
  prepare_ = echo;
  listen();
  End& client = dial();
  for (int i = 0; i < kMany; ++i) client.send(numbered(i));
  CPPUNIT_ASSERT(turnUntil([&] { return client.bodies.size() == kMany; }));
  for (int i = 0; i < kMany; ++i) {
    CPPUNIT_ASSERT_EQUAL(numbered(i), client.bodies[static_cast<std::size_t>(i)]);
  }
}

void ConversationContract::bigBodiesArriveWhole() {
  const std::string big = longText(8 * kMebibyte + 1);
  prepare_ = echo;
  listen();
  End& client = dial();
  client.send(big);
  client.send("small");
  CPPUNIT_ASSERT(turnUntil([&] { return client.bodies.size() == 2; }));
  CPPUNIT_ASSERT(big == accepted().bodies.at(0));
  CPPUNIT_ASSERT(big == client.bodies[0]);
  CPPUNIT_ASSERT_EQUAL(std::string("small"), client.bodies[1]);
}

void ConversationContract::emptyBodiesAreMessages() {
  prepare_ = echo;
  listen();
  End& client = dial();
  client.send("");
  client.send("", {{"X-Number", "2"}});
  CPPUNIT_ASSERT(turnUntil([&] { return client.bodies.size() == 2; }));
  CPPUNIT_ASSERT_EQUAL(std::string(), client.bodies[0]);
  CPPUNIT_ASSERT_EQUAL(std::string(), client.bodies[1]);
  CPPUNIT_ASSERT_EQUAL(std::string("2"), valueOf(client.headers[1], "X-Number"));
}

void ConversationContract::messagesMayBeSentBeforeTheConnection() {
  listen();
  End& client = dial();
  client.send("1");
  client.send("2");
  CPPUNIT_ASSERT(client.socket->queued() > 0);
  CPPUNIT_ASSERT(turnUntil([&] { return !accepted_.empty() && accepted().bodies.size() == 2; }));
  CPPUNIT_ASSERT_EQUAL(std::string("1"), accepted().bodies[0]);
  CPPUNIT_ASSERT_EQUAL(std::string("2"), accepted().bodies[1]);
  CPPUNIT_ASSERT(turnUntil([&] { return client.socket->queued() == 0; }));
}

void ConversationContract::nothingIsDeliveredWithinACall() {
  bool calling = false;
  bool within = false;
  const auto watch = [&](End& end) {
    end.whenMessage = [&](End&, const std::string&) { within = within || calling; };
    end.whenFinished = end.whenClosed = [&](End&) { within = within || calling; };
  };
  prepare_ = watch;
  End& client = connect();
  watch(client);
  calling = true;
  accepted().socket->pause();
  for (int i = 0; i < 3; ++i) {
    client.send("x");
    accepted().send("y");
    accepted().socket->observe(nullptr);
    accepted().socket->observe(&accepted());
    accepted().socket->resume();
  }
  client.socket->finishSending();
  accepted().socket->close();
  client.socket->close();
  calling = false;
  CPPUNIT_ASSERT(turnUntil([&] { return client.over() && accepted().over(); }));
  CPPUNIT_ASSERT(!within);
}

void ConversationContract::pauseHoldsMessagesBack() {
  End& client = connect();
  accepted().socket->pause();
  client.send("2");
  client.send("3");
  settle();
  CPPUNIT_ASSERT_EQUAL(std::size_t(1), accepted().bodies.size());
  accepted().socket->resume();
  client.send("4");
  CPPUNIT_ASSERT(turnUntil([&] { return accepted().bodies.size() == 4; }));
  CPPUNIT_ASSERT_EQUAL(std::string("2"), accepted().bodies[1]);
  CPPUNIT_ASSERT_EQUAL(std::string("3"), accepted().bodies[2]);
  CPPUNIT_ASSERT_EQUAL(std::string("4"), accepted().bodies[3]);
}

// A server handles pipelined requests one after another.
void ConversationContract::pauseInsideOnMessageHoldsTheNext() {
  int running = 0;
  int most = 0;
  std::vector<Call> answers;
  prepare_ = [&](End& end) {
    end.whenMessage = [&](End& self, const std::string& body) {
      most = std::max(most, ++running);
      self.socket->pause();
      answers.push_back(loop_->defer([&running, &self, body] {
        --running;
        self.send(body);
        self.socket->resume();
      }));
    };
  };
  listen();
  End& client = dial();
  for (int i = 0; i < 50; ++i) client.send(numbered(i));
  CPPUNIT_ASSERT(turnUntil([&] { return client.bodies.size() == 50; }));
  CPPUNIT_ASSERT_EQUAL(1, most);
  for (int i = 0; i < 50; ++i) {
    CPPUNIT_ASSERT_EQUAL(numbered(i), client.bodies[static_cast<std::size_t>(i)]);
  }
}

void ConversationContract::firstMessageWaitsForItsObserver() {
  std::unique_ptr<Socket> unobserved;
  whenAccepted_ = [&](std::unique_ptr<Socket> socket) { unobserved = std::move(socket); };
  listen();
  End& client = dial();
  client.send("1");
  client.send("2");
  CPPUNIT_ASSERT(turnUntil([&] { return unobserved != nullptr; }));
  settle();
  End late(std::move(unobserved));
  CPPUNIT_ASSERT(turnUntil([&] { return late.bodies.size() == 2; }));
  CPPUNIT_ASSERT_EQUAL(std::string("1"), late.bodies[0]);

  whenAccepted_ = nullptr;
  prepare_ = [](End& end) { end.socket->pause(); };
  End& second = dial();
  second.send("1");
  second.socket->finishSending();
  CPPUNIT_ASSERT(turnUntil([&] { return accepted_.size() == 1; }));
  settle();
  CPPUNIT_ASSERT_EQUAL(std::string(), accepted().events);
  accepted().socket->resume();
  CPPUNIT_ASSERT(turnUntil([&] { return accepted().events == "mf"; }));
}

void ConversationContract::pausedEndGetsEverythingLater() {
  const std::string big = longText(3 * kMebibyte);
  End& client = connect();
  accepted().socket->pause();
  for (int i = 0; i < 5; ++i) client.send(big);
  client.socket->finishSending();
  settle();
  CPPUNIT_ASSERT_EQUAL(std::size_t(1), accepted().bodies.size());
  accepted().socket->resume();
  CPPUNIT_ASSERT(turnUntil([&] { return accepted().events == "mmmmmmf"; }));
  for (std::size_t i = 1; i < 6; ++i) CPPUNIT_ASSERT(big == accepted().bodies[i]);
}

// A running handler must learn that nobody waits for its answer.
void ConversationContract::pausedEndHearsThatThePeerHasFinished() {
  End& client = connect();
  accepted().socket->pause();
  client.socket->finishSending();
  CPPUNIT_ASSERT(turnUntil([&] { return accepted().events == "mf"; }));
}

void ConversationContract::observerMayBeSwitchedInTheMiddle() {
  End other;
  End& client = connect();
  accepted().whenMessage = [&](End& self, const std::string& body) {
    if (body == numbered(2)) self.socket->observe(&other);
  };
  for (int i = 0; i < 5; ++i) client.send(numbered(i));
  CPPUNIT_ASSERT(turnUntil([&] { return other.bodies.size() == 2; }));
  CPPUNIT_ASSERT_EQUAL(std::size_t(4), accepted().bodies.size());
  CPPUNIT_ASSERT_EQUAL(numbered(3), other.bodies[0]);
  CPPUNIT_ASSERT_EQUAL(numbered(4), other.bodies[1]);
}

void ConversationContract::messagesWaitWhileNobodyObserves() {
  End& client = connect();
  accepted().socket->observe(nullptr);
  client.send("2");
  client.socket->finishSending();
  settle();
  CPPUNIT_ASSERT_EQUAL(std::string("m"), accepted().events);
  accepted().socket->observe(&accepted());
  CPPUNIT_ASSERT(turnUntil([&] { return accepted().events == "mmf"; }));
}

void ConversationContract::newObserverDoesNotEndAPause() {
  End other;
  End& client = connect();
  accepted().socket->pause();
  client.send("2");
  accepted().socket->observe(&other);
  settle();
  CPPUNIT_ASSERT_EQUAL(std::string(), other.events);
  accepted().socket->resume();
  CPPUNIT_ASSERT(turnUntil([&] { return other.bodies.size() == 1; }));
}

void ConversationContract::backPressureIsCountedAndTold() {
  DialOptions options;
  options.highWaterBytes = 256U << 10;
  const std::string piece = longText(kMebibyte);
  End& client = connect(options);
  std::size_t queuedWhenTold = 0;
  client.whenWritable = [&](End& self) { queuedWhenTold = self.socket->queued(); };
  accepted().socket->pause();
  std::size_t sent = 0;
  while (client.socket->queued() <= 4 * options.highWaterBytes && sent < 64) {
    client.send(piece);
    ++sent;
    settle();
  }
  CPPUNIT_ASSERT(client.socket->queued() > 4 * options.highWaterBytes);
  CPPUNIT_ASSERT(client.socket->queued() <= sent * (piece.size() + 1'000));
  CPPUNIT_ASSERT_EQUAL(std::string(), client.events);
  accepted().socket->resume();
  CPPUNIT_ASSERT(turnUntil([&] { return accepted().bodies.size() == sent + 1; }));
  CPPUNIT_ASSERT(turnUntil([&] { return client.socket->queued() == 0 && !client.events.empty(); }));
  CPPUNIT_ASSERT_EQUAL(std::string("w"), client.events);
  CPPUNIT_ASSERT(queuedWhenTold <= options.highWaterBytes / 2);
}

void ConversationContract::zeroHighWaterMeansNoLimit() {
  ListenOptions options;
  options.highWaterBytes = 0;
  DialOptions dialOptions;
  dialOptions.highWaterBytes = 0;
  prepare_ = echo;
  listen(options);
  End& client = dial(dialOptions);
  const std::string big = longText(8 * kMebibyte);
  for (int i = 0; i < 3; ++i) client.send(big);
  CPPUNIT_ASSERT(turnUntil([&] { return client.bodies.size() == 3; }));
  CPPUNIT_ASSERT_EQUAL(std::string("mmm"), client.events);
  CPPUNIT_ASSERT_EQUAL(std::string("mmm"), accepted().events);
}

// Otherwise a peer that sends requests but never reads could fill the memory with answers.
void ConversationContract::acceptedEndWaitsForAPeerThatDoesNotRead() {
  const std::string answer = longText(kMebibyte);
  ListenOptions options;
  options.highWaterBytes = 64U << 10;
  prepare_ = [&](End& end) {
    end.whenMessage = [&](End& self, const std::string&) { self.send(answer); };
  };
  listen(options);
  End& client = dial();
  client.socket->pause();
  constexpr std::size_t kAsked = 40;
  for (std::size_t i = 0; i < kAsked; ++i) client.send("give");
  CPPUNIT_ASSERT(turnUntil([&] { return !accepted_.empty() && accepted().socket->queued() > 0; }));
  settle();
  const std::size_t asked = accepted().bodies.size();
  CPPUNIT_ASSERT(asked < kAsked);
  CPPUNIT_ASSERT(accepted().socket->queued() <= 2 * answer.size());
  client.socket->resume();
  CPPUNIT_ASSERT(turnUntil([&] { return client.bodies.size() == kAsked; }));
}

// If each side waited for the other to read first, both would wait forever.
void ConversationContract::bothMaySendMuchAtOnce() {
  const std::string big = longText(8 * kMebibyte);
  End& client = connect();
  for (int i = 0; i < 3; ++i) {
    client.send(big);
    accepted().send(big);
  }
  CPPUNIT_ASSERT(
      turnUntil([&] { return client.bodies.size() == 3 && accepted().bodies.size() == 4; }));
  CPPUNIT_ASSERT(big == client.bodies[2]);
  CPPUNIT_ASSERT(big == accepted().bodies[3]);
}

void ConversationContract::refusedMessageEndsTheConnection(const Metadata& headers,
                                                           const std::string& body) {
  End& client = connect();
  client.send(body, headers);
  CPPUNIT_ASSERT(
      turnUntil([&] { return client.over() || client.events.find('f') != std::string::npos; }));
  client.socket->close();
  CPPUNIT_ASSERT(turnUntil([&] { return accepted().over(); }));
  CPPUNIT_ASSERT_EQUAL(std::size_t(1), accepted().bodies.size());

  End& atOnce = dial();  // as the first message of a connection, too
  atOnce.send(body, headers);
  CPPUNIT_ASSERT(
      turnUntil([&] { return atOnce.over() || atOnce.events.find('f') != std::string::npos; }));
  CPPUNIT_ASSERT_EQUAL(std::size_t(1), accepted_.size());
}

void ConversationContract::listenersBodyLimitEndsTheConnection() {
  ListenOptions options;
  options.maxBodyBytes = 1'000;
  listen(options);
  End& fits = dial();
  fits.send(std::string(1'000, 'x'));
  CPPUNIT_ASSERT(turnUntil([&] { return !accepted_.empty() && !accepted().bodies.empty(); }));
  dialled_.clear();
  accepted_.clear();
  refusedMessageEndsTheConnection({}, std::string(1'001, 'x'));
}

void ConversationContract::listenersHeaderLimitEndsTheConnection() {
  ListenOptions options;
  options.maxHeaderBytes = 2'000;
  listen(options);
  refusedMessageEndsTheConnection({{"X-Long", std::string(2'000, 'x')}}, "x");
}

void ConversationContract::diallersBodyLimitIsABadReply() {
  DialOptions options;
  options.maxBodyBytes = 1'000;
  End& client = connect(options);
  accepted().send(std::string(1'000, 'x'));
  accepted().send(std::string(1'001, 'x'));
  CPPUNIT_ASSERT(turnUntil([&] { return client.over(); }));
  CPPUNIT_ASSERT_EQUAL(std::string("mc"), client.events);
  CPPUNIT_ASSERT(client.closed->kind() == ErrorKind::kInternal);
  CPPUNIT_ASSERT_MESSAGE(client.closed->detail(),
                         client.closed->detail().find(listener_->address()) != std::string::npos);
}

void ConversationContract::connectionIsReusableAfterAnAnswer() {
  End& client = connect();
  CPPUNIT_ASSERT(!client.socket->reusable());  // nothing is known yet
  CPPUNIT_ASSERT(accepted().socket->reusable());
  accepted().send("answer");
  CPPUNIT_ASSERT(turnUntil([&] { return !client.bodies.empty(); }));
  CPPUNIT_ASSERT(client.socket->reusable());
  accepted().socket->finishSending();
  CPPUNIT_ASSERT(!accepted().socket->reusable());
  CPPUNIT_ASSERT(turnUntil([&] { return client.events == "mf"; }));
  CPPUNIT_ASSERT(!client.socket->reusable());
}

void ConversationContract::connectionIsNotReusableAfterConnectionClose() {
  prepare_ = echo;
  listen();
  End& asking = dial();
  asking.send("x", {{"Connection", "close"}});
  CPPUNIT_ASSERT(turnUntil([&] { return !asking.bodies.empty(); }));
  CPPUNIT_ASSERT(!asking.socket->reusable());
  CPPUNIT_ASSERT(!accepted().socket->reusable());

  prepare_ = [](End& end) {
    end.whenMessage = [](End& self, const std::string& body) {
      self.send(body, {{"Connection", "Close"}});
    };
  };
  End& told = dial();
  told.send("x");
  CPPUNIT_ASSERT(turnUntil([&] { return !told.bodies.empty(); }));
  CPPUNIT_ASSERT(!told.socket->reusable());
}

void ConversationContract::addressesMatch() {
  End& client = connect();
  CPPUNIT_ASSERT_EQUAL(listener_->address(), client.socket->peerAddress());
  CPPUNIT_ASSERT_EQUAL(listener_->address(), accepted().socket->localAddress());
  CPPUNIT_ASSERT_EQUAL(client.socket->localAddress(), accepted().socket->peerAddress());
  const std::string any = anyAddress();
  const std::string start = any.substr(0, any.find(':') + 1);  // `127.0.0.1:` or `unix:`
  CPPUNIT_ASSERT_EQUAL(start, client.socket->localAddress().substr(0, start.size()));
}

void ConversationContract::thousandSocketsAtOnce() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max < 2'200) skip("needs 2200 file descriptors: raise `ulimit -Hn`");
  const rlimit before = limit;
  limit.rlim_cur = std::max<rlim_t>(limit.rlim_cur, 2'200);
  setrlimit(RLIMIT_NOFILE, &limit);
  const std::size_t many = manySockets();
  prepare_ = echo;
  listen();
  for (std::size_t i = 0; i < many; ++i) dial().send(std::to_string(i));
  CPPUNIT_ASSERT(turnUntil([&] {
    return std::all_of(dialled_.begin(), dialled_.end(),
                       [](const auto& end) { return !end->bodies.empty() || end->over(); });
  }));
  for (std::size_t i = 0; i < many; ++i) {
    const auto& end = *dialled_[i];
    CPPUNIT_ASSERT_MESSAGE(end.closed ? end.closed->toString() : "open", !end.bodies.empty());
    CPPUNIT_ASSERT_EQUAL(std::to_string(i), end.bodies.at(0));
  }
  dialled_.clear();
  CPPUNIT_ASSERT(turnUntil([&] {
    return std::all_of(accepted_.begin(), accepted_.end(), [](const auto& end) {
      return end->events.find_first_of("fc") != std::string::npos;
    });
  }));
  accepted_.clear();
  setrlimit(RLIMIT_NOFILE, &before);
}

}  // namespace evmicro::test

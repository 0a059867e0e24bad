#include <evmicro/conformance/unary_contract.h>

namespace evmicro::test {

namespace {

std::string valueOf(const Metadata& headers, const char* name) {
  return std::string(headers.get(name).value_or("(none)"));
}

}  // namespace

void UnaryContract::messageIsEchoed() {
  prepare_ = echo;
  listen();
  End& client = dial();
  client.send("hello", {{"X-Answer", "42"}});
  CPPUNIT_ASSERT(turnUntil([&] { return !client.bodies.empty(); }));
  CPPUNIT_ASSERT_EQUAL(std::string("hello"), client.bodies[0]);
  CPPUNIT_ASSERT_EQUAL(std::string("42"), valueOf(client.headers[0], "X-Answer"));
  CPPUNIT_ASSERT_EQUAL(std::string("hello"), accepted().bodies.at(0));
  CPPUNIT_ASSERT_EQUAL(std::string("m"), client.events);
}

void UnaryContract::headersTravel() {
  prepare_ = echo;
  listen();
  End& client = dial();
  client.send("x", {{"lower-key", "a"},
                    {"under_score", "b"},
                    {"MiXeD", "c"},
                    {"X-Blanks", " \t in the middle\tkept \t "},
                    {"X-Lines", "one\r\ntwo\nthree"},
                    {"X-Control", std::string_view("a\0b\x01"
                                                   "c\x7f"
                                                   "d",
                                                   7)},
                    {"X-Empty", ""},
                    {"X-Raw", "gr\xc3\xbc\xc3\x9f \xff"},
                    {"Content-Type", anyContentType()}});
  CPPUNIT_ASSERT(turnUntil([&] { return !client.bodies.empty(); }));
  CPPUNIT_ASSERT_EQUAL(anyContentType(), valueOf(accepted().headers.at(0), "Content-Type"));
  CPPUNIT_ASSERT_EQUAL(replyContentType(), valueOf(client.headers[0], "Content-Type"));
  for (const Metadata& headers : {accepted().headers.at(0), client.headers.at(0)}) {
    CPPUNIT_ASSERT_EQUAL(std::string("a"), valueOf(headers, "Lower-Key"));
    CPPUNIT_ASSERT_EQUAL(std::string("b"), valueOf(headers, "Under_score"));
    CPPUNIT_ASSERT_EQUAL(std::string("c"), valueOf(headers, "Mixed"));
    CPPUNIT_ASSERT_EQUAL(std::string("in the middle\tkept"), valueOf(headers, "X-Blanks"));
    CPPUNIT_ASSERT_EQUAL(std::string("one  two three"), valueOf(headers, "X-Lines"));
    CPPUNIT_ASSERT_EQUAL(std::string("a b c d"), valueOf(headers, "X-Control"));
    CPPUNIT_ASSERT_EQUAL(std::string(), valueOf(headers, "X-Empty"));
    CPPUNIT_ASSERT_EQUAL(std::string("gr\xc3\xbc\xc3\x9f \xff"), valueOf(headers, "X-Raw"));
    for (const Metadata::Entry& entry : headers) {
      CPPUNIT_ASSERT_EQUAL(canonicalHeaderName(entry.name), std::string(entry.name));
    }
  }
}

// A header that the other side's parser refuses must not make the whole message fail.
void UnaryContract::headersThatNobodyCouldReadAreLeftOut() {
  prepare_ = echo;
  listen();
  End& client = dial();
  client.send("x", {{":topic", "a"},
                    {"two words", "b"},
                    {"quoted\"name", "c"},
                    {"line\r\nInjected: yes", "d"},
                    {"gr\xc3\xbcn", "e"},
                    {"", "f"},
                    {"X-Good", "g"}});
  CPPUNIT_ASSERT(turnUntil([&] { return !client.bodies.empty() || client.over(); }));
  CPPUNIT_ASSERT_EQUAL(std::string("x"), client.bodies.at(0));
  const Metadata& headers = accepted().headers.at(0);
  CPPUNIT_ASSERT_EQUAL(std::string("g"), valueOf(headers, "X-Good"));
  for (const char* name : {":topic", "topic", "two words", "quoted\"name", "Injected", ""}) {
    CPPUNIT_ASSERT_MESSAGE(name, !headers.has(name));
  }
  CPPUNIT_ASSERT_EQUAL(std::string("m"), client.events);
}

void UnaryContract::framingHeadersAreNotPassedOn() {
  prepare_ = echo;
  listen();
  End& client = dial();
  client.send("twelve bytes", {{"Content-Length", "3"},
                               {"Transfer-Encoding", "chunked"},
                               {"Host", "elsewhere"},
                               {"Trailer", "X-Late"},
                               {"Keep-Alive", "timeout=77"}});
  CPPUNIT_ASSERT(turnUntil([&] { return !client.bodies.empty() || client.over(); }));
  CPPUNIT_ASSERT_EQUAL(std::string("twelve bytes"), client.bodies.at(0));
  const Metadata& headers = accepted().headers.at(0);
  CPPUNIT_ASSERT(valueOf(headers, "Content-Length") != "3");
  CPPUNIT_ASSERT(valueOf(headers, "Host") != "elsewhere");
  CPPUNIT_ASSERT(!headers.has("Transfer-Encoding"));
  CPPUNIT_ASSERT(!headers.has("Trailer"));
  CPPUNIT_ASSERT(!headers.has("Keep-Alive"));
}

void UnaryContract::connectionWithoutAMessageIsNotAccepted() {
  listen();
  End& silent = dial();
  settle();
  CPPUNIT_ASSERT(accepted_.empty());
  CPPUNIT_ASSERT_EQUAL(std::string(), silent.events);
  silent.send("at last");
  CPPUNIT_ASSERT(turnUntil([&] { return accepted_.size() == 1 && !accepted().bodies.empty(); }));
}

// One reply, then the next request on the same connection.
void UnaryContract::requestsFollowEachOther() {
  const std::string big(8U << 20, 'x');
  prepare_ = echo;
  listen();
  End& client = dial();
  CPPUNIT_ASSERT(!client.socket->reusable());  // nothing is known yet
  const std::vector<std::string> bodies{"small", big, "", "last"};
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    client.send(bodies[i]);
    CPPUNIT_ASSERT(turnUntil([&] { return client.bodies.size() == i + 1 || client.over(); }));
    CPPUNIT_ASSERT(client.bodies.at(i) == bodies[i]);
    CPPUNIT_ASSERT(client.socket->reusable());
  }
  CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), listener_->stats().accepted);
}

void UnaryContract::replyThatAsksToCloseIsTheLast() {
  prepare_ = [](End& end) {
    end.whenMessage = [](End& self, const std::string& body) {
      self.send(body, {{"Connection", "Close"}});
    };
  };
  listen();
  End& told = dial();
  told.send("x");
  CPPUNIT_ASSERT(turnUntil([&] { return !told.bodies.empty(); }));
  CPPUNIT_ASSERT(!told.socket->reusable());
}

void UnaryContract::replyMayComeLater() {
  listen();
  End& client = dial();
  client.send("x");
  CPPUNIT_ASSERT(turnUntil([&] { return !accepted_.empty() && !accepted().bodies.empty(); }));
  settle();
  CPPUNIT_ASSERT_EQUAL(std::string(), client.events);
  accepted().send("answer");
  CPPUNIT_ASSERT(turnUntil([&] { return client.bodies.size() == 1; }));
  CPPUNIT_ASSERT_EQUAL(std::string("answer"), client.bodies[0]);
}

void UnaryContract::abortedCallerIsNoticed() {
  listen();
  End& client = dial();
  client.send("x");
  CPPUNIT_ASSERT(turnUntil([&] { return !accepted_.empty() && !accepted().bodies.empty(); }));
  client.socket->abort();
  CPPUNIT_ASSERT(
      turnUntil([&] { return accepted().events.find_first_of("fc") != std::string::npos; }));
  CPPUNIT_ASSERT_EQUAL(std::string(), client.events);
}

void UnaryContract::bodyLimitsHold() {
  ListenOptions options;
  options.maxBodyBytes = 1'000;
  prepare_ = echo;
  listen(options);
  End& fits = dial();
  fits.send(std::string(1'000, 'x'));
  CPPUNIT_ASSERT(turnUntil([&] { return !fits.bodies.empty() || fits.over(); }));
  CPPUNIT_ASSERT_EQUAL(std::size_t(1'000), fits.bodies.at(0).size());
  DialOptions small;
  small.maxBodyBytes = 999;
  End& tooSmall = dial(small);
  tooSmall.send(std::string(1'000, 'x'));
  CPPUNIT_ASSERT(turnUntil([&] { return tooSmall.over(); }));
  CPPUNIT_ASSERT_EQUAL(std::string("c"), tooSmall.events);
  CPPUNIT_ASSERT(tooSmall.closed->kind() == ErrorKind::kInternal);
}

void UnaryContract::onMessageMayDestroyItsSocket() {
  prepare_ = echo;
  listen();
  End& client = dial();
  client.whenMessage = [this](End&, const std::string&) { dialled_.clear(); };
  client.send("x");
  CPPUNIT_ASSERT(turnUntil([&] { return dialled_.empty(); }));

  accepted_.clear();
  prepare_ = [this](End& end) {
    end.whenMessage = [this](End&, const std::string&) { accepted_.clear(); };
  };
  End& second = dial();
  second.send("x");
  CPPUNIT_ASSERT(turnUntil([&] { return !second.events.empty(); }));
}

void UnaryContract::requestsOutliveTheirListener() {
  listen();
  End& client = dial();
  client.send("x");
  CPPUNIT_ASSERT(turnUntil([&] { return !accepted_.empty() && !accepted().bodies.empty(); }));
  listener_.reset();
  accepted().send("answer");
  CPPUNIT_ASSERT(turnUntil([&] { return !client.events.empty(); }));
  CPPUNIT_ASSERT_EQUAL(std::string("answer"), client.bodies.at(0));
}

}  // namespace evmicro::test

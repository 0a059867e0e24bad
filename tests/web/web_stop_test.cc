// Which requests a WebServer that is stopped still answers, and until when.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/event_loop.h>
#include <evmicro/web_server.h>

#include "http/raw_peer.h"
#include "support/manual_clock.h"

namespace evmicro {

using namespace std::chrono_literals;
using test::RawPeer;

class WebStopTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(WebStopTest);
  CPPUNIT_TEST(aPeerThatHasJustConnectedHasASecond);
  CPPUNIT_TEST(itsRequestIsAnswered);
  CPPUNIT_TEST(aPeerThatIsStillInTheBacklogIsAnswered);
  CPPUNIT_TEST(silentConnectionsAreClosedAtOnce);
  CPPUNIT_TEST(keptConnectionsAreClosedAtOnce);
  CPPUNIT_TEST(whatAKeptConnectionHasSentIsAnswered);
  CPPUNIT_TEST(aRequestThatArrivesIsAnswered);
  CPPUNIT_TEST(aRequestThatHaltsForASecondIsNotAwaited);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    clock_.emplace();
    loop_ = std::make_unique<EventLoop>();
    WebServerOptions options;
    options.address = "127.0.0.1:0";
    server_ = std::make_unique<WebServer>(*loop_, options);
    server_->handle("", "/", [](const WebRequest& request, WebReply reply) {
      reply.send(200, {}, "answer to " + request.body);
    });
    const Status status = server_->start();
    CPPUNIT_ASSERT_MESSAGE(status.toString(), status.ok());
  }
  void tearDown() override {
    peers_.clear();
    server_.reset();
    loop_.reset();
    clock_.reset();
  }

  void aPeerThatHasJustConnectedHasASecond() {
    RawPeer& peer = accepted();
    server_->stop([this] { closed_ = true; });
    pass(999ms);
    CPPUNIT_ASSERT(!peer.ended());
    pass(21ms);  // it is looked for every 20 ms
    CPPUNIT_ASSERT(ends(peer));
    peer.close();
    CPPUNIT_ASSERT(until([this] { return closed_; }));
  }

  void itsRequestIsAnswered() {
    RawPeer& peer = accepted();
    server_->stop();
    pass(990ms);
    peer.send(kRequest);
    CPPUNIT_ASSERT(until([&peer] { return peer.has("\r\n\r\nanswer to "); }));
    CPPUNIT_ASSERT_MESSAGE(peer.received(), peer.has("Connection: close\r\n"));
    CPPUNIT_ASSERT(ends(peer));
  }

  // It has connected and asked, and nobody has accepted it yet.
  void aPeerThatIsStillInTheBacklogIsAnswered() {
    RawPeer& peer = connect();
    peer.send(kRequest);
    server_->stop();
    CPPUNIT_ASSERT(until([&peer] { return peer.has("\r\n\r\nanswer to "); }));
    CPPUNIT_ASSERT(ends(peer));
  }

  void silentConnectionsAreClosedAtOnce() {
    RawPeer& peer = accepted();
    pass(1s);
    server_->stop();
    pass(19ms);
    CPPUNIT_ASSERT(!peer.ended());
    pass(1ms);
    CPPUNIT_ASSERT(ends(peer));
    CPPUNIT_ASSERT_EQUAL(std::string(), peer.received());
  }

  void keptConnectionsAreClosedAtOnce() {
    RawPeer& peer = asked();
    server_->stop();
    pass(19ms);
    CPPUNIT_ASSERT(!peer.ended());
    pass(1ms);
    CPPUNIT_ASSERT(ends(peer));
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), peer.count("answer to "));
  }

  void whatAKeptConnectionHasSentIsAnswered() {
    RawPeer& peer = asked();
    peer.send(kRequest);
    server_->stop();  // before it is read
    CPPUNIT_ASSERT(until([&peer] { return peer.count("answer to ") == 2; }));
    CPPUNIT_ASSERT(ends(peer));
  }

  void aRequestThatArrivesIsAnswered() {
    RawPeer& peer = asked();
    peer.send(kUpload);
    test::turn(*loop_, 20);
    server_->stop();
    for (int i = 0; i < 5; ++i) {
      pass(990ms);
      CPPUNIT_ASSERT(!peer.ended());
      peer.send("b");
      test::turn(*loop_, 20);
    }
    CPPUNIT_ASSERT(until([&peer] { return peer.has("answer to bbbbb"); }));
    CPPUNIT_ASSERT(ends(peer));
  }

  // Its peer may be gone.
  void aRequestThatHaltsForASecondIsNotAwaited() {
    RawPeer& peer = asked();
    peer.send(std::string(kUpload) + "bbbb");
    test::turn(*loop_, 20);
    server_->stop();
    pass(999ms);
    CPPUNIT_ASSERT(!peer.ended());
    pass(21ms);  // it is looked for every 20 ms
    CPPUNIT_ASSERT(ends(peer));
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), peer.count("answer to "));
  }

 private:
  static constexpr const char* kRequest = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

  static constexpr const char* kUpload = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n";

  RawPeer& connect() {
    return *peers_.emplace_back(std::make_unique<RawPeer>(*loop_, server_->address()));
  }
  RawPeer& accepted() {
    RawPeer& peer = connect();
    const std::size_t all = peers_.size();
    CPPUNIT_ASSERT(until([this, all] { return server_->connections() == all; }));
    return peer;
  }
  // Has got an answer already.
  RawPeer& asked() {
    RawPeer& peer = accepted();
    peer.send(kRequest);
    CPPUNIT_ASSERT(until([&peer] { return peer.has("answer to "); }));
    return peer;
  }
  // What needs I/O, and the time that the server's looks take.
  bool ends(RawPeer& peer) {
    return clock_->runUntil(*loop_, [&peer] { return peer.ended(); });
  }
  bool until(const std::function<bool()>& done) { return test::runUntil(*loop_, done); }
  void pass(std::chrono::milliseconds time) {
    clock_->advance(*loop_, time);
    test::turn(*loop_, 20);
  }

  std::optional<test::ManualClock> clock_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<WebServer> server_;
  std::vector<std::unique_ptr<RawPeer>> peers_;
  bool closed_ = false;
};

CPPUNIT_TEST_SUITE_REGISTRATION(WebStopTest);

}  // namespace evmicro

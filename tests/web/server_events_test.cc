// Streams of server-sent events.
#include <evmicro/server_events.h>

#include <memory>
#include <string>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/event_loop.h>

#include "http/raw_peer.h"
#include "support/manual_clock.h"

namespace evmicro {

using namespace std::chrono_literals;

class ServerEventsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ServerEventsTest);
  CPPUNIT_TEST(formatsEvents);
  CPPUNIT_TEST(streamsEvents);
  CPPUNIT_TEST(commentsKeepItOpen);
  CPPUNIT_TEST(clientThatGoesIsNoticed);
  CPPUNIT_TEST(mayBeMovedAndOutliveTheServer);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    clock_ = std::make_unique<test::ManualClock>();
    loop_ = std::make_unique<EventLoop>();
    WebServerOptions options;
    options.address = "127.0.0.1:0";
    server_ = std::make_unique<WebServer>(*loop_, options);
    server_->handle("GET", "/live", [this](const WebRequest& request, WebReply reply) {
      lastId_ = lastEventId(request);
      EventStream::Options how;
      how.headers = {{"X-More", "1"}};
      stream_ = std::make_unique<EventStream>(*loop_, std::move(reply), how);
    });
    CPPUNIT_ASSERT(server_->start().ok());
    peer_ = std::make_unique<test::RawPeer>(*loop_, server_->address());
    peer_->send("GET /live HTTP/1.1\r\nHost: h\r\nLast-Event-ID: 41\r\n\r\n");
    CPPUNIT_ASSERT(until([this] { return stream_ && peer_->has("\r\n\r\n"); }));
  }

  void tearDown() override {
    stream_.reset();
    peer_.reset();
    server_.reset();
    loop_.reset();
    clock_.reset();
  }

  void formatsEvents() {
    CPPUNIT_ASSERT_EQUAL(std::string("data: x\n\n"), formatEvent({"x", {}, {}, 0ms}));
    CPPUNIT_ASSERT_EQUAL(std::string("data: \n\n"), formatEvent({}));
    CPPUNIT_ASSERT_EQUAL(std::string("event: e\nid: 7\nretry: 1500\ndata: x\n\n"),
                         formatEvent({"x", "e", "7", 1'500ms}));
    // No line of the data can become a field of its own.
    CPPUNIT_ASSERT_EQUAL(std::string("data: a\ndata: b\ndata: id: c\ndata: \ndata: \n\n"),
                         formatEvent({"a\nb\r\nid: c\r\n\r", {}, {}, 0ms}));
    CPPUNIT_ASSERT_EQUAL(std::string("event: a data: b\nid: c d\ndata: x\n\n"),
                         formatEvent({"x", "a\ndata: b", "c\rd", 0ms}));
  }

  void streamsEvents() {
    CPPUNIT_ASSERT_EQUAL(std::string("41"), lastId_);
    CPPUNIT_ASSERT(peer_->has("Content-Type: text/event-stream\r\n"));
    CPPUNIT_ASSERT(peer_->has("Cache-Control: no-store\r\n"));
    CPPUNIT_ASSERT(peer_->has("X-More: 1\r\n"));
    CPPUNIT_ASSERT(stream_->send({"one", {}, {}, 0ms}));
    expect("data: one\n\n");
    stream_.reset();
    expect("\r\n0\r\n\r\n");
    CPPUNIT_ASSERT(!peer_->ended());
  }

  void commentsKeepItOpen() {
    clock_->advance(*loop_, 14'990ms);
    CPPUNIT_ASSERT(!peer_->has(":\n\n"));
    stream_->send({"x", {}, {}, 0ms});  // begins the time anew
    clock_->advance(*loop_, 14'990ms);
    CPPUNIT_ASSERT(!peer_->has(":\n\n"));
    clock_->advance(*loop_, 20ms);
    expect(":\n\n");
    clock_->advance(*loop_, 15'010ms);
    CPPUNIT_ASSERT(until([this] { return peer_->count(":\n\n") == 2; }));
  }

  void clientThatGoesIsNoticed() {
    bool gone = false;
    stream_->onGone([this, &gone] {
      stream_.reset();
      gone = true;
    });
    peer_->reset();
    CPPUNIT_ASSERT(until([&gone] { return gone; }));
  }

  void mayBeMovedAndOutliveTheServer() {
    EventStream moved = std::move(*stream_);
    stream_.reset();
    moved.send({"x", {}, {}, 0ms});
    expect("data: x\n\n");
    server_.reset();
    CPPUNIT_ASSERT(!moved.send({"y", {}, {}, 0ms}));
    clock_->advance(*loop_, 1min);
  }

 private:
  bool until(const std::function<bool()>& done) { return test::runUntil(*loop_, done); }

  void expect(std::string_view text) {
    const bool came = until([&] { return peer_->has(text); });
    CPPUNIT_ASSERT_MESSAGE(peer_->received(), came);
  }

  std::unique_ptr<test::ManualClock> clock_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<WebServer> server_;
  std::unique_ptr<test::RawPeer> peer_;
  std::unique_ptr<EventStream> stream_;
  std::string lastId_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ServerEventsTest);

}  // namespace evmicro

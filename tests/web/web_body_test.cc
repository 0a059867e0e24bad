// Request bodies that a handler takes in parts, and replies whose length is known beforehand.
#include <evmicro/web_body.h>

#include <memory>
#include <optional>
#include <string>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/event_loop.h>
#include <evmicro/web_server.h>

#include "http/raw_peer.h"

namespace evmicro {

class WebBodyTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(WebBodyTest);
  CPPUNIT_TEST(partsComeBeforeTheEnd);
  CPPUNIT_TEST(chunksAreParts);
  CPPUNIT_TEST(requestWithoutABodyEndsAtOnce);
  CPPUNIT_TEST(nextRequestWaitsForTheReply);
  CPPUNIT_TEST(sizeIsNotLimited);
  CPPUNIT_TEST(otherRoutesKeepTheirLimit);
  CPPUNIT_TEST(pausedPeerHasToWait);
  CPPUNIT_TEST(nothingIsReadWithoutAFunction);
  CPPUNIT_TEST(brokenBodyIsAnError);
  CPPUNIT_TEST(malformedBodyIsAnError);
  CPPUNIT_TEST(earlyReplyClosesTheConnection);
  CPPUNIT_TEST(droppedBodyIsDiscarded);
  CPPUNIT_TEST(expectedContinueIsSent);
  CPPUNIT_TEST(callbackMayDestroyEverything);
  CPPUNIT_TEST(mayOutliveTheServer);
  CPPUNIT_TEST(sendsAnnouncedLengths);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    loop_ = std::make_unique<EventLoop>();
    options_ = WebServerOptions();
    options_.address = "127.0.0.1:0";
    parts_.clear();
    end_.reset();
    requests_ = 0;
  }

  void tearDown() override {
    body_.reset();
    reply_.reset();
    peer_.reset();
    server_.reset();
    loop_.reset();
  }

  void partsComeBeforeTheEnd() {
    open();
    peer_->send("POST /in/x HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabc");
    CPPUNIT_ASSERT(until([this] { return parts_ == "abc"; }));
    CPPUNIT_ASSERT_EQUAL(std::string("x"), request_.params.at("name"));
    CPPUNIT_ASSERT_EQUAL(std::string(), request_.body);
    CPPUNIT_ASSERT(!end_);
    peer_->send("def");
    CPPUNIT_ASSERT(until([this] { return end_.has_value(); }));
    CPPUNIT_ASSERT(end_->ok());
    CPPUNIT_ASSERT_EQUAL(std::string("abcdef"), parts_);
    reply_->send(200, {}, "done");
    expect("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone");
    CPPUNIT_ASSERT(!peer_->ended());
  }

  void chunksAreParts() {
    open();
    peer_->send("PUT /in/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    CPPUNIT_ASSERT(until([this] { return parts_ == "abc"; }));
    peer_->send("3\r\ndef\r\n0\r\nX-Trailer: 1\r\n\r\n");
    CPPUNIT_ASSERT(until([this] { return end_.has_value(); }));
    CPPUNIT_ASSERT_EQUAL(std::string("abcdef"), parts_);
  }

  void requestWithoutABodyEndsAtOnce() {
    open();
    for (const char* const head : {"GET /in/x HTTP/1.1\r\nHost: h\r\n\r\n",
                                   "POST /in/x HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"}) {
      end_.reset();
      peer_->send(head);
      CPPUNIT_ASSERT(until([this] { return end_.has_value(); }));
      CPPUNIT_ASSERT(end_->ok());
      reply_->send(200, {}, "");
    }
    CPPUNIT_ASSERT_EQUAL(std::string(), parts_);
  }

  void nextRequestWaitsForTheReply() {
    open();
    const std::string request = "POST /in/x HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc";
    peer_->send(request + request);
    CPPUNIT_ASSERT(until([this] { return end_.has_value(); }));
    test::turn(*loop_, 10);
    CPPUNIT_ASSERT_EQUAL(1, requests_);
    CPPUNIT_ASSERT_EQUAL(std::string("abc"), parts_);
    end_.reset();
    reply_->send(200, {}, "");
    CPPUNIT_ASSERT(until([this] { return end_.has_value(); }));
    CPPUNIT_ASSERT_EQUAL(2, requests_);
    CPPUNIT_ASSERT_EQUAL(std::string("abcabc"), parts_);
  }

  void sizeIsNotLimited() {
    options_.limits.maxBodyBytes = 10;
    open();
    peer_->send("POST /in/x HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n0123456789x");
    CPPUNIT_ASSERT(until([this] { return end_ && parts_.size() == 11; }));
    reply_->send(200, {}, "");
    end_.reset();
    peer_->send(
        "POST /in/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
        "chunked\r\n\r\nb\r\n0123456789x\r\n0\r\n\r\n");
    CPPUNIT_ASSERT(until([this] { return end_ && parts_.size() == 22; }));
  }

  void otherRoutesKeepTheirLimit() {
    options_.limits.maxBodyBytes = 10;
    open();
    peer_->send("POST /whole HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n0123456789");
    expect("took 10");
    peer_->send("POST /whole HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n");
    expect("HTTP/1.1 413 ");
  }

  void pausedPeerHasToWait() {
    open();
    const std::size_t size = 32U << 20;
    peer_->send("POST /in/x HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(size) +
                "\r\n\r\n");
    CPPUNIT_ASSERT(until([this] { return requests_ == 1; }));
    body_->pause();
    peer_->send(std::string(size, 'x'));
    test::turn(*loop_, 20);
    CPPUNIT_ASSERT_EQUAL(std::string(), parts_);
    CPPUNIT_ASSERT(peer_->unsent() > 0);
    body_->resume();
    CPPUNIT_ASSERT(until([this] { return end_.has_value(); }));
    CPPUNIT_ASSERT_EQUAL(size, parts_.size());
  }

  void nothingIsReadWithoutAFunction() {
    open();
    setsFunctions_ = false;
    peer_->send("POST /in/x HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabc");
    CPPUNIT_ASSERT(until([this] { return requests_ == 1; }));
    peer_->send("def");
    test::turn(*loop_, 10);
    setFunctions();
    CPPUNIT_ASSERT(until([this] { return end_.has_value(); }));
    CPPUNIT_ASSERT_EQUAL(std::string("abcdef"), parts_);
  }

  void brokenBodyIsAnError() {
    for (const bool reset : {true, false}) {
      open();
      peer_->send("POST /in/x HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabc");
      CPPUNIT_ASSERT(until([this] { return parts_ == "abc"; }));
      bool gone = false;
      reply_->onGone([&gone] { gone = true; });
      if (reset) {
        peer_->reset();
      } else {
        peer_->finish();
      }
      CPPUNIT_ASSERT(until([&] { return end_ && gone; }));
      CPPUNIT_ASSERT(end_->kind() == ErrorKind::kUnavailable);
      reply_->send(200, {}, "nobody");
      parts_.clear();
      end_.reset();
    }
  }

  void malformedBodyIsAnError() {
    open();
    peer_->send(
        "POST /in/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n");
    CPPUNIT_ASSERT(until([this] { return end_.has_value(); }));
    CPPUNIT_ASSERT(!end_->ok());
    CPPUNIT_ASSERT(until([this] { return peer_->ended(); }));
  }

  void earlyReplyClosesTheConnection() {
    open();
    peer_->send("POST /in/x HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabc");
    CPPUNIT_ASSERT(until([this] { return parts_ == "abc"; }));
    reply_->send(403, {}, "no");
    expect("Connection: close\r\n\r\nno");
    peer_->send("defGET /whole HTTP/1.1\r\nHost: h\r\n\r\n");
    CPPUNIT_ASSERT(until([this] { return peer_->ended(); }));
    CPPUNIT_ASSERT(!peer_->has("took"));
  }

  void droppedBodyIsDiscarded() {
    open();
    peer_->send("POST /in/x HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabc");
    CPPUNIT_ASSERT(until([this] { return parts_ == "abc"; }));
    body_.reset();
    peer_->send("def");
    test::turn(*loop_, 10);
    reply_->send(200, {}, "done");
    expect("done");
    peer_->send("POST /whole HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx");
    test::turn(*loop_, 10);
    CPPUNIT_ASSERT(!end_);
    CPPUNIT_ASSERT_EQUAL(std::string("abc"), parts_);
  }

  void expectedContinueIsSent() {
    options_.limits.maxBodyBytes = 10;
    open();
    for (const char* const path : {"/in/x", "/whole"}) {
      peer_->forget();
      peer_->send(std::string("POST ") + path +
                  " HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
      expect("HTTP/1.1 100 Continue\r\n\r\n");
      peer_->send("abc");
      if (path == std::string("/in/x")) {
        CPPUNIT_ASSERT(until([this] { return end_.has_value(); }));
        reply_->send(200, {}, "took 3");
      }
      expect("took 3");
    }
    peer_->forget();
    peer_->send(
        "POST /whole HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n");
    expect("HTTP/1.1 413 ");
    CPPUNIT_ASSERT(!peer_->has("100 Continue"));
  }

  void callbackMayDestroyEverything() {
    open();
    peer_->send("POST /in/x HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\n");
    CPPUNIT_ASSERT(until([this] { return requests_ == 1; }));
    body_->onPart([this, kept = std::string(64, 'x')](std::string_view) {
      body_.reset();
      server_.reset();
      parts_ = kept;
    });
    peer_->send("abc");
    CPPUNIT_ASSERT(until([this] { return peer_->ended(); }));
    CPPUNIT_ASSERT_EQUAL(std::string(64, 'x'), parts_);
  }

  void mayOutliveTheServer() {
    open();
    peer_->send("POST /in/x HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabc");
    CPPUNIT_ASSERT(until([this] { return parts_ == "abc"; }));
    server_.reset();
    body_->pause();
    body_->resume();
    body_->onPart(nullptr);
    test::turn(*loop_);
    CPPUNIT_ASSERT(!end_);
  }

  void sendsAnnouncedLengths() {
    open();
    peer_->send("GET /in/x HTTP/1.1\r\nHost: h\r\n\r\n");
    CPPUNIT_ASSERT(until([this] { return requests_ == 1; }));
    reply_->begin(200, {}, 6);
    reply_->write("abc");
    reply_->write("defghi");
    reply_->end();
    expect("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabcdef");
    CPPUNIT_ASSERT(!peer_->has("abcdefg"));
    peer_->send("HEAD /in/x HTTP/1.1\r\nHost: h\r\n\r\n");
    CPPUNIT_ASSERT(until([this] { return requests_ == 2; }));
    reply_->begin(200, {}, 7);
    reply_->end();
    expect("Content-Length: 7\r\n\r\n");
    peer_->send("GET /in/x HTTP/1.1\r\nHost: h\r\n\r\n");
    CPPUNIT_ASSERT(until([this] { return requests_ == 3; }));
    reply_->begin(200, {}, 6);
    reply_->write("abc");
    reply_->end();  // too early
    CPPUNIT_ASSERT(until([this] { return peer_->ended(); }));
  }

 private:
  void setFunctions() {
    body_->onPart([this](std::string_view part) { parts_ += part; });
    body_->onEnd([this](const Status& how) { end_ = how; });
  }

  void open() {
    setsFunctions_ = true;
    server_ = std::make_unique<WebServer>(*loop_, options_);
    server_->handleStreamed("", "/in/{name}",
                            [this](WebRequest request, WebBody body, WebReply reply) {
                              request_ = std::move(request);
                              body_ = std::make_unique<WebBody>(std::move(body));
                              reply_ = std::make_unique<WebReply>(std::move(reply));
                              if (setsFunctions_) setFunctions();
                              ++requests_;
                            });
    server_->handle("", "/whole", [](const WebRequest& request, WebReply reply) {
      reply.send(200, {}, "took " + std::to_string(request.body.size()));
    });
    const Status status = server_->start();
    CPPUNIT_ASSERT_MESSAGE(status.toString(), status.ok());
    peer_ = std::make_unique<test::RawPeer>(*loop_, server_->address());
  }

  bool until(const std::function<bool()>& done) { return test::runUntil(*loop_, done); }

  void expect(std::string_view text) {
    const bool came = until([&] { return peer_->has(text); });
    CPPUNIT_ASSERT_MESSAGE(peer_->received(), came);
  }

  std::unique_ptr<EventLoop> loop_;
  WebServerOptions options_;
  std::unique_ptr<WebServer> server_;
  std::unique_ptr<test::RawPeer> peer_;
  WebRequest request_;
  std::unique_ptr<WebBody> body_;
  std::unique_ptr<WebReply> reply_;
  std::string parts_;
  std::optional<Status> end_;
  int requests_ = 0;
  bool setsFunctions_ = true;
};

CPPUNIT_TEST_SUITE_REGISTRATION(WebBodyTest);

}  // namespace evmicro

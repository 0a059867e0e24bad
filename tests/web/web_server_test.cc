// Requests and replies of a WebServer, over loopback.
#include <evmicro/web_server.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/event_loop.h>

#include "http/raw_peer.h"

namespace evmicro {

class WebServerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(WebServerTest);
  CPPUNIT_TEST(handsOutTheRequest);
  CPPUNIT_TEST(keepsRepeatedHeaders);
  CPPUNIT_TEST(answersPipelinedRequestsInOrder);
  CPPUNIT_TEST(answersLater);
  CPPUNIT_TEST(writesChunks);
  CPPUNIT_TEST(oldPeersGetABodyUpToTheClose);
  CPPUNIT_TEST(headGetsNoBody);
  CPPUNIT_TEST(droppedReplyIs500);
  CPPUNIT_TEST(thrownExceptionIs500);
  CPPUNIT_TEST(replyDroppedInTheMiddleBreaksTheConnection);
  CPPUNIT_TEST(saysThatThePeerHasGone);
  CPPUNIT_TEST(saysWhenThePeerHasCaughtUp);
  CPPUNIT_TEST(repliesCannotBreakTheFraming);
  CPPUNIT_TEST(unknownPathsAndMethods);
  CPPUNIT_TEST(redirectsPathsThatAreNotClean);
  CPPUNIT_TEST(redirectsStayOnTheHost);
  CPPUNIT_TEST(malformedPathIs400);
  CPPUNIT_TEST(limitsTheBody);
  CPPUNIT_TEST(limitsConnections);
  CPPUNIT_TEST(answersCors);
  CPPUNIT_TEST(errorPagesMayHaveAnotherForm);
  CPPUNIT_TEST(writesAnAccessLog);
  CPPUNIT_TEST(stopAnswersWhatWasAsked);
  CPPUNIT_TEST(handlerMayDestroyTheServer);
  CPPUNIT_TEST(replyMayOutliveTheServer);
  CPPUNIT_TEST(addressInUseIsAnError);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    loop_ = std::make_unique<EventLoop>();
    options_ = WebServerOptions();
    options_.address = "127.0.0.1:0";
  }

  void tearDown() override {
    held_.clear();
    peers_.clear();
    server_.reset();
    loop_.reset();
  }

  void handsOutTheRequest() {
    open();
    WebRequest seen;
    server_->handle("PUT", "/a/{name}", [&seen](WebRequest request, WebReply reply) {
      seen = std::move(request);
      reply.send(201, {{"X-One", "1"}}, "made");
    });
    start();
    test::RawPeer& peer =
        ask("PUT /a/b%20c?d=e&f=%2F HTTP/1.1\r\nhost: h\r\nContent-Length: 4\r\n\r\nbody");
    expect(peer, "made");
    CPPUNIT_ASSERT_EQUAL(
        std::string("HTTP/1.1 201 Created\r\nContent-Length: 4\r\nX-One: 1\r\n\r\nmade"),
        peer.received());
    CPPUNIT_ASSERT_EQUAL(std::string("PUT"), seen.method);
    CPPUNIT_ASSERT_EQUAL(std::string("/a/b%20c?d=e&f=%2F"), seen.target);
    CPPUNIT_ASSERT_EQUAL(std::string("/a/b c"), seen.path);
    CPPUNIT_ASSERT_EQUAL(std::string("b c"), seen.params.at("name"));
    CPPUNIT_ASSERT_EQUAL(std::string("d=e&f=%2F"), seen.query);
    CPPUNIT_ASSERT_EQUAL(std::string("body"), seen.body);
    CPPUNIT_ASSERT(findField(seen.headers, "Host") == "h");
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), seen.peerAddress.find("127.0.0.1:"));
    const std::optional<WebFields> form = parseForm(seen.query);
    CPPUNIT_ASSERT(form && findField(*form, "f") == "/");
  }

  void keepsRepeatedHeaders() {
    open();
    std::string all;
    server_->handle("", "/", [&all](const WebRequest& request, WebReply reply) {
      for (const auto& [name, value] : request.headers) all += name + "=" + value + ";";
      reply.send(200, {}, "ok");
    });
    start();
    expect(ask("GET / HTTP/1.1\r\nHost: h\r\nx-a: 1\r\nX-B: 2\r\nX-A: 3\r\n\r\n"), "ok");
    CPPUNIT_ASSERT_EQUAL(std::string("Host=h;X-A=1;X-B=2;X-A=3;"), all);
  }

  void answersPipelinedRequestsInOrder() {
    open();
    server_->handle("", "/{n}", [](const WebRequest& request, WebReply reply) {
      reply.send(200, {}, "[" + request.params.at("n") + "]");
    });
    start();
    std::string all;
    for (int i = 0; i < 100; ++i)
      all += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n\r\n";
    test::RawPeer& peer = ask(all);
    expect(peer, "[99]");
    CPPUNIT_ASSERT_EQUAL(std::size_t(100), peer.count("HTTP/1.1 200 OK\r\n"));
    CPPUNIT_ASSERT(peer.received().find("[41]") < peer.received().find("[42]"));
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), server_->connections());
  }

  void answersLater() {
    open();
    hold("/later");
    start();
    test::RawPeer& peer =
        ask("GET /later HTTP/1.1\r\nHost: h\r\n\r\nGET /later HTTP/1.1\r\nHost: h\r\n\r\n");
    CPPUNIT_ASSERT(until([this] { return held_.size() == 1; }));
    held_[0]->send(200, {}, "first");
    CPPUNIT_ASSERT(until([this] { return held_.size() == 2; }));
    held_[1]->send(200, {}, "second");
    held_[1]->send(200, {}, "again");
    expect(peer, "second");
    CPPUNIT_ASSERT(!peer.has("again"));
  }

  void writesChunks() {
    open();
    hold("/");
    start();
    test::RawPeer& peer = ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    CPPUNIT_ASSERT(until([this] { return held_.size() == 1; }));
    held_[0]->begin(200, {{"Content-Type", "text/plain"}});
    CPPUNIT_ASSERT(held_[0]->write("0123456789abcdef"));
    CPPUNIT_ASSERT(held_[0]->write(""));
    expect(peer, "10\r\n0123456789abcdef\r\n");
    held_[0]->end();
    CPPUNIT_ASSERT(!held_[0]->write("late"));
    expect(peer, "\r\n0\r\n\r\n");
    CPPUNIT_ASSERT(peer.has("Transfer-Encoding: chunked\r\n"));
    CPPUNIT_ASSERT(!peer.has("Content-Length"));
    peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    CPPUNIT_ASSERT(until([this] { return held_.size() == 2; }));
  }

  void oldPeersGetABodyUpToTheClose() {
    open();
    hold("/");
    start();
    test::RawPeer& peer = ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    CPPUNIT_ASSERT(until([this] { return held_.size() == 1; }));
    held_[0]->begin(200, {});
    held_[0]->write("some");
    held_[0]->end();
    CPPUNIT_ASSERT(until([&peer] { return peer.ended(); }));
    CPPUNIT_ASSERT_EQUAL(std::string("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nsome"),
                         peer.received());
  }

  void headGetsNoBody() {
    open();
    server_->handle("GET", "/",
                    [](const WebRequest&, WebReply reply) { reply.send(200, {}, "body"); });
    server_->handle("GET", "/chunks", [](const WebRequest&, WebReply reply) {
      reply.begin(200, {});
      reply.write("body");
      reply.end();
    });
    server_->handle("GET", "/none",
                    [](const WebRequest&, WebReply reply) { reply.send(204, {}, "body"); });
    start();
    test::RawPeer& peer =
        ask("HEAD / HTTP/1.1\r\nHost: h\r\n\r\nHEAD /chunks HTTP/1.1\r\nHost: h\r\n\r\nGET /none "
            "HTTP/1.1\r\nHost: h\r\n"
            "Connection: close\r\n\r\n");
    CPPUNIT_ASSERT(until([&peer] { return peer.ended(); }));
    CPPUNIT_ASSERT_EQUAL(std::string("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"
                                     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                     "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"),
                         peer.received());
  }

  void droppedReplyIs500() {
    open();
    server_->handle("", "/", [](const WebRequest&, const WebReply&) {});
    start();
    expect(ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), "the handler did not answer\n");
  }

  void thrownExceptionIs500() {
    open();
    server_->handle("", "/",
                    [](const WebRequest&, const WebReply&) { throw std::runtime_error("oops"); });
    hold("/held");
    server_->handle("", "/after", [this](const WebRequest&, WebReply reply) {
      held_.push_back(std::make_unique<WebReply>(std::move(reply)));
      throw std::runtime_error("oops");
    });
    start();
    test::RawPeer& peer =
        ask("GET / HTTP/1.1\r\nHost: h\r\n\r\nGET /after HTTP/1.1\r\nHost: h\r\n\r\n");
    CPPUNIT_ASSERT(until([&peer] { return peer.count("500 Internal Server Error") == 2; }));
    CPPUNIT_ASSERT(!peer.ended());
    held_[0]->send(200, {}, "too late");
  }

  void replyDroppedInTheMiddleBreaksTheConnection() {
    open();
    hold("/");
    start();
    test::RawPeer& peer = ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    CPPUNIT_ASSERT(until([this] { return held_.size() == 1; }));
    held_[0]->begin(200, {});
    held_[0]->write("half");
    expect(peer, "half");
    held_.clear();
    CPPUNIT_ASSERT(until([&peer] { return peer.ended(); }));
    CPPUNIT_ASSERT(!peer.has("0\r\n\r\n"));
    CPPUNIT_ASSERT(until([this] { return server_->connections() == 0; }));
  }

  void saysThatThePeerHasGone() {
    open();
    hold("/");
    start();
    test::RawPeer& peer = ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    CPPUNIT_ASSERT(until([this] { return held_.size() == 1; }));
    int gone = 0;
    held_[0]->onGone([&gone] { ++gone; });
    peer.reset();
    CPPUNIT_ASSERT(until([&gone] { return gone == 1; }));
    held_[0]->send(200, {}, "nobody");
    held_[0]->onGone([&gone] { ++gone; });  // has left already
    CPPUNIT_ASSERT(until([&gone] { return gone == 2; }));
    held_[0]->onGone([&gone] { ++gone; });
    held_[0]->onGone(nullptr);  // takes it back
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(2, gone);
  }

  void saysWhenThePeerHasCaughtUp() {
    options_.limits.highWaterBytes = 64U << 10;
    open();
    hold("/");
    start();
    test::RawPeer& peer = ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    CPPUNIT_ASSERT(until([this] { return held_.size() == 1; }));
    peer.stopReading();
    int writable = 0;
    held_[0]->onWritable([&writable] { ++writable; });
    held_[0]->begin(200, {});
    const std::string piece(32U << 10, 'x');
    int written = 0;
    while (held_[0]->write(piece)) CPPUNIT_ASSERT(++written < 10'000);
    peer.startReading();
    CPPUNIT_ASSERT(until([&writable] { return writable == 1; }));
    held_[0]->end();
    expect(peer, "\r\n0\r\n\r\n");
  }

  void repliesCannotBreakTheFraming() {
    open();
    const WebFields wrong[] = {{{"X\r\nY", "1"}}, {{"X", "1\r\nY: 2"}}, {{"", "1"}}};
    int at = 0;
    server_->handle("", "/", [&wrong, &at](const WebRequest&, WebReply reply) {
      reply.send(200, wrong[at++], "never");
    });
    server_->handle("", "/framing", [](const WebRequest&, WebReply reply) {
      reply.send(200, {{"content-length", "99"}, {"Transfer-Encoding", "chunked"}}, "ok");
    });
    start();
    test::RawPeer& peer =
        ask("GET / HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\nGET / "
            "HTTP/1.1\r\nHost: h\r\n\r\n"
            "GET /framing HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(peer, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    CPPUNIT_ASSERT_EQUAL(std::size_t(3), peer.count("HTTP/1.1 500 "));
    CPPUNIT_ASSERT(!peer.has("never"));
  }

  void unknownPathsAndMethods() {
    open();
    hold("/a");
    server_->handle("POST", "/b",
                    [](const WebRequest&, WebReply reply) { reply.send(200, {}, "b"); });
    start();
    test::RawPeer& peer =
        ask("GET /c HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(peer, "Method not allowed\n");
    CPPUNIT_ASSERT(peer.has("HTTP/1.1 404 Not Found\r\n"));
    CPPUNIT_ASSERT(peer.has("404 page not found\n"));
    CPPUNIT_ASSERT(peer.has("HTTP/1.1 405 Method Not Allowed\r\n"));
    CPPUNIT_ASSERT(peer.has("Allow: POST\r\n"));
  }

  void redirectsPathsThatAreNotClean() {
    open();
    hold("/a/b");
    start();
    test::RawPeer& peer = ask("GET //a/./b?c=/../d HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(peer, "Location: /a/b?c=/../d\r\n");
    CPPUNIT_ASSERT(peer.has("HTTP/1.1 301 Moved Permanently\r\n"));
  }

  // Browsers would take `/\host` for another host.
  void redirectsStayOnTheHost() {
    open();
    hold("/{path...}");
    start();
    expect(ask("GET /\\evil.com//x?a=\\ HTTP/1.1\r\nHost: h\r\n\r\n"),
           "Location: /%5Cevil.com/x?a=\\\r\n");
    expect(ask("GET //evil.com/.. HTTP/1.1\r\nHost: h\r\n\r\n"), "Location: /\r\n");
    expect(ask("GET //%5cevil.com/\xc3\xa9<\"{~ HTTP/1.1\r\nHost: h\r\n\r\n"),
           "Location: /%5cevil.com/%C3%A9%3C%22%7B~\r\n");
    expect(ask("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"), "not a path: *\n");
  }

  void malformedPathIs400() {
    open();
    hold("/{path...}");
    start();
    expect(ask("GET /a%2 HTTP/1.1\r\nHost: h\r\n\r\n"), "malformed percent-encoding in the path\n");
  }

  void limitsTheBody() {
    options_.limits.maxBodyBytes = 10;
    open();
    server_->handle("", "/", [](const WebRequest& request, WebReply reply) {
      reply.send(200, {}, "took " + std::to_string(request.body.size()));
    });
    start();
    expect(ask("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n0123456789"), "took 10");
    test::RawPeer& peer = ask("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n0123456789x");
    CPPUNIT_ASSERT(until([&peer] { return peer.has("HTTP/1.1 413 "); }));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), server_->stats().tooLarge);
  }

  void limitsConnections() {
    options_.limits.maxConnections = 2;
    open();
    server_->handle("", "/", [](const WebRequest&, WebReply reply) { reply.send(200, {}, "ok"); });
    start();
    const std::string request = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    expect(ask(request), "ok");
    expect(ask(request), "ok");
    test::RawPeer& third = ask(request);
    CPPUNIT_ASSERT(until([&third] { return third.ended(); }));
    CPPUNIT_ASSERT(third.has("HTTP/1.1 503 "));
    peers_[0]->close();
    CPPUNIT_ASSERT(until([this] { return server_->connections() == 1; }));
    expect(ask(request), "ok");
  }

  void answersCors() {
    options_.corsOrigins = {"http://a"};
    open();
    server_->handle("", "/", [](const WebRequest&, WebReply reply) { reply.send(200, {}, "ok"); });
    start();
    test::RawPeer& peer = ask("OPTIONS /any HTTP/1.1\r\nHost: h\r\nOrigin: http://a\r\n\r\n");
    expect(peer, "Vary: Origin\r\n\r\n");
    CPPUNIT_ASSERT(peer.has("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"));
    CPPUNIT_ASSERT(peer.has("Access-Control-Allow-Origin: http://a\r\n"));
    test::RawPeer& stranger = ask("GET / HTTP/1.1\r\nHost: h\r\nOrigin: http://b\r\n\r\n");
    expect(stranger, "ok");
    CPPUNIT_ASSERT(!stranger.has("Allow-Origin"));
  }

  void errorPagesMayHaveAnotherForm() {
    options_.errorPage = [](Page& page) {
      page.contentType = "application/json";
      page.body = "{\"why\":" + std::to_string(page.status) + "}";
    };
    options_.limits.maxBodyBytes = 1;
    open();
    start();
    expect(ask("GET /a HTTP/1.1\r\nHost: h\r\n\r\n"), "{\"why\":404}");
    expect(ask("PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nxx"), "{\"why\":413}");
    expect(ask("\x16\x03\x01"), "{\"why\":400}");
    expect(ask("GET / HTTP/1.1\r\nHost: h\r\nbad\r\n\r\n"), "{\"why\":400}");
  }

  void writesAnAccessLog() {
    std::vector<std::string> lines;
    options_.accessLog = [&lines](const std::string& line) { lines.push_back(line); };
    open();
    server_->handle("", "/", [](const WebRequest&, WebReply reply) { reply.send(202, {}, "ok"); });
    start();
    ask("GET /?a HTTP/1.1\r\nHost: h\r\nUser-Agent: me\r\nReferer: http://r\r\n\r\n");
    CPPUNIT_ASSERT(until([&lines] { return lines.size() == 1; }));
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), lines[0].find("127.0.0.1 - - ["));
    CPPUNIT_ASSERT_MESSAGE(lines[0], lines[0].find("] \"GET /?a HTTP/1.1\" 202 2 \"http://r\" "
                                                   "\"me\"") != std::string::npos);
  }

  void stopAnswersWhatWasAsked() {
    open();
    hold("/");
    start();
    test::RawPeer& waiting = ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    test::RawPeer& idle = connect();
    CPPUNIT_ASSERT(until([this] { return held_.size() == 1 && server_->connections() == 2; }));
    server_->stop();
    CPPUNIT_ASSERT(until([&idle] { return idle.ended(); }));
    CPPUNIT_ASSERT(!waiting.ended());
    held_[0]->send(200, {}, "answer");
    CPPUNIT_ASSERT(until([&waiting] { return waiting.ended(); }));
    CPPUNIT_ASSERT(waiting.has("Connection: close\r\n\r\nanswer"));
    idle.close();
    waiting.close();
    CPPUNIT_ASSERT(until([this] { return server_->connections() == 0; }));
  }

  void handlerMayDestroyTheServer() {
    open();
    server_->handle("", "/", [this](const WebRequest&, WebReply reply) {
      server_.reset();
      reply.send(200, {}, "nobody");
    });
    start();
    test::RawPeer& peer = ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    CPPUNIT_ASSERT(until([&peer] { return peer.ended(); }));
    CPPUNIT_ASSERT_EQUAL(std::string(), peer.received());
  }

  void replyMayOutliveTheServer() {
    open();
    hold("/");
    start();
    ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    CPPUNIT_ASSERT(until([this] { return held_.size() == 1; }));
    bool gone = false;
    held_[0]->onGone([&gone] { gone = true; });
    server_.reset();
    held_[0]->begin(200, {});
    CPPUNIT_ASSERT(!held_[0]->write("x"));
    held_[0]->end();
    held_.clear();
    CPPUNIT_ASSERT(!gone);
  }

  void addressInUseIsAnError() {
    open();
    start();
    options_.address = server_->address();
    WebServer other(*loop_, options_);
    const Status status = other.start();
    CPPUNIT_ASSERT_MESSAGE(status.toString(),
                           status.detail().find(options_.address) != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::string(), other.address());
  }

 private:
  void open() { server_ = std::make_unique<WebServer>(*loop_, options_); }
  void start() {
    const Status status = server_->start();
    CPPUNIT_ASSERT_MESSAGE(status.toString(), status.ok());
  }

  void hold(const std::string& pattern) {
    server_->handle("", pattern, [this](const WebRequest&, WebReply reply) {
      held_.push_back(std::make_unique<WebReply>(std::move(reply)));
    });
  }

  test::RawPeer& connect() {
    peers_.push_back(std::make_unique<test::RawPeer>(*loop_, server_->address()));
    return *peers_.back();
  }

  test::RawPeer& ask(std::string_view request) {
    test::RawPeer& peer = connect();
    peer.send(request);
    return peer;
  }

  bool until(const std::function<bool()>& done) { return test::runUntil(*loop_, done); }

  void expect(test::RawPeer& peer, std::string_view text) {
    const bool came = until([&] { return peer.has(text); });
    CPPUNIT_ASSERT_MESSAGE(peer.received(), came);
  }

  std::unique_ptr<EventLoop> loop_;
  WebServerOptions options_;
  std::unique_ptr<WebServer> server_;
  std::vector<std::unique_ptr<test::RawPeer>> peers_;
  std::vector<std::unique_ptr<WebReply>> held_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(WebServerTest);

}  // namespace evmicro

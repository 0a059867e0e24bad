// WebSockets of a WebServer, over loopback, with a peer that sends plain bytes.
#include <evmicro/web_socket.h>

#include <memory>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/event_loop.h>

#include "http/raw_peer.h"
#include "support/manual_clock.h"
#include "web/web_socket_bytes.h"

namespace evmicro {

using test::clientFrame;
using test::closeWith;
using test::serverFrame;
using namespace std::chrono_literals;

class WebSocketTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(WebSocketTest);
  CPPUNIT_TEST(upgradesTheConnection);
  CPPUNIT_TEST(framesMayComeWithTheRequest);
  CPPUNIT_TEST(acceptsLater);
  CPPUNIT_TEST(refusalsAreOrdinaryReplies);
  CPPUNIT_TEST(oldPeersAreRefused);
  CPPUNIT_TEST(answersPings);
  CPPUNIT_TEST(peerCloses);
  CPPUNIT_TEST(closesAndWaitsForTheAnswer);
  CPPUNIT_TEST(closeThatIsNotAnsweredBreaksTheConnection);
  CPPUNIT_TEST(violationEndsIt);
  CPPUNIT_TEST(connectionThatEndsIs1006);
  CPPUNIT_TEST(endMayBeAskedForLater);
  CPPUNIT_TEST(silentPeerIsFoundOut);
  CPPUNIT_TEST(pongsKeepItOpen);
  CPPUNIT_TEST(saysWhenThePeerReadsTooSlowly);
  CPPUNIT_TEST(queueIsBounded);
  CPPUNIT_TEST(pausedPeerHasToWait);
  CPPUNIT_TEST(endIsSeenAfterThePause);
  CPPUNIT_TEST(unfinishedMessagesCountForTheBudget);
  CPPUNIT_TEST(droppingItCloses);
  CPPUNIT_TEST(callbackMayDropIt);
  CPPUNIT_TEST(callbackMayReplaceItself);
  CPPUNIT_TEST(callbackMayDestroyTheServer);
  CPPUNIT_TEST(mayOutliveTheServer);
  CPPUNIT_TEST(stopClosesThem);
  CPPUNIT_TEST(isInTheAccessLog);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    clock_ = std::make_unique<test::ManualClock>();
    loop_ = std::make_unique<EventLoop>();
    options_ = WebServerOptions();
    options_.address = "127.0.0.1:0";
    how_ = WebSocketOptions();
    messages_.clear();
    end_.reset();
  }

  void tearDown() override {
    socket_.reset();
    held_.reset();
    peer_.reset();
    server_.reset();
    loop_.reset();
    clock_.reset();
  }

  void upgradesTheConnection() {
    how_.protocols = {"chat"};
    open();
    peer_->send(request("Sec-WebSocket-Protocol: chat\r\n"));
    expect("\r\n\r\n");
    CPPUNIT_ASSERT_EQUAL(std::string("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                                     "Upgrade: websocket\r\n"
                                     "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
                                     "Sec-WebSocket-Protocol: chat\r\n\r\n"),
                         peer_->received());
    CPPUNIT_ASSERT_EQUAL(std::string("chat"), socket_->protocol());
    peer_->send(clientFrame(1, "hello") + clientFrame(2, std::string("\0", 1)));
    CPPUNIT_ASSERT(until([this] { return messages_.size() == 2; }));
    CPPUNIT_ASSERT_EQUAL(std::string("text:hello"), messages_[0]);
    CPPUNIT_ASSERT_EQUAL(std::string("binary:\0", 8), messages_[1]);
    CPPUNIT_ASSERT(socket_->sendText("one"));
    CPPUNIT_ASSERT(socket_->sendBinary("two"));
    expect(serverFrame(1, "one") + serverFrame(2, "two"));
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), server_->connections());
  }

  void framesMayComeWithTheRequest() {
    open();
    peer_->send(request() + clientFrame(1, "early") + clientFrame(1, "bird"));
    CPPUNIT_ASSERT(until([this] { return messages_.size() == 2; }));
    CPPUNIT_ASSERT_EQUAL(std::string("text:bird"), messages_[1]);
  }

  void acceptsLater() {
    open();
    peer_->send("GET /later HTTP/1.1\r\n" + request().substr(request().find("Host")) +
                clientFrame(1, "early"));
    CPPUNIT_ASSERT(until([this] { return held_ != nullptr; }));
    test::turn(*loop_);
    keep(acceptWebSocket(heldRequest_, std::move(*held_), how_));
    CPPUNIT_ASSERT(until([this] { return messages_.size() == 1; }));
    CPPUNIT_ASSERT(!acceptWebSocket(heldRequest_, std::move(*held_), how_));
  }

  void refusalsAreOrdinaryReplies() {
    options_.errorPage = [](Page& page) { page.body = "<" + page.body + ">"; };
    open();
    peer_->send("GET /ws HTTP/1.1\r\nHost: h\r\n\r\n");
    expect("<this is for WebSockets\n>");
    CPPUNIT_ASSERT(peer_->has("HTTP/1.1 426 Upgrade Required\r\n"));
    CPPUNIT_ASSERT(peer_->has("Upgrade: websocket\r\n"));
    peer_->send(request());  // the connection goes on
    expect("HTTP/1.1 101 ");
  }

  void oldPeersAreRefused() {
    open();
    const std::string rest = request().substr(request().find("\r\n"));
    peer_->send("GET /ws HTTP/1.0" + rest);
    expect("HTTP/1.1 400 ");
    CPPUNIT_ASSERT(!socket_);
  }

  void answersPings() {
    connect();
    peer_->send(clientFrame(9, "a") + clientFrame(10, "unasked") + clientFrame(9, "b"));
    expect(serverFrame(10, "a") + serverFrame(10, "b"));
    CPPUNIT_ASSERT(messages_.empty());
  }

  void peerCloses() {
    connect();
    peer_->send(clientFrame(8, closeWith(4001, "why")));
    CPPUNIT_ASSERT(until([this] { return end_ && peer_->ended(); }));
    CPPUNIT_ASSERT_EQUAL(4001, end_->code);
    CPPUNIT_ASSERT_EQUAL(std::string("why"), end_->reason);
    CPPUNIT_ASSERT_EQUAL(serverFrame(8, closeWith(4001)), peer_->received());
    CPPUNIT_ASSERT(!socket_->sendText("late"));
    connect();
    peer_->send(clientFrame(8, ""));
    CPPUNIT_ASSERT(until([this] { return end_ && peer_->ended(); }));
    CPPUNIT_ASSERT_EQUAL(1005, end_->code);
    CPPUNIT_ASSERT_EQUAL(serverFrame(8, ""), peer_->received());
  }

  void closesAndWaitsForTheAnswer() {
    connect();
    socket_->close(4000, "enough");
    socket_->close(4002, "once more");
    CPPUNIT_ASSERT(!socket_->sendText("late"));
    expect(serverFrame(8, closeWith(4000, "enough")));
    peer_->send(clientFrame(1, "still"));
    CPPUNIT_ASSERT(until([this] { return messages_.size() == 1; }));
    CPPUNIT_ASSERT(!end_ && !peer_->ended());
    peer_->send(clientFrame(8, closeWith(4000)));
    CPPUNIT_ASSERT(until([this] { return end_ && peer_->ended(); }));
    CPPUNIT_ASSERT_EQUAL(4000, end_->code);
    CPPUNIT_ASSERT_EQUAL(serverFrame(8, closeWith(4000, "enough")), peer_->received());
  }

  void closeThatIsNotAnsweredBreaksTheConnection() {
    connect();
    socket_->close();
    expect(serverFrame(8, closeWith(1000)));
    clock_->advance(*loop_, 4'999ms);
    CPPUNIT_ASSERT(!end_);
    clock_->advance(*loop_, 2ms);
    CPPUNIT_ASSERT(until([this] { return end_ && peer_->ended(); }));
    CPPUNIT_ASSERT_EQUAL(1006, end_->code);
    CPPUNIT_ASSERT(until([this] { return server_->connections() == 0; }));
  }

  void violationEndsIt() {
    how_.maxMessageBytes = 4;
    connect();
    peer_->send(clientFrame(1, "fits") + clientFrame(1, "large"));
    CPPUNIT_ASSERT(until([this] { return end_ && peer_->ended(); }));
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), messages_.size());
    CPPUNIT_ASSERT_EQUAL(1009, end_->code);
    CPPUNIT_ASSERT_EQUAL(serverFrame(8, closeWith(1009, "the message is too large")),
                         peer_->received());
  }

  void connectionThatEndsIs1006() {
    connect();
    peer_->send(clientFrame(1, "x"));
    peer_->finish();
    CPPUNIT_ASSERT(until([this] { return end_.has_value(); }));
    CPPUNIT_ASSERT_EQUAL(1006, end_->code);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), messages_.size());
    connect();
    peer_->reset();
    CPPUNIT_ASSERT(until([this] { return end_.has_value(); }));
    CPPUNIT_ASSERT_EQUAL(1006, end_->code);
    CPPUNIT_ASSERT(until([this] { return server_->connections() == 0; }));
  }

  void endMayBeAskedForLater() {
    connect();
    socket_->onClose(nullptr);
    peer_->reset();
    CPPUNIT_ASSERT(until([this] { return server_->connections() == 0; }));
    int ends = 0;
    socket_->onClose([&ends](const WebSocketEnd&) { ++ends; });
    CPPUNIT_ASSERT_EQUAL(0, ends);  // in a turn of its own
    CPPUNIT_ASSERT(until([&ends] { return ends == 1; }));
    socket_->pause();
    socket_->resume();
    socket_->close();
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(1, ends);
  }

  void silentPeerIsFoundOut() {
    how_.pingInterval = 30s;
    how_.pongTimeout = 10s;
    connect();
    clock_->advance(*loop_, 29'990ms);
    CPPUNIT_ASSERT_EQUAL(std::string(), peer_->received());
    clock_->advance(*loop_, 20ms);
    expect(serverFrame(9, ""));
    clock_->advance(*loop_, 9'980ms);
    CPPUNIT_ASSERT(!end_);
    clock_->advance(*loop_, 20ms);
    CPPUNIT_ASSERT(until([this] { return end_ && peer_->ended(); }));
    CPPUNIT_ASSERT_EQUAL(1006, end_->code);
    CPPUNIT_ASSERT_EQUAL(std::string("the ping was not answered"), end_->reason);
  }

  void pongsKeepItOpen() {
    connect();
    for (int i = 0; i < 5; ++i) {
      peer_->forget();
      clock_->advance(*loop_, 30'001ms);
      expect(serverFrame(9, ""));
      peer_->send(clientFrame(10, "") + clientFrame(1, "x"));
      CPPUNIT_ASSERT(until([&] { return messages_.size() == std::size_t(i) + 1; }));
    }
    // Any input does.
    peer_->forget();
    clock_->advance(*loop_, 20s);
    peer_->send(clientFrame(1, "x"));
    CPPUNIT_ASSERT(until([this] { return messages_.size() == 6; }));
    clock_->advance(*loop_, 20s);
    CPPUNIT_ASSERT_EQUAL(std::string(), peer_->received());
    CPPUNIT_ASSERT(!end_);
  }

  void saysWhenThePeerReadsTooSlowly() {
    options_.limits.highWaterBytes = 64U << 10;
    connect();
    peer_->stopReading();
    int writable = 0;
    socket_->onWritable([&writable] { ++writable; });
    const std::string message(32U << 10, 'x');
    int sent = 0;
    while (socket_->sendBinary(message)) CPPUNIT_ASSERT(++sent < 10'000);
    CPPUNIT_ASSERT(socket_->queued() > 64U << 10);
    peer_->send(clientFrame(1, "x"));  // is read nevertheless
    CPPUNIT_ASSERT(until([this] { return messages_.size() == 1; }));
    peer_->startReading();
    CPPUNIT_ASSERT(until([&writable] { return writable == 1; }));
    CPPUNIT_ASSERT(socket_->sendBinary("x"));
  }

  void queueIsBounded() {
    how_.maxQueuedBytes = 1U << 20;
    connect();
    peer_->stopReading();
    const std::string message(64U << 10, 'x');
    int sent = 0;
    while (socket_->queued() <= how_.maxQueuedBytes) {
      socket_->sendBinary(message);
      CPPUNIT_ASSERT(++sent < 1'000);
    }
    CPPUNIT_ASSERT(socket_->queued() <= how_.maxQueuedBytes + message.size() + 10);
    CPPUNIT_ASSERT(!socket_->sendBinary("one more"));
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), socket_->queued());
    CPPUNIT_ASSERT(!end_);  // never inside a function
    CPPUNIT_ASSERT(until([this] { return end_.has_value(); }));
    CPPUNIT_ASSERT_EQUAL(std::string("the peer reads too slowly"), end_->reason);
    CPPUNIT_ASSERT(until([this] { return server_->connections() == 0; }));
  }

  void pausedPeerHasToWait() {
    connect();
    socket_->onMessage([this](WebSocketMessage message) {
      messages_.push_back(std::move(message.data));
      socket_->pause();
    });
    std::string all;
    for (int i = 0; i < 20; ++i) all += clientFrame(1, std::to_string(i));
    all += clientFrame(2, std::string(24U << 20, 'x'));
    peer_->send(all);
    for (std::size_t i = 1; i <= 20; ++i) {
      CPPUNIT_ASSERT(until([&] { return messages_.size() == i; }));
      test::turn(*loop_);
      CPPUNIT_ASSERT_EQUAL(i, messages_.size());
      if (i == 20) break;
      clock_->advance(*loop_, 1min);  // no pongs are expected meanwhile
      socket_->resume();
    }
    CPPUNIT_ASSERT_EQUAL(std::string("19"), messages_.back());
    CPPUNIT_ASSERT(!end_);
    CPPUNIT_ASSERT(peer_->unsent() > 0);
    socket_->resume();
    CPPUNIT_ASSERT(until([this] { return end_ && end_->code == 1009; }));
  }

  void endIsSeenAfterThePause() {
    connect();
    socket_->pause();
    peer_->send(clientFrame(1, "a") + clientFrame(1, "b"));
    peer_->finish();
    test::turn(*loop_, 20);
    CPPUNIT_ASSERT(messages_.empty() && !end_);
    socket_->resume();
    CPPUNIT_ASSERT(until([this] { return end_.has_value(); }));
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), messages_.size());
  }

  void unfinishedMessagesCountForTheBudget() {
    options_.limits.memoryBytes = 100U << 10;
    connect();
    const std::string most = clientFrame(2, std::string(200U << 10, 'x')).substr(0, 90U << 10);
    peer_->send(most);
    CPPUNIT_ASSERT(until([this] { return peer_->unsent() == 0; }));
    test::turn(*loop_, 20);
    CPPUNIT_ASSERT(!end_);
    peer_->send(std::string(20U << 10, 'x'));
    CPPUNIT_ASSERT(until([this] { return end_.has_value(); }));
    CPPUNIT_ASSERT_EQUAL(1006, end_->code);
  }

  void droppingItCloses() {
    connect();
    socket_->sendText("last");
    socket_.reset();
    expect(serverFrame(1, "last") + serverFrame(8, closeWith(1001)));
    peer_->send(clientFrame(1, "nobody") + clientFrame(8, closeWith(1001)));
    CPPUNIT_ASSERT(until([this] { return peer_->ended(); }));
    CPPUNIT_ASSERT(messages_.empty() && !end_);
    connect();  // the peer does not answer
    socket_.reset();
    expect(serverFrame(8, closeWith(1001)));
    clock_->advance(*loop_, 6s);
    CPPUNIT_ASSERT(until([this] { return peer_->ended(); }));
    CPPUNIT_ASSERT(until([this] { return server_->connections() == 0; }));
  }

  void callbackMayDropIt() {
    connect();
    socket_->onMessage([this, kept = std::string(64, 'x')](const WebSocketMessage&) {
      socket_.reset();
      messages_.push_back(kept);
    });
    peer_->send(clientFrame(1, "a") + clientFrame(1, "b"));
    expect(serverFrame(8, closeWith(1001)));
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), messages_.size());
    CPPUNIT_ASSERT_EQUAL(std::string(64, 'x'), messages_[0]);
    connect();
    bool closed = false;
    socket_->onClose([this, &closed](const WebSocketEnd&) {
      socket_.reset();
      closed = true;
    });
    peer_->send(clientFrame(8, ""));
    CPPUNIT_ASSERT(until([&closed] { return closed; }));
  }

  void callbackMayReplaceItself() {
    connect();
    socket_->onMessage([this, kept = std::string(64, 'x')](const WebSocketMessage&) {
      socket_->onMessage([this](const WebSocketMessage&) { messages_.emplace_back("second"); });
      messages_.push_back(kept);
    });
    peer_->send(clientFrame(1, "a") + clientFrame(1, "b"));
    CPPUNIT_ASSERT(until([this] { return messages_.size() == 2; }));
    CPPUNIT_ASSERT_EQUAL(std::string("second"), messages_[1]);
  }

  void callbackMayDestroyTheServer() {
    connect();
    socket_->onMessage([this](const WebSocketMessage& message) {
      server_.reset();
      messages_.push_back(message.data);
    });
    peer_->send(clientFrame(1, "a") + clientFrame(1, "b"));
    CPPUNIT_ASSERT(until([this] { return peer_->ended(); }));
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), messages_.size());
    connect();
    socket_->onMessage([this](const WebSocketMessage&) {
      server_.reset();
      socket_.reset();
    });
    socket_->pause();  // the same when it reads on after a pause
    peer_->send(clientFrame(1, "a") + clientFrame(1, "b"));
    test::turn(*loop_, 20);
    socket_->resume();
    CPPUNIT_ASSERT(until([this] { return peer_->ended(); }));
  }

  void mayOutliveTheServer() {
    connect();
    server_.reset();
    CPPUNIT_ASSERT(!socket_->sendText("x"));
    socket_->pause();
    socket_->resume();
    socket_->close();
    test::turn(*loop_);
    CPPUNIT_ASSERT(!end_);
    socket_.reset();
  }

  void stopClosesThem() {
    connect();
    server_->stop();
    expect(serverFrame(8, closeWith(1001, "the server stops")));
    peer_->send(clientFrame(8, closeWith(1001)));
    CPPUNIT_ASSERT(until([this] { return end_ && peer_->ended(); }));
    CPPUNIT_ASSERT_EQUAL(1001, end_->code);
    peer_->close();
    CPPUNIT_ASSERT(until([this] { return server_->connections() == 0; }));
  }

  void isInTheAccessLog() {
    std::vector<std::string> lines;
    options_.accessLog = [&lines](const std::string& line) { lines.push_back(line); };
    connect();
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), lines.size());
    CPPUNIT_ASSERT_MESSAGE(lines[0],
                           lines[0].find("\"GET /ws HTTP/1.1\" 101 0 ") != std::string::npos);
  }

 private:
  static std::string request(const std::string& more = "") {
    return "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
           more + "\r\n";
  }

  void keep(std::optional<WebSocket> socket) {
    CPPUNIT_ASSERT(socket);
    socket_ = std::make_unique<WebSocket>(std::move(*socket));
    socket_->onMessage([this](const WebSocketMessage& message) {
      messages_.push_back((message.binary ? "binary:" : "text:") + message.data);
    });
    socket_->onClose([this](const WebSocketEnd& end) { end_ = end; });
  }

  void open() {
    server_ = std::make_unique<WebServer>(*loop_, options_);
    server_->handle(
        "", "/ws",
        webSocketHandler([this](const WebRequest&, WebSocket socket) { keep(std::move(socket)); },
                         how_));
    server_->handle("GET", "/later", [this](WebRequest later, WebReply reply) {
      heldRequest_ = std::move(later);
      held_ = std::make_unique<WebReply>(std::move(reply));
    });
    const Status status = server_->start();
    CPPUNIT_ASSERT_MESSAGE(status.toString(), status.ok());
    peer_ = std::make_unique<test::RawPeer>(*loop_, server_->address());
  }

  // A WebSocket, with what was before forgotten.
  void connect() {
    end_.reset();
    messages_.clear();
    open();
    peer_->send(request());
    expect("\r\n\r\n");
    peer_->forget();
  }

  bool until(const std::function<bool()>& done) { return test::runUntil(*loop_, done); }

  void expect(std::string_view text) {
    const bool came = until([&] { return peer_->has(text); });
    CPPUNIT_ASSERT_MESSAGE(peer_->received(), came);
  }

  std::unique_ptr<test::ManualClock> clock_;
  std::unique_ptr<EventLoop> loop_;
  WebServerOptions options_;
  WebSocketOptions how_;
  std::unique_ptr<WebServer> server_;
  std::unique_ptr<test::RawPeer> peer_;
  std::unique_ptr<WebSocket> socket_;
  std::unique_ptr<WebReply> held_;
  WebRequest heldRequest_;
  std::vector<std::string> messages_;
  std::optional<WebSocketEnd> end_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(WebSocketTest);

}  // namespace evmicro

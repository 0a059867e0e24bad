// nginx and HAProxy in front of a gateway's proxy: WebSockets, server-sent events and HTTP/2.
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "gateway/http_proxy_fixture.h"
#include "peers/haproxy.h"
#include "peers/nginx.h"
#include "support/turn_until.h"
#include "web/web_socket_bytes.h"
#include "web/web_socket_frames.h"

namespace evmicro::gateway {

using std::chrono::milliseconds;
using test::clientFrame;
using test::closeWith;
using test::Haproxy;
using test::Nginx;
using test::serverFrame;

class FrontedGatewayTest final : public HttpProxyFixture {
  CPPUNIT_TEST_SUITE(FrontedGatewayTest);
  CPPUNIT_TEST(webSocketsPassThrough);
  CPPUNIT_TEST(messagesUpToTheLimitPassThrough);
  CPPUNIT_TEST(closeCodesPassThrough);
  CPPUNIT_TEST(sidesThatBreakOffAreNoticed);
  CPPUNIT_TEST(eventsArriveAsTheyAreSent);
  CPPUNIT_TEST(clientsThatLeaveEndTheirEvents);
  CPPUNIT_TEST(http2InFrontIsServed);
  CPPUNIT_TEST_SUITE_END();

 public:
  void webSocketsPassThrough() {
    throughEach([this] {
      upgrade("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n");
      exchange(clientFrame(1, "hello"), serverFrame(1, "hello"));
      exchange(clientFrame(9, "are you there"), serverFrame(10, "are you there"));
      // A ping between fragments.
      exchange(clientFrame(1, "in ", {false}) + clientFrame(9, "?") + clientFrame(0, "parts"),
               serverFrame(10, "?") + serverFrame(1, "in parts"));
    });
  }

  void messagesUpToTheLimitPassThrough() {
    const std::size_t most = WebSocketOptions().maxMessageBytes;
    throughEach([&] {
      upgrade();
      client_->send(clientFrame(2, std::string(most, 'x')));
      CPPUNIT_ASSERT(until([&] { return client_->received().size() == most + 10; }));
      client_->forget();
      exchange(clientFrame(2, std::string(most + 1, 'x')).substr(0, 2'000),
               std::string("\x03\xF1", 2));  // 1009
      CPPUNIT_ASSERT(until([this] { return client_->ended(); }));
    });
  }

  void closeCodesPassThrough() {
    throughEach([this] {
      upgrade();
      exchange(clientFrame(8, closeWith(4'001, "bye")), serverFrame(8, closeWith(4'001)));
      CPPUNIT_ASSERT(until([this] { return client_->ended(); }));
      connectAgain();
      upgrade();
      sockets_.back()->close(4'002, "from behind");
      expect(serverFrame(8, closeWith(4'002, "from behind")));
      client_->send(clientFrame(8, closeWith(4'002)));
      CPPUNIT_ASSERT(until([this] { return client_->ended(); }));
    });
  }

  void sidesThatBreakOffAreNoticed() {
    throughEach([this] {
      upgrade();
      std::optional<int> code;
      sockets_.back()->onClose([&code](const WebSocketEnd& end) { code = end.code; });
      client_->reset();
      CPPUNIT_ASSERT(until([&code] { return code.has_value(); }));
      CPPUNIT_ASSERT_EQUAL(1006, *code);
      connectAgain();
      upgrade();
      node_.reset();
      CPPUNIT_ASSERT(until([this] { return client_->ended(); }));
    });
  }

  // nginx would collect them, if it were not told.
  void eventsArriveAsTheyAreSent() {
    throughEach([this] {
      beginEvents();
      for (const char* event : {"data: 1\n\n", "data: 2\n\n"}) {
        events_->write(event);
        expect(event);
      }
    });
  }

  void clientsThatLeaveEndTheirEvents() {
    throughEach([this] {
      beginEvents();
      bool gone = false;
      events_->onGone([&gone] { gone = true; });
      events_->write("data: 1\n\n");
      expect("data: 1\n\n");
      client_->close();
      // HAProxy notices when it writes.
      for (int i = 0; i < 4'000 && !gone; ++i) {
        events_->write("data: 2\n\n");
        test::runFor(*loop_, milliseconds(5));
      }
      CPPUNIT_ASSERT(gone);
      events_.reset();
    });
  }

  void http2InFrontIsServed() {
    open();
    for (const char* location : {Nginx::kDefault, Nginx::kKept}) {
      const Nginx nginx(front_->address(), location, "http2");
      test::Process curl({test::peerProgram("curl", "curl"), "-sS", "-m", "20",
                          "--http2-prior-knowledge", "-w", " by HTTP/%{http_version}",
                          "http://" + nginx.address() + "/any"});
      // By real time: the clock of the fixture stands still.
      for (int i = 0; i < 4'000 && curl.running(); ++i) test::runFor(*loop_, milliseconds(5));
      ASSERT_REPORTED(curl.report(), curl.prints("ok by HTTP/2"));
    }
  }

 private:
  void throughEach(const std::function<void()>& check) {
    if (!detail::haveWebSocket()) return;
    {
      openNode();
      const Nginx nginx(front_->address(), Nginx::kUpgraded);
      through(nginx.address(), check);
    }
    openNode();
    const Haproxy haproxy(front_->address(), Haproxy::kHttp, "http-reuse always", "check inter 1s");
    through(haproxy.address(), check);
  }

  void through(const std::string& address, const std::function<void()>& check) {
    public_ = address;
    connectAgain();
    check();
    client_.reset();
    events_.reset();
    sockets_.clear();
  }

  void connectAgain() { client_ = std::make_unique<test::RawPeer>(*loop_, public_); }

  void upgrade(const std::string& headers = {}) {
    client_->send(
        "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
        headers + "\r\n");
    expect("\r\n\r\n");
    CPPUNIT_ASSERT_MESSAGE(client_->received(), client_->has("HTTP/1.1 101 "));
    CPPUNIT_ASSERT(!client_->has("permessage-deflate"));  // declined, if it was offered
    CPPUNIT_ASSERT(until([this] { return !sockets_.empty(); }));
    client_->forget();
  }

  void exchange(const std::string& sent, const std::string& answer) {
    client_->forget();
    client_->send(sent);
    expect(answer);
  }

  void beginEvents() {
    client_->send("GET /events HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n\r\n");
    CPPUNIT_ASSERT(until([this] { return events_ != nullptr; }));
    events_->begin(200, {{"Content-Type", "text/event-stream; charset=utf-8"}});
  }

  std::string public_;  // the address in front
};

CPPUNIT_TEST_SUITE_REGISTRATION(FrontedGatewayTest);

}  // namespace evmicro::gateway

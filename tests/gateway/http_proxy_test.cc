// Requests on their way through an HttpProxy: streaming, limits, and backends that misbehave.
#include "gateway/http_proxy_fixture.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/event_loop.h>
#include <evmicro/web_socket.h>

#include "http/raw_peer.h"
#include "support/manual_clock.h"
#include "support/scripted_server.h"
#include "support/temporary_folder.h"
#include "web/web_socket_frames.h"

namespace evmicro::gateway {

using namespace std::chrono_literals;
using test::ScriptedServer;

constexpr const char* kWebSocketRequest =
    "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

class HttpProxyTest final : public HttpProxyFixture {
  CPPUNIT_TEST_SUITE(HttpProxyTest);
  CPPUNIT_TEST(passesHeadsOn);
  CPPUNIT_TEST(headersOfTheConnectionStayHere);
  CPPUNIT_TEST(changesWhatItIsAskedTo);
  CPPUNIT_TEST(streamsTheRequest);
  CPPUNIT_TEST(streamsTheReply);
  CPPUNIT_TEST(eventsAreNotBufferedOnTheWay);
  CPPUNIT_TEST(slowClientSlowsTheBackendDown);
  CPPUNIT_TEST(slowBackendSlowsTheClientDown);
  CPPUNIT_TEST(repliesWithoutABody);
  CPPUNIT_TEST(replyUntilTheClose);
  CPPUNIT_TEST(usesConnectionsAgain);
  CPPUNIT_TEST(closedConnectionIsTriedAnew);
  CPPUNIT_TEST(requestWithABodyIsNotRepeated);
  CPPUNIT_TEST(backendThatIsAwayIs502);
  CPPUNIT_TEST(malformedReplyIs502);
  CPPUNIT_TEST(backendThatTakesTooLongIs504);
  CPPUNIT_TEST(backendThatDiesBreaksTheReply);
  CPPUNIT_TEST(earlyReplyEndsTheRequest);
  CPPUNIT_TEST(clientThatGoesEndsTheRequest);
  CPPUNIT_TEST(reachesUnixSockets);
  CPPUNIT_TEST(unaskedUpgradeIs502);
  CPPUNIT_TEST(otherProtocolThanAWebSocketIs502);
  CPPUNIT_TEST(webSocketsAreTheOnlyUpgrades);
  CPPUNIT_TEST(webSocketsUseNewConnections);
  CPPUNIT_TEST(mayBeDestroyedAtAnyTime);
  CPPUNIT_TEST(headsAreNotHeldBack);
  CPPUNIT_TEST(connectionsAreKeptWhenTheReplyIsQuick);
  CPPUNIT_TEST_SUITE_END();

 public:
  void passesHeadsOn() {
    script_ = [](const ScriptedServer::Request&) {
      return ScriptedServer::reply(207, "reply", "Set-Cookie: a\r\nSet-Cookie: b\r\n");
    };
    open();
    client_->send("PUT /a%20b?c=d HTTP/1.1\r\nHost: me\r\nContent-Length: 4\r\n\r\nbody");
    expect("reply");
    CPPUNIT_ASSERT(client_->has("HTTP/1.1 207 "));
    CPPUNIT_ASSERT(client_->has("Content-Length: 5\r\n"));
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), client_->count("Set-Cookie: a\r\n"));
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), client_->count("Set-Cookie: b\r\n"));
    const ScriptedServer::Request& seen = backend_->requests()[0];
    CPPUNIT_ASSERT_EQUAL(std::string("PUT"), seen.method);
    CPPUNIT_ASSERT_EQUAL(std::string("/a%20b?c=d"), seen.target);
    CPPUNIT_ASSERT_EQUAL(std::string("body"), seen.body);
    CPPUNIT_ASSERT_EQUAL(std::string("me"), seen.header("Host"));
    CPPUNIT_ASSERT_EQUAL(std::string("127.0.0.1"), seen.header("X-Forwarded-For"));
    CPPUNIT_ASSERT_EQUAL(std::string("me"), seen.header("X-Forwarded-Host"));
    CPPUNIT_ASSERT_EQUAL(std::string("http"), seen.header("X-Forwarded-Proto"));
  }

  // They wait for the first part of the body no longer than a turn.
  void headsAreNotHeldBack() {
    openNode();
    client_->send("POST /in HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n");
    CPPUNIT_ASSERT(until([this] { return body_ != nullptr; }));
    client_->send("abc");
    expect("took 3");
    client_->forget();
    client_->send("GET /events HTTP/1.1\r\nHost: h\r\n\r\n");
    CPPUNIT_ASSERT(until([this] { return events_ != nullptr; }));
    events_->begin(200, {{"X-Early", "1"}});
    expect("X-Early: 1\r\n");
    expect("\r\n\r\n");
    events_->write("first");
    expect("first");
  }

  void connectionsAreKeptWhenTheReplyIsQuick() {
    openNode();
    for (int i = 0; i < 20; ++i) {
      taken_.clear();
      client_->send("POST /in HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
      expect("took 3");
      client_->forget();
    }
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, node_->stats().accepted);
  }

  void headersOfTheConnectionStayHere() {
    script_ = [](const ScriptedServer::Request&) {
      return ScriptedServer::reply(200, "ok",
                                   "Connection: X-Own\r\nX-Own: 1\r\nKeep-Alive: timeout=9\r\n"
                                   "Upgrade: h2\r\nX-End: 1\r\n");
    };
    open();
    client_->send(
        "GET http://elsewhere:1/x HTTP/1.1\r\nHost: me\r\nConnection: keep-alive, X-Drop\r\n"
        "x-drop: 1\r\nTE: trailers\r\nProxy-Authorization: p\r\nKeep-Alive: 1\r\nUpgrade: h2c\r\n"
        "X-Forwarded-For: 10.0.0.1\r\nX-Forwarded-Proto: https\r\nX-Stay: 1\r\n\r\n");
    expect("ok");
    for (const char* const name : {"X-Own", "Keep-Alive", "Upgrade"}) {
      CPPUNIT_ASSERT(!client_->has(name));
    }
    CPPUNIT_ASSERT(client_->has("X-End: 1\r\n"));
    const ScriptedServer::Request& seen = backend_->requests()[0];
    CPPUNIT_ASSERT_EQUAL(std::string("/x"), seen.target);
    for (const char* const name :
         {"X-Drop", "Te", "Proxy-Authorization", "Keep-Alive", "Upgrade", "Connection"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, std::string(), seen.header(name));
    }
    CPPUNIT_ASSERT_EQUAL(std::string("1"), seen.header("X-Stay"));
    CPPUNIT_ASSERT_EQUAL(std::string("10.0.0.1, 127.0.0.1"), seen.header("X-Forwarded-For"));
    CPPUNIT_ASSERT_EQUAL(std::string("http"), seen.header("X-Forwarded-Proto"));
  }

  void changesWhatItIsAskedTo() {
    forward_.target = "/rest?x";
    forward_.host = "node";
    forward_.headers = {{"X-Micro-Web-Base-Path", "/p"}};
    open();
    client_->send("GET /p/rest?x HTTP/1.1\r\nHost: me\r\nx-micro-web-base-path: /evil\r\n\r\n");
    expect("ok");
    const ScriptedServer::Request& seen = backend_->requests()[0];
    CPPUNIT_ASSERT_EQUAL(std::string("/rest?x"), seen.target);
    CPPUNIT_ASSERT_EQUAL(std::string("node"), seen.header("Host"));
    CPPUNIT_ASSERT_EQUAL(std::string("me"), seen.header("X-Forwarded-Host"));
    CPPUNIT_ASSERT_EQUAL(std::string("/p"), seen.header("X-Micro-Web-Base-Path"));
    CPPUNIT_ASSERT(seen.head.find("evil") == std::string::npos);
  }

  void streamsTheRequest() {
    openNode();
    client_->send("POST /in HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    CPPUNIT_ASSERT(until([this] { return taken_ == "abc"; }));
    client_->send("2\r\nde\r\n0\r\n\r\n");
    expect("took 5");
    client_->send("POST /in HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nfg");
    CPPUNIT_ASSERT(until([this] { return taken_ == "abcdefg"; }));
    client_->send("hi");
    expect("took 9");
  }

  void streamsTheReply() {
    openNode();
    client_->send("GET /events HTTP/1.1\r\nHost: h\r\n\r\n");
    CPPUNIT_ASSERT(until([this] { return events_ != nullptr; }));
    events_->begin(200, {{"Content-Type", "text/event-stream"}});
    events_->write("data: 1\n\n");
    expect("data: 1\n\n");
    events_->write("data: 2\n\n");
    expect("data: 2\n\n");
    events_->end();
    expect("0\r\n\r\n");
    CPPUNIT_ASSERT(client_->has("Transfer-Encoding: chunked\r\n"));
  }

  // nginx in front is told so, unless the backend has.
  void eventsAreNotBufferedOnTheWay() {
    const std::pair<const char*, std::size_t> cases[] = {
        {"Content-Type: text/event-stream\r\n", 1},
        {"Content-Type: Text/Event-Stream; charset=utf-8\r\n", 1},
        {"Content-Type: text/event-stream\r\nX-Accel-Buffering: yes\r\n", 0},
        {"Content-Type: text/event-streams\r\n", 0},
        {"", 0}};
    for (const auto& [headers, times] : cases) {
      script_ = [headers = headers](const ScriptedServer::Request&) {
        return ScriptedServer::reply(200, "ok", headers);
      };
      open();
      client_->send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
      expect("ok");
      CPPUNIT_ASSERT_EQUAL_MESSAGE(headers, times, client_->count("X-Accel-Buffering: no\r\n"));
    }
  }

  void slowClientSlowsTheBackendDown() {
    openNode();
    client_->stopReading();
    client_->send("GET /events HTTP/1.1\r\nHost: h\r\n\r\n");
    CPPUNIT_ASSERT(until([this] { return events_ != nullptr; }));
    const std::string piece(256U << 10, 'x');
    events_->begin(200, {}, 200 * piece.size());
    bool writable = true;
    int written = 0;
    events_->onWritable([&writable] { writable = true; });
    while (until([&] { return writable; }, 300ms)) {
      CPPUNIT_ASSERT(++written < 200);
      writable = events_->write(piece);
    }
    client_->startReading();
    while (written < 200) {
      CPPUNIT_ASSERT(until([&] { return writable; }));
      writable = events_->write(piece);
      ++written;
    }
    events_->end();
    CPPUNIT_ASSERT(until([&] { return client_->received().size() > 200 * piece.size(); }));
  }

  void slowBackendSlowsTheClientDown() {
    openNode();
    pauseNode_ = true;
    const std::size_t size = 64U << 20;
    client_->send("POST /in HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(size) +
                  "\r\n\r\n");
    CPPUNIT_ASSERT(until([this] { return body_ != nullptr; }));
    client_->send(std::string(size, 'x'));
    test::turn(*loop_, 300);
    CPPUNIT_ASSERT(client_->unsent() > 0);
    body_->resume();
    expect("took " + std::to_string(size));
  }

  void repliesWithoutABody() {
    script_ = [](const ScriptedServer::Request& request) -> ScriptedServer::Reply {
      if (request.method == "HEAD") return {"HTTP/1.1 200 OK\r\nContent-Length: 70\r\n\r\n"};
      if (request.target == "/304") return {"HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n"};
      if (request.target == "/100") {
        return {"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"};
      }
      return {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"};
    };
    open();
    client_->send(
        "HEAD / HTTP/1.1\r\nHost: h\r\n\r\nGET /304 HTTP/1.1\r\nHost: h\r\n\r\n"
        "GET /100 HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n");
    expect("Content-Length: 0\r\n\r\n");
    CPPUNIT_ASSERT_EQUAL(std::string("HTTP/1.1 200 OK\r\nContent-Length: 70\r\n\r\n"
                                     "HTTP/1.1 304 Not Modified\r\nEtag: \"x\"\r\n\r\n"
                                     "HTTP/1.1 204 No Content\r\n\r\n"
                                     "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
                         client_->received());
    CPPUNIT_ASSERT_EQUAL(1, backend_->accepted());
  }

  void replyUntilTheClose() {
    script_ = [](const ScriptedServer::Request&) -> ScriptedServer::Reply {
      return {"HTTP/1.0 200 OK\r\n\r\nuntil the close", ScriptedServer::Then::kClose};
    };
    open();
    client_->send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    expect("f\r\nuntil the close\r\n0\r\n\r\n");
    client_->send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    CPPUNIT_ASSERT(until([this] { return client_->count("until the close") == 2; }));
    CPPUNIT_ASSERT_EQUAL(2, backend_->accepted());
  }

  void usesConnectionsAgain() {
    open();
    for (std::size_t i = 1; i <= 5; ++i) {
      client_->send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx");
      CPPUNIT_ASSERT(until([&] { return client_->count("\r\n\r\nok") == i; }));
    }
    CPPUNIT_ASSERT_EQUAL(1, backend_->accepted());
    clock_->advance(*loop_, 31s);  // idle for too long
    CPPUNIT_ASSERT(until([this] { return backend_->open() == 0; }));
  }

  void closedConnectionIsTriedAnew() {
    int requests = 0;
    script_ = [&requests](const ScriptedServer::Request&) -> ScriptedServer::Reply {
      if (++requests == 2) return {"", ScriptedServer::Then::kClose};
      return ScriptedServer::reply(200, "ok" + std::to_string(requests));
    };
    open();
    client_->send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    expect("ok1");
    client_->send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    expect("ok3");
    CPPUNIT_ASSERT_EQUAL(2, backend_->accepted());
  }

  void requestWithABodyIsNotRepeated() {
    int requests = 0;
    script_ = [&requests](const ScriptedServer::Request&) -> ScriptedServer::Reply {
      if (++requests == 2) return {"", ScriptedServer::Then::kClose};
      return ScriptedServer::reply(200, "ok");
    };
    open();
    client_->send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    expect("ok");
    client_->send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx");
    expect("HTTP/1.1 502 ");
    CPPUNIT_ASSERT_EQUAL(2, requests);
  }

  void backendThatIsAwayIs502() {
    open("127.0.0.1:1");
    client_->send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    expect("connection refused");
    CPPUNIT_ASSERT(client_->has("HTTP/1.1 502 Bad Gateway\r\n"));
    client_->forget();
    client_->send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");  // the connection goes on
    expect("HTTP/1.1 502 ");
    address_ = "nonsense";
    client_->send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    CPPUNIT_ASSERT(until([this] { return client_->count("HTTP/1.1 502 ") == 2; }));
  }

  void malformedReplyIs502() {
    for (const char* const bytes :
         {"nonsense\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
          "HTTP/1.1 200 OK\r\nbad\r\n\r\n"}) {
      script_ = [bytes](const ScriptedServer::Request&) -> ScriptedServer::Reply {
        return {bytes};
      };
      open();
      client_->send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
      expect("HTTP/1.1 502 ");
    }
  }

  void backendThatTakesTooLongIs504() {
    limits_.replyTimeout = 10s;
    script_ = [](const ScriptedServer::Request&) -> ScriptedServer::Reply { return {}; };
    open();
    client_->send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    CPPUNIT_ASSERT(until([this] { return backend_->requests().size() == 1; }));
    clock_->advance(*loop_, 9'990ms);
    CPPUNIT_ASSERT_EQUAL(std::string(), client_->received());
    clock_->advance(*loop_, 20ms);
    expect("HTTP/1.1 504 ");
    CPPUNIT_ASSERT(until([this] { return backend_->open() == 0; }));
  }

  void backendThatDiesBreaksTheReply() {
    for (const char* const bytes :
         {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"}) {
      script_ = [bytes](const ScriptedServer::Request&) -> ScriptedServer::Reply {
        return {bytes, ScriptedServer::Then::kClose};
      };
      open();
      client_->send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
      CPPUNIT_ASSERT(until([this] { return client_->ended(); }));
      CPPUNIT_ASSERT(!client_->has("\r\n0\r\n"));
      CPPUNIT_ASSERT_EQUAL(std::size_t(0), client_->count("502"));
    }
  }

  void earlyReplyEndsTheRequest() {
    openNode();
    client_->send("POST /refuse HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nabc");
    expect("refused");
    CPPUNIT_ASSERT(client_->has("HTTP/1.1 413 "));
    CPPUNIT_ASSERT(until([this] { return client_->ended(); }));
    CPPUNIT_ASSERT(until([this] { return node_->connections() == 0; }));
  }

  void clientThatGoesEndsTheRequest() {
    openNode();
    client_->send("GET /events HTTP/1.1\r\nHost: h\r\n\r\n");
    CPPUNIT_ASSERT(until([this] { return events_ != nullptr; }));
    bool gone = false;
    events_->onGone([&gone] { gone = true; });
    client_->reset();
    CPPUNIT_ASSERT(until([&gone] { return gone; }));
    open(node_->address());
    client_->send("POST /in HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc");
    CPPUNIT_ASSERT(until([this] { return taken_ == "abc"; }));
    client_->reset();
    CPPUNIT_ASSERT(until([this] { return broken_; }));
  }

  void reachesUnixSockets() {
    const test::TemporaryFolder folder;
    openNode(folder.socket("node"));
    client_->send("POST /in HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
    expect("took 3");
  }

  void unaskedUpgradeIs502() {
    script_ = [](const ScriptedServer::Request&) -> ScriptedServer::Reply {
      return {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nbytes"};
    };
    open();
    client_->send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    expect("HTTP/1.1 502 ");
    CPPUNIT_ASSERT(!client_->has("bytes"));
  }

  void otherProtocolThanAWebSocketIs502() {
    for (const std::string upgrade : {"", "Upgrade: h2c\r\n"}) {
      script_ = [&upgrade](const ScriptedServer::Request&) -> ScriptedServer::Reply {
        return {"HTTP/1.1 101 Switching Protocols\r\n" + upgrade + "\r\nbytes"};
      };
      open();
      client_->send(kWebSocketRequest);
      expect("101 to no WebSocket");
      CPPUNIT_ASSERT(!client_->has("bytes"));
    }
  }

  // In a tunnel of HTTP/2 a client would reach what the gateway protects.
  void webSocketsAreTheOnlyUpgrades() {
    open();
    for (const char* const upgrade : {"h2c", "x", "websockets"}) {
      client_->send(
          std::string("GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                      "HTTP2-Settings: AAMAAABkAAQAoAAA\r\nUpgrade: ") +
          upgrade + "\r\n\r\n");
    }
    client_->send(
        "POST / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    client_->send(
        "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c, WebSocket\r\n\r\n");
    CPPUNIT_ASSERT(until([this] { return backend_->requests().size() == 5; }));
    for (int i = 0; i < 4; ++i) {
      const ScriptedServer::Request& request = backend_->requests()[i];
      for (const char* const name : {"Upgrade", "Connection", "Http2-Settings"}) {
        CPPUNIT_ASSERT_EQUAL_MESSAGE(name, std::string(), request.header(name));
      }
    }
    CPPUNIT_ASSERT_EQUAL(std::string("websocket"), backend_->requests()[4].header("Upgrade"));
  }

  // A connection that was kept may be closing, and what follows the request cannot be sent again.
  void webSocketsUseNewConnections() {
    open();
    client_->send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    expect("ok");
    client_->send(kWebSocketRequest);
    CPPUNIT_ASSERT(until([this] { return backend_->requests().size() == 2; }));
    CPPUNIT_ASSERT_EQUAL(2, backend_->requests()[1].connection);
  }

  void mayBeDestroyedAtAnyTime() {
    for (int step = 0; step < 4; ++step) {
      openNode();
      if (step == 0 && !detail::haveWebSocket()) continue;
      if (step == 0) upgrade();
      if (step == 1) client_->send("GET /events HTTP/1.1\r\nHost: h\r\n\r\n");
      if (step == 2) {
        client_->send("POST /in HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc");
        CPPUNIT_ASSERT(until([this] { return taken_ == "abc"; }));
      }
      if (step == 3) client_->send("GET /events HTTP/1.1\r\nHost: h\r\n\r\n");
      if (step % 2 == 1) {
        CPPUNIT_ASSERT(until([this] { return events_ != nullptr; }));
        events_->begin(200, {});
        events_->write("x");
        expect("x");
      }
      if (step == 3) front_.reset();  // the other order
      proxy_.reset();
      CPPUNIT_ASSERT(until([this] { return client_->ended() || client_->has("HTTP/1.1 500 "); }));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HttpProxyTest);

}  // namespace evmicro::gateway

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/event_loop.h>
#include <evmicro/web_server.h>
#include <evmicro/web_socket.h>

#include "gateway/http_proxy.h"
#include "http/raw_peer.h"
#include "support/manual_clock.h"
#include "support/scripted_server.h"
#include "support/turn_until.h"

namespace evmicro::gateway {

using test::ScriptedServer;

/// An HttpProxy between a client and a backend, which is a script or a server for streams.
class HttpProxyFixture : public CppUnit::TestFixture {
 public:
  void setUp() override {
    clock_ = std::make_unique<test::ManualClock>();
    loop_ = std::make_unique<EventLoop>();
    limits_ = HttpProxyOptions();
    forward_ = ForwardOptions();
    tlsNode_.reset();
    script_ = [](const ScriptedServer::Request&) { return ScriptedServer::reply(200, "ok"); };
  }

  void tearDown() override {
    client_.reset();
    proxy_.reset();
    front_.reset();
    node_.reset();
    backend_.reset();
    loop_.reset();
    clock_.reset();
  }

 protected:
  // The proxy, in front of `address`.
  void open(const std::string& address) {
    address_ = address;
    client_.reset();
    proxy_.reset();
    WebServerOptions options;
    options.address = "127.0.0.1:0";
    front_ = std::make_unique<WebServer>(*loop_, options);
    proxy_ = std::make_unique<HttpProxy>(*loop_, limits_);
    front_->handleStreamed("", "/{path...}",
                           [this](WebRequest request, WebBody body, WebReply reply) {
                             proxy_->forward(backend(), std::move(request), std::move(body),
                                             std::move(reply), forward_);
                           });
    CPPUNIT_ASSERT(front_->start().ok());
    client_ = std::make_unique<test::RawPeer>(*loop_, front_->address());
  }

  void open() {
    backend_ = std::make_unique<ScriptedServer>(*loop_, script_);
    open(backend_->address());
  }

  HttpBackend backend() const {
    return tlsNode_ ? HttpBackend(address_, *tlsNode_) : HttpBackend(address_);
  }

  // In front of a server that takes and gives streams.
  void openNode(const std::string& address = "127.0.0.1:0", const TlsOptions& tls = {}) {
    taken_.clear();
    events_.reset();
    body_.reset();
    WebServerOptions options;
    options.address = address;
    options.limits.tls = tls;
    node_ = std::make_unique<WebServer>(*loop_, options);
    node_->handleStreamed("POST", "/in", [this](const WebRequest&, WebBody body, WebReply reply) {
      body_ = std::make_unique<WebBody>(std::move(body));
      body_->onPart([this](std::string_view part) { taken_ += part; });
      const auto kept = std::make_shared<WebReply>(std::move(reply));
      body_->onEnd([this, kept](const Status& how) {
        broken_ = !how.ok();
        if (how.ok()) kept->send(200, {}, "took " + std::to_string(taken_.size()));
      });
      if (pauseNode_) body_->pause();
    });
    node_->handle("GET", "/events", [this](const WebRequest&, WebReply reply) {
      events_ = std::make_unique<WebReply>(std::move(reply));
    });
    node_->handleStreamed("POST", "/refuse", [](const WebRequest&, const WebBody&, WebReply reply) {
      reply.send(413, {}, "refused");
    });
    node_->handle("GET", "/ws", webSocketHandler([this](const WebRequest&, WebSocket socket) {
                    sockets_.push_back(std::make_shared<WebSocket>(std::move(socket)));
                    WebSocket& own = *sockets_.back();
                    own.onMessage([&own](const WebSocketMessage& message) {
                      const bool more = message.binary ? own.sendBinary(message.data)
                                                       : own.sendText(message.data);
                      if (!more) own.pause();
                    });
                    own.onWritable([&own] { own.resume(); });
                  }));
    const Status status = node_->start();
    CPPUNIT_ASSERT_MESSAGE(status.toString(), status.ok());
    open(node_->address());
  }

  void upgrade() {
    client_->send(
        "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    expect("\r\n\r\n");
    CPPUNIT_ASSERT(client_->has("HTTP/1.1 101 Switching Protocols\r\n"));
  }

  bool until(const std::function<bool()>& done,
             std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    return test::turnUntil(*loop_, done, limit);
  }

  void expect(std::string_view text) {
    const bool came = until([&] { return client_->has(text); });
    CPPUNIT_ASSERT_MESSAGE(client_->received().substr(0, 1'000), came);
  }

  std::unique_ptr<test::ManualClock> clock_;
  std::unique_ptr<EventLoop> loop_;
  HttpProxyOptions limits_;
  ForwardOptions forward_;
  ScriptedServer::Script script_;
  std::string address_;
  std::optional<std::string> tlsNode_;  // its id, if it is reached by TLS
  std::unique_ptr<ScriptedServer> backend_;
  std::unique_ptr<WebServer> node_;
  std::unique_ptr<WebServer> front_;
  std::unique_ptr<HttpProxy> proxy_;
  std::unique_ptr<test::RawPeer> client_;
  std::string taken_;
  std::unique_ptr<WebBody> body_;
  std::unique_ptr<WebReply> events_;
  std::vector<std::shared_ptr<WebSocket>> sockets_;
  bool pauseNode_ = false;
  bool broken_ = false;
};

}  // namespace evmicro::gateway

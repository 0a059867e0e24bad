#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/event_loop.h>

#include "http/raw_peer.h"
#include "http/server.h"
#include "support/manual_clock.h"

namespace evmicro::test {

/// What the suites of HttpServer share: a clock that stands still, a loop, a server whose observer
/// is a function, and the check that nothing is left open.
class HttpServerFixture : public CppUnit::TestFixture, public detail::HttpServer::Observer {
 public:
  void setUp() override {
    descriptors_ = openDescriptors();
    clock_ = std::make_unique<ManualClock>();
    loop_ = std::make_unique<EventLoop>();
    handle_ = [](detail::HttpExchange exchange) {
      std::string text = exchange.method() + " " + exchange.path();
      if (!exchange.query().empty()) text += " ?" + exchange.query();
      text += " [" + exchange.message().body.toString() + "]";
      exchange.reply(200, {{"Content-Type", "text/plain"}}, text);
    };
    seen_.clear();
    failure_.reset();
  }

  void tearDown() override {
    held_.clear();
    peers_.clear();
    server_.reset();
    loop_.reset();
    clock_.reset();
    CPPUNIT_ASSERT_EQUAL(descriptors_, openDescriptors());
  }

  void onRequest(detail::HttpExchange exchange) override {
    seen_.push_back(exchange.method() + " " + exchange.path());
    handle_(std::move(exchange));
  }
  void onServerFailure(Status why) override { failure_ = std::move(why); }

 protected:
  void open(detail::HttpServerOptions options = {}) {
    auto server = detail::HttpServer::open(*loop_, "127.0.0.1:0", options, *this);
    CPPUNIT_ASSERT_MESSAGE(server.status().toString(), server.ok());
    server_ = std::move(*server);
  }
  RawPeer& connect() {
    peers_.push_back(std::make_unique<RawPeer>(*loop_, server_->address()));
    return *peers_.back();
  }
  bool until(const std::function<bool()>& done) { return runUntil(*loop_, done); }
  void pass(std::chrono::nanoseconds time) { clock_->advance(*loop_, time); }
  /// Waits until `peer` has received `text`.
  void expect(const RawPeer& peer, const std::string& text) {
    const bool came = until([&] { return peer.has(text) || peer.ended(); });
    CPPUNIT_ASSERT_MESSAGE("waiting for \"" + text + "\", got:\n" + peer.received(),
                           came && peer.has(text));
  }
  void expectEnd(const RawPeer& peer) {
    CPPUNIT_ASSERT_MESSAGE("still open, got:\n" + peer.received(),
                           until([&] { return peer.ended(); }));
  }
  /// The server still serves others.
  void expectAlive() {
    RawPeer& peer = connect();
    const auto handle = std::exchange(
        handle_, [](detail::HttpExchange exchange) { exchange.reply(200, {}, "alive"); });
    peer.send("GET /alive HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(peer, "alive");
    handle_ = handle;
  }

  std::size_t descriptors_ = 0;
  std::unique_ptr<ManualClock> clock_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<detail::HttpServer> server_;
  std::function<void(detail::HttpExchange)> handle_;
  std::vector<std::string> seen_;  // what reached the handler
  std::optional<Status> failure_;
  std::vector<std::unique_ptr<RawPeer>> peers_;
  std::vector<detail::HttpExchange> held_;
};

}  // namespace evmicro::test

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/event_loop.h>
#include <evmicro/memory_registry.h>
#include <evmicro/service.h>

#include "http/raw_peer.h"

namespace evmicro::test {

/// Services on one loop with a memory registry, and requests to a gateway before them.
class GatewayFixture : public CppUnit::TestFixture {
 public:
  void setUp() override {
    loop_ = std::make_unique<EventLoop>();
    registry_ = makeMemoryRegistry(*loop_);
  }

  void tearDown() override {
    registry_.reset();
    loop_.reset();
  }

 protected:
  ServiceOptions options(const std::string& name) {
    ServiceOptions options;
    options.name = name;
    options.own.registry = registry_;
    options.server.address = "127.0.0.1:0";
    options.server.grace = std::chrono::milliseconds(0);
    return options;
  }

  void run(Service& service) {
    std::optional<Status> started;
    const Call call = service.start([&started](Status status) { started = std::move(status); });
    CPPUNIT_ASSERT(until([&started] { return started.has_value(); }));
    CPPUNIT_ASSERT_MESSAGE(started->toString(), started->ok());
  }

  void announce(const std::string& name, const std::string& address,
                const std::map<std::string, std::string>& metadata = {},
                std::vector<Endpoint> endpoints = {}) {
    const std::size_t colon = address.rfind(':');
    ServiceInfo info;
    info.name = name;
    info.version = "1";
    info.endpoints = std::move(endpoints);
    info.nodes.push_back({name + "-1", address.substr(0, colon),
                          static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))),
                          metadata});
    std::optional<Status> done;
    const Call call =
        registry_->registerService(info, {}, [&done](Status status) { done = std::move(status); });
    CPPUNIT_ASSERT(until([&done] { return done.has_value(); }));
  }

  // Status, content type and body of the reply to a request whose head has no end yet.
  std::string ask(const std::string& address, const std::string& head, const std::string& body = {},
                  const std::string& connection = "close") {
    RawPeer peer(*loop_, address);
    peer.send(head + "Connection: " + connection + "\r\n\r\n" + body);
    CPPUNIT_ASSERT(until([&peer] { return peer.ended(); }));
    last_ = peer.received();
    const std::size_t end = last_.find("\r\n\r\n");
    CPPUNIT_ASSERT_MESSAGE(last_, last_.size() > 12 && end != std::string::npos);
    const std::string name = "\r\nContent-Type: ";
    const std::size_t at = last_.find(name);
    const std::string type =
        at < end ? last_.substr(at + name.size(), last_.find("\r\n", at + 2) - at - name.size())
                 : "";
    return last_.substr(9, 3) + " " + type + " " + last_.substr(end + 4);
  }

  // A request for a WebSocket, and the 101.
  static std::string handshake(const std::string& path, const std::string& headers = {}) {
    return "GET " + path +
           " HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
           headers + "\r\n";
  }
  void upgrade(RawPeer& peer, const std::string& path, const std::string& headers = {}) {
    peer.send(handshake(path, headers));
    CPPUNIT_ASSERT(until([&peer] { return peer.has("\r\n\r\n"); }));
    CPPUNIT_ASSERT_MESSAGE(peer.received(), peer.has("HTTP/1.1 101 "));
    peer.forget();
  }

  bool until(const std::function<bool()>& done) { return runUntil(*loop_, done); }

  std::unique_ptr<EventLoop> loop_;
  std::shared_ptr<Registry> registry_;  // of all services
  std::string last_;                    // reply
};

}  // namespace evmicro::test

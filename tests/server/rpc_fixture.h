#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/client.h>
#include <evmicro/event_loop.h>
#include <evmicro/http_transport.h>
#include <evmicro/memory_registry.h>
#include <evmicro/server.h>
#include <evmicro/service_view.h>

#include "http/raw_peer.h"
#include "server/debug.pb.h"

namespace evmicro::test {

/// A message with one string, of the library's own.
using Text = detail::HealthResponse;

inline Text text(const std::string& value) {
  Text message;
  message.set_status(value);
  return message;
}

/// A server and a client on one loop, over http unless a suite has another transport, and a
/// registry in memory.
class RpcFixture : public CppUnit::TestFixture {
 public:
  void setUp() override {
    descriptors_ = openDescriptors();
    loop_ = std::make_unique<EventLoop>();
    transport_ = makeTransport();
    registry_ = makeMemoryRegistry(*loop_);
    view_ = std::make_unique<ServiceView>(*loop_, *registry_);
    selector_ = makeRandomSelector(*view_);
    makeServer({});
    client_ = std::make_unique<Client>(*loop_, *transport_, *selector_, ClientOptions());
  }

  void tearDown() override {
    peers_.clear();
    client_.reset();
    server_.reset();
    selector_.reset();
    view_.reset();
    registry_.reset();
    transport_.reset();
    loop_.reset();
    CPPUNIT_ASSERT_EQUAL(descriptors_, openDescriptors());
  }

 protected:
  virtual std::unique_ptr<Transport> makeTransport() { return makeHttpTransport(*loop_); }

  void makeServer(ServerOptions options) {
    options.name = "echo";
    options.address = "127.0.0.1:0";
    server_ = std::make_unique<Server>(*loop_, *transport_, *registry_, options);
  }

  void start() {
    std::optional<Status> started;
    server_->start([&started](Status status) { started = std::move(status); });
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return started.has_value(); }));
    CPPUNIT_ASSERT_MESSAGE(started->toString(), started->ok());
  }

  void stop() {
    bool stopped = false;
    server_->stop([&stopped](Status) { stopped = true; });
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return stopped; }));
  }

  Result<Text> call(const std::string& method, const std::string& value, CallOptions options = {},
                    const Context& context = Context()) {
    return client_->call<Text>(context, "echo", method, text(value), std::move(options));
  }

  /// Another node of the service that is called.
  void announce(const std::string& id, int port, const std::string& host = "127.0.0.1") {
    ServiceInfo service;
    service.name = "echo";
    service.version = "1";
    Node node;
    node.id = id;
    node.address = host;
    node.port = static_cast<std::uint16_t>(port);
    service.nodes.push_back(node);
    bool done = false;
    const Call call = registry_->registerService(service, {}, [&done](Status) { done = true; });
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return done; }));
  }

  RawPeer& connect() {
    peers_.push_back(std::make_unique<RawPeer>(*loop_, server_->address()));
    return *peers_.back();
  }

  /// A json-rpc call as one HTTP request.
  static std::string request(const std::string& body, const std::string& headers = {},
                             const std::string& contentType = "application/json") {
    return "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: " + contentType + "\r\n" + headers +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  bool receives(RawPeer& peer, const std::string& part, std::size_t times = 1) {
    return runUntil(*loop_, [&] { return peer.count(part) >= times; });
  }
  bool ends(RawPeer& peer) {
    return runUntil(*loop_, [&] { return peer.ended(); });
  }

  std::size_t descriptors_ = 0;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<Registry> registry_;
  std::unique_ptr<ServiceView> view_;
  std::unique_ptr<Selector> selector_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<Client> client_;
  std::vector<std::unique_ptr<RawPeer>> peers_;
};

}  // namespace evmicro::test

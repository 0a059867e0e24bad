#pragma once

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

#include <google/protobuf/wrappers.pb.h>

#include <evmicro/client.h>
#include <evmicro/event_loop.h>
#include <evmicro/memory_registry.h>
#include <evmicro/memory_transport.h>
#include <evmicro/selector.h>
#include <evmicro/server.h>
#include <evmicro/service_view.h>

namespace guard {

using Text = google::protobuf::StringValue;

/// Throws std::runtime_error unless it is the reply to "John".
inline void check(const evmicro::Result<Text>& reply) {
  if (!reply.ok()) throw std::runtime_error(reply.status().toString());
  if (reply->value() != "Hello John") throw std::runtime_error("wrong reply");
}

/// A server of `Greeter.Hello` that has started, and a client, on one loop by the memory transport.
class Greeter {
 public:
  Greeter() : server_(loop_, *transport_, *registry_, options()) {
    server_.handle<Text, Text>("Greeter.Hello",
                               [](evmicro::Context&, const Text& request, Text& response) {
                                 response.set_value("Hello " + request.value());
                                 return evmicro::Status();
                               });
    bool started = false;
    server_.start([&started](const evmicro::Status& status) {
      if (!status.ok()) throw std::runtime_error(status.toString());
      started = true;
    });
    if (!loop_.runUntil([&started] { return started; }).ok()) throw std::runtime_error("stopped");
  }

  evmicro::EventLoop& loop() noexcept { return loop_; }
  evmicro::Client& client() noexcept { return client_; }

 private:
  static evmicro::ServerOptions options() {
    evmicro::ServerOptions options;
    options.name = "greeter";
    options.id = "guard";
    options.address = "guard:1";
    options.advertise = "guard:1";
    options.registerTtl = std::chrono::milliseconds(0);
    options.registerInterval = std::chrono::hours(1);
    return options;
  }

  evmicro::EventLoop loop_;
  const std::unique_ptr<evmicro::Transport> transport_ = evmicro::makeMemoryTransport(loop_);
  const std::unique_ptr<evmicro::Registry> registry_ = evmicro::makeMemoryRegistry(loop_);
  evmicro::ServiceView view_{loop_, *registry_};
  const std::unique_ptr<evmicro::Selector> selector_ = evmicro::makeRandomSelector(view_);
  evmicro::Server server_;
  evmicro::Client client_{loop_, *transport_, *selector_};
};

}  // namespace guard

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <cppunit/TestAssert.h>

#include <google/protobuf/wrappers.pb.h>

#include <evmicro/coroutine.h>
#include <evmicro/memory_broker.h>
#include <evmicro/memory_transport.h>
#include <evmicro/service.h>

#include "support/turn_until.h"

namespace evmicro::test {

using namespace std::chrono_literals;
using Text = google::protobuf::StringValue;

inline Text text(const std::string& value) {
  Text made;
  made.set_value(value);
  return made;
}

/// Notes its end, in a coroutine that is destroyed.
class Noting {
 public:
  Noting(std::string& log, std::string what) : log_(log), what_(std::move(what)) {}
  Noting(const Noting&) = delete;
  Noting& operator=(const Noting&) = delete;
  ~Noting() { log_ += what_; }

 private:
  std::string& log_;
  const std::string what_;
};

/// A service and its client on one loop, in memory.
struct World {
  World() {
    ServiceOptions options;
    options.name = "greeter";
    options.registry = "memory";
    options.own.transport = std::shared_ptr<Transport>(makeMemoryTransport(loop));
    options.own.broker = std::shared_ptr<Broker>(makeMemoryBroker(loop));
    options.server.address = "world:1";
    options.server.advertise = "world:1";
    options.server.grace = 0ms;
    service = std::make_unique<Service>(loop, options);
    service->server().handle<Text, Text>("Greeter.Hello",
                                         [](Context&, const Text& request, Text& response) {
                                           if (request.value().empty()) {
                                             return Status::invalid("no name");
                                           }
                                           response.set_value("Hello " + request.value());
                                           return Status();
                                         });
    service->server().handle<Text, Text>(
        "Greeter.Never", [this](const Context& context, const Text&, Reply<Text> reply) {
          ++waiting;
          owed = std::make_unique<Reply<Text>>(std::move(reply));
          gone = context.onDone([this] { --waiting; });
        });
  }
  void start() {
    std::optional<Status> started;
    service->start([&](Status status) { started = std::move(status); });
    CPPUNIT_ASSERT(turnUntil([&] { return started.has_value(); }));
    CPPUNIT_ASSERT_MESSAGE(started->toString(), started->ok());
  }
  bool turnUntil(const std::function<bool()>& done) { return test::turnUntil(loop, done); }
  Client& client() { return service->client(); }
  Awaitable<Result<Text>> hello(const std::string& name, const Context& context = {}) {
    return awaitCall<Text>(client(), context, "greeter", "Greeter.Hello", text(name));
  }
  Awaitable<Result<Text>> never(const Context& context = {}) {
    return awaitCall<Text>(client(), context, "greeter", "Greeter.Never", text("x"));
  }
  Task<std::string> greet(std::string name) {
    const auto reply = co_await hello(name);
    co_return reply.ok() ? reply->value() : reply.status().detail();
  }
  Task<> wait() { static_cast<void>(co_await never()); }

  EventLoop loop;
  int waiting = 0;  // calls of Greeter.Never whose caller has not gone
  std::unique_ptr<Service> service;
  std::unique_ptr<Reply<Text>> owed;
  Subscription gone;
};

}  // namespace evmicro::test

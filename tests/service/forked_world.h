#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <sys/wait.h>
#include <unistd.h>

#include <cppunit/TestAssert.h>

#include <event2/event.h>
#include <google/protobuf/wrappers.pb.h>

#include <evmicro/event_loop.h>
#include <evmicro/memory_registry.h>
#include <evmicro/service.h>

#include "event/handles.h"
#include "support/turn_until.h"

namespace evmicro::test {

using namespace std::chrono_literals;

using Text = google::protobuf::StringValue;

inline Text john() {
  Text text;
  text.set_value("John");
  return text;
}

// Runs `work` in a child that then exits: its exit code, or -1 if it ended otherwise.
inline int inChild(const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(20);
    ::_exit(work());
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

inline detail::EventBase makeBase(int flags) {
  const detail::CHandle<event_config, event_config_free> config(event_config_new());
  event_config_set_flag(config.get(), flags);
  return detail::EventBase(event_base_new_with_config(config.get()));
}

// A service and its caller on one loop.
struct World {
  /// Without `base` the loop has its own.
  explicit World(detail::EventBase owner, ServiceOptions options = {})
      : base(std::move(owner)),
        loop(base ? std::make_unique<EventLoop>(base.get()) : std::make_unique<EventLoop>()) {
    options.name = "greeter";
    options.registry = "memory";
    if (options.server.address == ":0") options.server.address = "127.0.0.1:0";
    service = std::make_unique<Service>(*loop, options);
    service->server().handle<Text, Text>("Greeter.Hello",
                                         [](Context&, const Text& request, Text& response) {
                                           response.set_value("Hello " + request.value());
                                           return Status();
                                         });
    service->server().handle<Text, Text>("Greeter.Later",
                                         [this](Context, const Text&, Reply<Text> owed) {
                                           reply = std::make_unique<Reply<Text>>(std::move(owed));
                                         });
    service->server().handleStream<Text, Text>(
        "Greeter.Echo", [](const Context&, ServerStream<Text, Text> stream) {
          stream.onMessage([stream](const Text& text) mutable { stream.send(text); });
        });
    service->server().subscribe<Text>("greetings", [this](Context&, const Text&) {
      ++events;
      return Status();
    });
    std::optional<Status> started;
    service->start([&](Status status) { started = std::move(status); });
    CPPUNIT_ASSERT(test::turnUntil(*loop, [&] { return started.has_value(); }));
    CPPUNIT_ASSERT_MESSAGE(started->toString(), started->ok());
  }

  std::string greet() {
    const auto answer = service->client().call<Text>({}, "greeter", "Greeter.Hello", john());
    return answer.ok() ? answer->value() : answer.status().toString();
  }
  std::string publish() {
    const int before = events;
    const Status status = service->client().publish({}, "greetings", john());
    if (!status.ok()) return status.toString();
    return events == before + 1 ? "received" : "lost";
  }

  /// What the end of main() would do.
  int unwind() {
    reply.reset();
    service.reset();
    loop.reset();
    base.reset();
    return 0;
  }

  detail::EventBase base;
  std::unique_ptr<EventLoop> loop;
  std::unique_ptr<Service> service;
  std::unique_ptr<Reply<Text>> reply;
  int events = 0;
};

// A child destroys its copy of everything. The parent still reads from the connection that it had
// before, accepts new ones, receives events, and has timers.
inline void unwindIn(World&& world) {
  CPPUNIT_ASSERT_EQUAL(std::string("Hello John"), world.greet());
  CPPUNIT_ASSERT_EQUAL(std::string("received"), world.publish());
  const auto accepted = world.service->server().stats().listener.accepted;
  CPPUNIT_ASSERT_EQUAL(0, inChild([&world] { return world.unwind(); }));
  CPPUNIT_ASSERT_EQUAL(std::string("Hello John"), world.greet());
  CPPUNIT_ASSERT_EQUAL(std::string("received"), world.publish());
  CPPUNIT_ASSERT_EQUAL(accepted, world.service->server().stats().listener.accepted);
  // While a call waits on that connection, another one needs a new connection.
  bool answered = false;
  world.service->client().call<Text>({}, "greeter", "Greeter.Later", john(),
                                     [&](const Result<Text>& result) { answered = result.ok(); });
  CPPUNIT_ASSERT(turnUntil(*world.loop, [&] { return world.reply != nullptr; }));
  CPPUNIT_ASSERT_EQUAL(std::string("Hello John"), world.greet());
  CPPUNIT_ASSERT(world.service->server().stats().listener.accepted > accepted);
  world.reply->send(john());
  CPPUNIT_ASSERT(turnUntil(*world.loop, [&] { return answered; }));
}

}  // namespace evmicro::test

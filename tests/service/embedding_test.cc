// Services on event bases that belong to a program: several on one base and on several bases in
// several threads, ended in any order and from inside any callback, with nothing left behind.
#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include <event2/event.h>
#include <google/protobuf/wrappers.pb.h>

#include <evmicro/event_loop.h>
#include <evmicro/memory_registry.h>
#include <evmicro/service.h>

#include "event/handles.h"
#include "support/turn_until.h"

namespace evmicro {

using namespace std::chrono_literals;

namespace {

using Text = google::protobuf::StringValue;

int eventsOn(event_base* base) {
  int count = 0;
  event_base_foreach_event(
      base,
      [](const event_base*, const event*, void* number) {
        ++*static_cast<int*>(number);
        return 0;
      },
      &count);
  return count;
}

ServiceOptions optionsOf(const std::string& name, std::shared_ptr<Registry> registry) {
  ServiceOptions options;
  options.name = name;
  options.own.registry = std::move(registry);
  options.server.address = "127.0.0.1:0";
  options.server.grace = 0ms;
  return options;
}

// A service that greets, on a loop of others.
std::unique_ptr<Service> makeGreeter(EventLoop& loop, const std::string& name,
                                     const std::shared_ptr<Registry>& registry) {
  auto service = std::make_unique<Service>(loop, optionsOf(name, registry));
  service->server().handle<Text, Text>("Greeter.Hello",
                                       [](Context&, const Text& request, Text& response) {
                                         response.set_value("Hello " + request.value());
                                         return Status();
                                       });
  service->server().subscribe<Text>("greetings", [](Context&, const Text&) { return Status(); });
  return service;
}

Text john() {
  Text text;
  text.set_value("John");
  return text;
}

}  // namespace

class EmbeddingTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(EmbeddingTest);
  CPPUNIT_TEST(servicesOnOneBaseCallEachOther);
  CPPUNIT_TEST(servicesEndInAnyOrder);
  CPPUNIT_TEST(stoppedServicesLeaveNothing);
  CPPUNIT_TEST(basesInSeveralThreads);
  CPPUNIT_TEST(startsInsideACallback);
  CPPUNIT_TEST(startedMayDestroyTheService);
  CPPUNIT_TEST(stoppedMayDestroyTheService);
  CPPUNIT_TEST(anAnswerMayDestroyTheService);
  CPPUNIT_TEST(aHandlerMayDestroyTheService);
  CPPUNIT_TEST(aSubscriberMayDestroyTheService);
  CPPUNIT_TEST(aPublicationMayDestroyTheService);
  CPPUNIT_TEST(destroyedWhileItStarts);
  CPPUNIT_TEST(destroyedWhileItStops);
  CPPUNIT_TEST(destroyedWhileItCalls);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    base_.reset(event_base_new());
    loop_ = std::make_unique<EventLoop>(base_.get());
    registry_ = makeMemoryRegistry(*loop_);
  }
  void tearDown() override {
    registry_.reset();
    loop_.reset();
    const int left = eventsOn(base_.get());
    base_.reset();
    CPPUNIT_ASSERT_EQUAL(0, left);
  }

  void servicesOnOneBaseCallEachOther() {
    auto first = makeGreeter(*loop_, "first", registry_);
    auto second = makeGreeter(*loop_, "second", registry_);
    start(*first);
    start(*second);
    CPPUNIT_ASSERT_EQUAL(std::string("Hello John"), greet(*first, "second"));
    CPPUNIT_ASSERT_EQUAL(std::string("Hello John"), greet(*second, "first"));
    first.reset();
    CPPUNIT_ASSERT_EQUAL(std::string("Hello John"), greet(*second, "second"));
  }

  void servicesEndInAnyOrder() {
    std::array<std::size_t, 3> order{0, 1, 2};
    const std::array<std::string, 3> names{"a", "b", "c"};
    do {
      std::vector<std::unique_ptr<Service>> services;
      for (const std::string& name : names) {
        services.push_back(makeGreeter(*loop_, name, registry_));
        start(*services.back());
      }
      for (const std::string& name : names) greet(*services[order[0]], name);
      for (const std::size_t which : order) services[which].reset();
    } while (std::next_permutation(order.begin(), order.end()));
  }

  void stoppedServicesLeaveNothing() {
    const int before = eventsOn(base_.get());
    auto service = makeGreeter(*loop_, "greeter", registry_);
    start(*service);
    CPPUNIT_ASSERT_EQUAL(std::string("Hello John"), greet(*service, "greeter"));
    stop(*service);
    service.reset();
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(before, eventsOn(base_.get()));
  }

  // Nothing is shared between loops: a base belongs to its thread.
  void basesInSeveralThreads() {
    constexpr std::size_t kThreads = 4;
    std::array<std::string, kThreads> outcomes;
    std::vector<std::thread> threads;
    for (std::string& outcome : outcomes) {
      threads.emplace_back([&outcome] { outcome = serveAlone(); });
    }
    for (std::thread& thread : threads) thread.join();
    for (const std::string& outcome : outcomes) {
      CPPUNIT_ASSERT_EQUAL(std::string("Hello John, nothing left"), outcome);
    }
  }

  void startsInsideACallback() {
    std::unique_ptr<Service> service;
    std::optional<Status> started;
    loop_->post([&] {
      service = makeGreeter(*loop_, "greeter", registry_);
      service->start([&](Status status) { started = std::move(status); });
    });
    CPPUNIT_ASSERT(turnUntil([&] { return started.has_value(); }));
    CPPUNIT_ASSERT(started->ok());
    CPPUNIT_ASSERT_EQUAL(std::string("Hello John"), greet(*service, "greeter"));
    bool stopped = false;
    loop_->post([&] {
      service->stop([&](const Status&) {
        service.reset();
        stopped = true;
      });
    });
    CPPUNIT_ASSERT(turnUntil([&] { return stopped; }));
  }

  void startedMayDestroyTheService() {
    auto service = makeGreeter(*loop_, "greeter", registry_);
    service->start([&](const Status&) { service.reset(); });
    CPPUNIT_ASSERT(turnUntil([&] { return !service; }));
  }

  void stoppedMayDestroyTheService() {
    auto service = makeGreeter(*loop_, "greeter", registry_);
    start(*service);
    service->stop([&](const Status&) { service.reset(); });
    CPPUNIT_ASSERT(turnUntil([&] { return !service; }));
  }

  void anAnswerMayDestroyTheService() {
    auto service = makeGreeter(*loop_, "greeter", registry_);
    start(*service);
    service->client().call<Text>({}, "greeter", "Greeter.Hello", john(),
                                 [&](const Result<Text>&) { service.reset(); });
    CPPUNIT_ASSERT(turnUntil([&] { return !service; }));
  }

  void aHandlerMayDestroyTheService() {
    auto service = std::make_unique<Service>(*loop_, optionsOf("greeter", registry_));
    service->server().handle<Text, Text>("Greeter.Hello",
                                         [&service](Context, const Text&, Reply<Text> reply) {
                                           service.reset();
                                           reply.send(john());  // to nobody
                                         });
    start(*service);
    service->client().call<Text>({}, "greeter", "Greeter.Hello", john(), nullptr);
    CPPUNIT_ASSERT(turnUntil([&] { return !service; }));
  }

  void aSubscriberMayDestroyTheService() {
    auto service = std::make_unique<Service>(*loop_, optionsOf("greeter", registry_));
    service->server().subscribe<Text>("greetings", [&service](Context&, const Text&) {
      service.reset();
      return Status();
    });
    start(*service);
    service->client().publish({}, "greetings", john(), nullptr);
    CPPUNIT_ASSERT(turnUntil([&] { return !service; }));
  }

  void aPublicationMayDestroyTheService() {
    auto service = makeGreeter(*loop_, "greeter", registry_);
    start(*service);
    service->client().publish({}, "greetings", john(), [&](const Status&) { service.reset(); });
    CPPUNIT_ASSERT(turnUntil([&] { return !service; }));
  }

  void destroyedWhileItStarts() {
    auto service = makeGreeter(*loop_, "greeter", registry_);
    bool ran = false;
    service->start([&](const Status&) { ran = true; });
    service.reset();
    test::turn(*loop_);
    CPPUNIT_ASSERT(!ran);
  }

  void destroyedWhileItStops() {
    auto service = makeGreeter(*loop_, "greeter", registry_);
    start(*service);
    bool ran = false;
    service->stop([&](const Status&) { ran = true; });
    service.reset();
    test::turn(*loop_);
    CPPUNIT_ASSERT(!ran);
  }

  void destroyedWhileItCalls() {
    auto service = makeGreeter(*loop_, "greeter", registry_);
    start(*service);
    bool ran = false;
    service->client().call<Text>({}, "greeter", "Greeter.Hello", john(),
                                 [&](const Result<Text>&) { ran = true; });
    service->client().publish({}, "greetings", john(), [&](const Status&) { ran = true; });
    service.reset();
    test::turn(*loop_);
    CPPUNIT_ASSERT(!ran);
  }

 private:
  bool turnUntil(const std::function<bool()>& done) { return test::turnUntil(*loop_, done); }

  void start(Service& service) {
    std::optional<Status> started;
    service.start([&](Status status) { started = std::move(status); });
    CPPUNIT_ASSERT(turnUntil([&] { return started.has_value(); }));
    CPPUNIT_ASSERT_MESSAGE(started->toString(), started->ok());
  }

  void stop(Service& service) {
    bool stopped = false;
    service.stop([&](const Status&) { stopped = true; });
    CPPUNIT_ASSERT(turnUntil([&] { return stopped; }));
  }

  static std::string greet(Service& caller, const std::string& name) {
    const auto reply = caller.client().call<Text>({}, name, "Greeter.Hello", john());
    return reply.ok() ? reply->value() : reply.status().toString();
  }

  // A service and its caller on a base of this thread.
  static std::string serveAlone() {
    const detail::EventBase base(event_base_new());
    std::string outcome;
    {
      EventLoop loop(base.get());
      const std::shared_ptr<Registry> registry = makeMemoryRegistry(loop);
      const auto service = makeGreeter(loop, "greeter", registry);
      bool started = false;
      service->start([&](const Status& status) { started = status.ok(); });
      if (!test::turnUntil(loop, [&] { return started; })) return "not started";
      for (int i = 0; i < 100; ++i) outcome = greet(*service, "greeter");
      bool stopped = false;
      service->stop([&](const Status&) { stopped = true; });
      if (!test::turnUntil(loop, [&] { return stopped; })) return "not stopped";
    }
    return outcome + (eventsOn(base.get()) == 0 ? ", nothing left" : ", events left");
  }

  detail::EventBase base_;
  std::unique_ptr<EventLoop> loop_;
  std::shared_ptr<Registry> registry_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(EmbeddingTest);

}  // namespace evmicro

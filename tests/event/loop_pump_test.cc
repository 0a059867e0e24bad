#include <evmicro/loop_pump.h>

#include <chrono>
#include <climits>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cppunit/extensions/HelperMacros.h>

#include <google/protobuf/wrappers.pb.h>

#include <evmicro/service.h>
#include <evmicro/timer.h>

#include "net/descriptor.h"

namespace evmicro {

using namespace std::chrono_literals;

// A main loop that is not libevent's drives evmicro through a LoopPump.
class LoopPumpTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LoopPumpTest);
  CPPUNIT_TEST(anIdleLoopHasNoTimeout);
  CPPUNIT_TEST(theTimeoutIsThatOfTheNextTimer);
  CPPUNIT_TEST(timeoutsAreRoundedUpToMilliseconds);
  CPPUNIT_TEST(workThatIsDueHasNoWait);
  CPPUNIT_TEST(otherThreadsMakeItReadable);
  CPPUNIT_TEST(oneDispatchIsOneTurn);
  CPPUNIT_TEST(dispatchInsideACallbackIsRefused);
  CPPUNIT_TEST(theLoopIsNotRun);
  CPPUNIT_TEST(blockingInsideACallbackIsRefused);
  CPPUNIT_TEST(pollServesAndCalls);
  CPPUNIT_TEST(epollServesAndCalls);
  CPPUNIT_TEST(aLoopWithATimerOfItsOwnServesAndCalls);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { pump_ = std::make_unique<LoopPump>(); }
  void tearDown() override { pump_.reset(); }

  void anIdleLoopHasNoTimeout() {
    CPPUNIT_ASSERT(!pump_->nextTimeout().has_value());
    CPPUNIT_ASSERT_EQUAL(-1, pump_->pollTimeout());
    CPPUNIT_ASSERT(!readable(0));
    CPPUNIT_ASSERT(pump_->dispatchReady().ok());
  }

  void theTimeoutIsThatOfTheNextTimer() {
    Timer late(pump_->loop(), [] {});
    Timer soon(pump_->loop(), [] {});
    late.start(2h);
    CPPUNIT_ASSERT(*pump_->nextTimeout() <= 2h && *pump_->nextTimeout() > 119min);
    soon.start(30min);
    CPPUNIT_ASSERT(*pump_->nextTimeout() <= 30min && *pump_->nextTimeout() > 29min);
    soon.stop();
    CPPUNIT_ASSERT(*pump_->nextTimeout() > 119min);
    late.stop();
    CPPUNIT_ASSERT(!pump_->nextTimeout().has_value());
    late.start(24h * 365);  // more milliseconds than an int holds
    CPPUNIT_ASSERT_EQUAL(INT_MAX, pump_->pollTimeout());
  }

  void timeoutsAreRoundedUpToMilliseconds() {
    bool fired = false;
    Timer timer(pump_->loop(), [&] { fired = true; });
    timer.start(1ms);
    for (int turns = 0; !fired; ++turns) {
      CPPUNIT_ASSERT(turns < 1'000);
      const auto exact = pump_->nextTimeout();
      const int rounded = pump_->pollTimeout();
      CPPUNIT_ASSERT(exact && *exact <= 1ms);
      CPPUNIT_ASSERT(rounded == 0 || rounded == 1);
      if (*exact > 0us) readable(rounded);
      CPPUNIT_ASSERT(pump_->dispatchReady().ok());
    }
  }

  void workThatIsDueHasNoWait() {
    const Call call = pump_->loop().defer([this] { log_ += "ran"; });
    CPPUNIT_ASSERT_EQUAL(0, pump_->pollTimeout());
    CPPUNIT_ASSERT(pump_->dispatchReady().ok());
    CPPUNIT_ASSERT_EQUAL(std::string("ran"), log_);
    CPPUNIT_ASSERT_EQUAL(-1, pump_->pollTimeout());
  }

  void otherThreadsMakeItReadable() {
    std::thread poster([this] { pump_->loop().post([this] { log_ += "posted"; }); });
    CPPUNIT_ASSERT(readable(20'000));
    poster.join();
    CPPUNIT_ASSERT(pump_->dispatchReady().ok());
    CPPUNIT_ASSERT_EQUAL(std::string("posted"), log_);
    CPPUNIT_ASSERT(!readable(0));
  }

  // Else the program's own descriptors would wait for as long as there is work.
  void oneDispatchIsOneTurn() {
    int runs = 0;
    std::function<void()> again = [&] {
      ++runs;
      pump_->loop().post(again);
    };
    pump_->loop().post(again);
    CPPUNIT_ASSERT(pump_->dispatchReady().ok());
    CPPUNIT_ASSERT_EQUAL(1, runs);
    CPPUNIT_ASSERT(readable(0));
    CPPUNIT_ASSERT(pump_->dispatchReady().ok());
    CPPUNIT_ASSERT_EQUAL(2, runs);
  }

  void dispatchInsideACallbackIsRefused() {
    Status inside;
    pump_->loop().post([&] { inside = pump_->dispatchReady(); });
    CPPUNIT_ASSERT(pump_->dispatchReady().ok());
    CPPUNIT_ASSERT_EQUAL(ErrorKind::kInvalid, inside.kind());
    CPPUNIT_ASSERT(pump_->dispatchReady().ok());
  }

  void theLoopIsNotRun() {
    CPPUNIT_ASSERT_EQUAL(ErrorKind::kInvalid, pump_->loop().run().kind());
    CPPUNIT_ASSERT_EQUAL(ErrorKind::kInvalid, pump_->loop().onSignal(10, [] {}).status().kind());
  }

  void blockingInsideACallbackIsRefused() {
    Status inside;
    pump_->loop().post([&] { inside = pump_->loop().runUntil([] { return false; }); });
    CPPUNIT_ASSERT(pump_->dispatchReady().ok());
    CPPUNIT_ASSERT_EQUAL(ErrorKind::kInvalid, inside.kind());
    bool ran = false;
    pump_->loop().post([&ran] { ran = true; });
    CPPUNIT_ASSERT(pump_->loop().runUntil([&ran] { return ran; }).ok());  // outside it is allowed
  }

  void pollServesAndCalls() {
    const auto wait = [this](int timeout) { readable(timeout); };
    CPPUNIT_ASSERT_EQUAL(std::string("Hello John"), greet(wait));
  }

  void epollServesAndCalls() {
    const detail::Descriptor outer(::epoll_create1(EPOLL_CLOEXEC));
    epoll_event event{};
    event.events = EPOLLIN;
    CPPUNIT_ASSERT_EQUAL(0, ::epoll_ctl(outer.get(), EPOLL_CTL_ADD, pump_->fd(), &event));
    const auto wait = [&outer](int timeout) {
      epoll_event ready{};
      ::epoll_wait(outer.get(), &ready, 1, timeout);
    };
    CPPUNIT_ASSERT_EQUAL(std::string("Hello John"), greet(wait));
  }

  // As Asio and Qt have: set once after each dispatch, whatever is called in between.
  void aLoopWithATimerOfItsOwnServesAndCalls() {
    int timer = pump_->pollTimeout();
    const auto wait = [&](int) { readable(timer); };
    const auto dispatched = [&] { timer = pump_->pollTimeout(); };
    CPPUNIT_ASSERT_EQUAL(std::string("Hello John"), greet(wait, dispatched));
  }

 private:
  using Text = google::protobuf::StringValue;

  bool readable(int timeout) {
    pollfd wait{pump_->fd(), POLLIN, 0};
    return ::poll(&wait, 1, timeout) == 1;
  }

  // A service that starts, answers a call of its own client and stops, while `wait` waits as a
  // program's loop does.
  template <typename Wait>
  std::string greet(
      Wait wait, const std::function<void()>& dispatched = [] {}) {
    ServiceOptions options;
    options.name = "greeter";
    options.registry = "memory";
    options.server.address = "127.0.0.1:0";
    options.server.grace = 0ms;
    Service service(pump_->loop(), options);
    service.server().handle<Text, Text>("Greeter.Hello",
                                        [](Context&, const Text& request, Text& response) {
                                          response.set_value("Hello " + request.value());
                                          return Status();
                                        });
    std::string greeting;
    bool ended = false;
    const auto stop = [&](const Result<Text>& reply) {
      greeting = reply.ok() ? reply->value() : reply.status().toString();
      service.stop([&](const Status&) { ended = true; });
    };
    const auto call = [&](const Status& started) {
      if (!started.ok()) return stop(started);
      Text request;
      request.set_value("John");
      service.client().call<Text>({}, "greeter", "Greeter.Hello", request, stop);
    };
    pump_->loop().post([&] { service.start(call); });
    const auto until = std::chrono::steady_clock::now() + 20s;
    while (!ended && std::chrono::steady_clock::now() < until) {
      wait(pump_->pollTimeout());
      if (!pump_->dispatchReady().ok()) return "cannot dispatch";
      dispatched();
    }
    return ended ? greeting : "stuck";
  }

  std::unique_ptr<LoopPump> pump_;
  std::string log_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(LoopPumpTest);

}  // namespace evmicro

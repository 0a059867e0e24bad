// What a child may do with the service that it has inherited (evmicro/fork.h), and that the parent
// does not notice it.
#include <evmicro/fork.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cppunit/extensions/HelperMacros.h>

#include <event2/event.h>

#include <evmicro/event_loop.h>
#include <evmicro/loop_pump.h>
#include <evmicro/service.h>

#include "event/handles.h"
#include "service/forked_world.h"
#include "support/temporary_folder.h"
#include "support/turn_until.h"

namespace evmicro {

using namespace std::chrono_literals;

namespace {

using test::inChild;
using test::john;
using test::makeBase;
using test::Text;
using test::unwindIn;
using test::World;

}  // namespace

class ForkTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ForkTest);
  CPPUNIT_TEST(anUnwindingChildLeavesTheParentServing);
  CPPUNIT_TEST(anUnwindingChildLeavesTheChangelistServing);
  CPPUNIT_TEST(anUnwindingChildLeavesAnOwnedLoopServing);
  CPPUNIT_TEST(anUnwindingChildLeavesPollServing);
  CPPUNIT_TEST(anUnwindingChildLeavesEvhttpServing);
  CPPUNIT_TEST(anUnwindingChildLeavesStreamsOpen);
  CPPUNIT_TEST(anUnwindingChildAnswersNobody);
  CPPUNIT_TEST(anUnwindingChildLeavesSocketFiles);
  CPPUNIT_TEST(theProgramsOwnEventsStayAsWell);
  CPPUNIT_TEST(aChildDoesNotWakeItsParent);
  CPPUNIT_TEST(aChildMayGoOnOnABorrowedBase);
  CPPUNIT_TEST(aChildMayReinitialiseTheBaseItself);
  CPPUNIT_TEST(aChildGoesOnByItselfOnAnOwnedBase);
  CPPUNIT_TEST(aChildMayGoOnWithAPump);
  CPPUNIT_TEST(aGrandchildUnwindsToo);
  CPPUNIT_TEST(reinitMeansNothingInTheParent);
  CPPUNIT_TEST(execClosesEverything);
  CPPUNIT_TEST(forkWhileOtherThreadsPost);
  CPPUNIT_TEST_SUITE_END();

 public:
  void anUnwindingChildLeavesTheParentServing() { unwindIn(World(makeBase(0))); }
  void anUnwindingChildLeavesTheChangelistServing() {
    unwindIn(World(makeBase(EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST)));
  }
  void anUnwindingChildLeavesAnOwnedLoopServing() { unwindIn(World(nullptr)); }
  void anUnwindingChildLeavesPollServing() {
    const detail::CHandle<event_config, event_config_free> config(event_config_new());
    event_config_avoid_method(config.get(), "epoll");
    unwindIn(World(detail::EventBase(event_base_new_with_config(config.get()))));
  }
  void anUnwindingChildLeavesEvhttpServing() {
    ServiceOptions options;
    options.transport = "evhttp";
    unwindIn(World(makeBase(0), options));
  }

  void anUnwindingChildLeavesStreamsOpen() {
    World world(makeBase(0));
    int echoes = 0;
    std::optional<ClientStream<Text, Text>> stream =
        world.service->client().stream<Text, Text>({}, "greeter", "Greeter.Echo");
    stream->onMessage([&](const Text&) { ++echoes; });
    stream->send(john());
    CPPUNIT_ASSERT(test::turnUntil(*world.loop, [&] { return echoes == 1; }));
    CPPUNIT_ASSERT_EQUAL(0, inChild([&] {
                           stream.reset();
                           return world.unwind();
                         }));
    stream->send(john());
    CPPUNIT_ASSERT(test::turnUntil(*world.loop, [&] { return echoes == 2; }));
  }

  // A reply that is destroyed unanswered sends an error: not from the child.
  void anUnwindingChildAnswersNobody() {
    World world(makeBase(0));
    std::optional<Result<Text>> answer;
    world.service->client().call<Text>({}, "greeter", "Greeter.Later", john(),
                                       [&](Result<Text> result) { answer = std::move(result); });
    CPPUNIT_ASSERT(test::turnUntil(*world.loop, [&] { return world.reply != nullptr; }));
    CPPUNIT_ASSERT_EQUAL(0, inChild([&] { return world.unwind(); }));
    test::turn(*world.loop);
    CPPUNIT_ASSERT(!answer);
    world.reply->send(john());
    CPPUNIT_ASSERT(test::turnUntil(*world.loop, [&] { return answer.has_value(); }));
    CPPUNIT_ASSERT_MESSAGE(answer->status().toString(), answer->ok());
  }

  void anUnwindingChildLeavesSocketFiles() {
    const test::TemporaryFolder folder;
    const std::string path = folder.file("greeter");
    ServiceOptions options;
    options.server.address = folder.socket("greeter");
    World world(makeBase(0), options);
    CPPUNIT_ASSERT_EQUAL(0, inChild([&] { return world.unwind(); }));
    struct stat found {};
    CPPUNIT_ASSERT_EQUAL(0, ::stat(path.c_str(), &found));
    CPPUNIT_ASSERT_EQUAL(std::string("Hello John"), world.greet());
    world.unwind();
    CPPUNIT_ASSERT(::stat(path.c_str(), &found) != 0);
  }

  // Also those that the child's copy of the program deletes.
  void theProgramsOwnEventsStayAsWell() {
    World world(makeBase(0));
    int ends[2];
    CPPUNIT_ASSERT_EQUAL(0, ::pipe2(ends, O_CLOEXEC | O_NONBLOCK));
    bool seen = false;
    detail::EventHandle own(event_new(
        world.base.get(), ends[0], EV_READ,
        [](evutil_socket_t, short, void* flag) { *static_cast<bool*>(flag) = true; }, &seen));
    event_add(own.get(), nullptr);
    CPPUNIT_ASSERT_EQUAL(0, inChild([&] {
                           own.reset();
                           return world.unwind();
                         }));
    CPPUNIT_ASSERT_EQUAL(ssize_t(1), ::write(ends[1], "x", 1));
    CPPUNIT_ASSERT(test::turnUntil(*world.loop, [&] { return seen; }));
    own.reset();
    ::close(ends[0]);
    ::close(ends[1]);
  }

  void aChildDoesNotWakeItsParent() {
    LoopPump pump;
    CPPUNIT_ASSERT_EQUAL(0, inChild([&pump] {
                           pump.loop().post([] {});
                           return 0;
                         }));
    CPPUNIT_ASSERT_EQUAL(-1, pump.pollTimeout());
    pollfd wait{pump.fd(), POLLIN, 0};
    CPPUNIT_ASSERT_EQUAL(0, ::poll(&wait, 1, 0));
    bool ran = false;
    pump.loop().post([&ran] { ran = true; });
    CPPUNIT_ASSERT_EQUAL(1, ::poll(&wait, 1, 0));
    CPPUNIT_ASSERT(pump.dispatchReady().ok() && ran);
  }

  void aChildMayGoOnOnABorrowedBase() {
    World world(makeBase(0));
    CPPUNIT_ASSERT_EQUAL(std::string("Hello John"), world.greet());
    CPPUNIT_ASSERT_EQUAL(0, inChild([&] {
                           if (!reinitAfterFork(*world.loop).ok()) return 2;
                           if (world.greet() != "Hello John") return 3;
                           if (world.publish() != "received") return 4;
                           return world.unwind();
                         }));
  }

  void aChildMayReinitialiseTheBaseItself() {
    World world(makeBase(0));
    CPPUNIT_ASSERT_EQUAL(0, inChild([&] {
                           if (event_reinit(world.base.get()) != 0) return 2;
                           if (!reinitAfterFork(*world.loop).ok()) return 3;
                           return world.greet() == "Hello John" ? world.unwind() : 4;
                         }));
  }

  void aChildGoesOnByItselfOnAnOwnedBase() {
    World world(nullptr);
    CPPUNIT_ASSERT_EQUAL(0, inChild([&] {
                           if (world.greet() != "Hello John") return 2;
                           world.loop->post([&] { world.loop->stop(); });
                           if (!world.loop->run().ok()) return 3;
                           return world.unwind();
                         }));
  }

  void aChildMayGoOnWithAPump() {
    LoopPump pump;
    CPPUNIT_ASSERT_EQUAL(0, inChild([&pump] {
                           if (!reinitAfterFork(pump.loop()).ok()) return 2;
                           bool ran = false;
                           pump.loop().post([&ran] { ran = true; });
                           pollfd wait{pump.fd(), POLLIN, 0};
                           if (::poll(&wait, 1, 10'000) != 1) return 3;
                           return pump.dispatchReady().ok() && ran ? 0 : 4;
                         }));
  }

  void aGrandchildUnwindsToo() {
    World world(makeBase(0));
    CPPUNIT_ASSERT_EQUAL(0, inChild([&] {
                           if (!reinitAfterFork(*world.loop).ok()) return 2;
                           if (inChild([&] { return world.unwind(); }) != 0) return 3;
                           return world.greet() == "Hello John" ? 0 : 4;
                         }));
  }

  void reinitMeansNothingInTheParent() {
    World world(makeBase(0));
    CPPUNIT_ASSERT(reinitAfterFork(*world.loop).ok());
    CPPUNIT_ASSERT_EQUAL(std::string("Hello John"), world.greet());
  }

  void execClosesEverything() {
    const std::string before = descriptorsAfterExec();
    World world(makeBase(0));
    world.greet();
    world.publish();
    LoopPump pump;
    CPPUNIT_ASSERT_EQUAL(before, descriptorsAfterExec());
  }

  // A lock that another thread has at that moment must not stay locked in the child.
  void forkWhileOtherThreadsPost() {
    EventLoop loop;
    std::atomic<bool> enough{false};
    std::vector<std::thread> posters;
    for (int i = 0; i < 2; ++i) {
      posters.emplace_back([&] {
        while (!enough) loop.post([] {});
      });
    }
    int failed = 0;
    for (int i = 0; i < 20; ++i) {
      failed += inChild([&loop] {
        loop.post([] {});
        return 0;
      });
      test::turn(loop, 1);
    }
    enough = true;
    for (std::thread& poster : posters) poster.join();
    CPPUNIT_ASSERT_EQUAL(0, failed);
  }

 private:
  static std::string descriptorsAfterExec() {
    int ends[2];
    CPPUNIT_ASSERT_EQUAL(0, ::pipe2(ends, O_CLOEXEC));
    const pid_t child = ::fork();
    if (child == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::execl("/bin/ls", "ls", "/proc/self/fd", nullptr);
      ::_exit(1);
    }
    ::close(ends[1]);
    std::string text;
    char block[256];
    for (ssize_t size = 0; (size = ::read(ends[0], block, sizeof block)) > 0;) {
      text.append(block, static_cast<std::size_t>(size));
    }
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    CPPUNIT_ASSERT_EQUAL(0, status);
    return text;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ForkTest);

}  // namespace evmicro

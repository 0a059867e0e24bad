#include <evmicro/event_loop.h>

#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <cppunit/extensions/HelperMacros.h>
#include <event2/event.h>

#include <evmicro/timer.h>

#include "event/handles.h"
#include "support/starved_descriptors.h"
#include "support/turn_until.h"

namespace evmicro {

using namespace std::chrono_literals;

// The rules of src/DESIGN.md, "One thread, one loop", for what an EventLoop hands out.
class EventLoopTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(EventLoopTest);
  CPPUNIT_TEST(runEndsAtStop);
  CPPUNIT_TEST(runGoesOnAfterSomebodyElsesLoopbreak);
  CPPUNIT_TEST(stopWhileNothingRunsIsForgotten);
  CPPUNIT_TEST(runUntilLooksAfterEachTurn);
  CPPUNIT_TEST(runUntilMayHaveNothingToWaitFor);
  CPPUNIT_TEST(stoppedRunUntilSaysSo);
  CPPUNIT_TEST(turningInsideACallbackIsRefused);
  CPPUNIT_TEST(knowsWhetherItTurns);
  CPPUNIT_TEST(deferredWorkRunsOnceInOrderInALaterTurn);
  CPPUNIT_TEST(deferredWorkIsTakenBack);
  CPPUNIT_TEST(deferredWorkMayTakeOthersBack);
  CPPUNIT_TEST(deferredWorkMayDropItsOwnToken);
  CPPUNIT_TEST(deferredWorkMayDeferAgain);
  CPPUNIT_TEST(deferringForEverLetsIoRun);
  CPPUNIT_TEST(tokensMayOutliveTheLoop);
  CPPUNIT_TEST(postedWorkRunsInOrder);
  CPPUNIT_TEST(postedWorkMayPostAgain);
  CPPUNIT_TEST(anotherThreadMayPost);
  CPPUNIT_TEST(postedWorkThatHasNotRunIsDropped);
  CPPUNIT_TEST(deletesLaterInOrder);
  CPPUNIT_TEST(whatIsDeletedLaterMayDeleteMore);
  CPPUNIT_TEST(theLoopsEndDeletesWhatIsLeft);
  CPPUNIT_TEST(signalsCallEachTime);
  CPPUNIT_TEST(signalCallbackMayDropItsToken);
  CPPUNIT_TEST(severalMayWatchOneSignal);
  CPPUNIT_TEST(signalTokensMayOutliveTheLoop);
  CPPUNIT_TEST(everyLoopIsToldOfASignal);
  CPPUNIT_TEST(eachOccurrenceOfASignalCounts);
  CPPUNIT_TEST(theLastTokenPutsTheProcessesHandlerBack);
  CPPUNIT_TEST(signalCallbackMayDropAnothersToken);
  CPPUNIT_TEST(signalsNeedADescriptor);
  CPPUNIT_TEST(closedStandardStreamsAreFilled);
  CPPUNIT_TEST(signalsThatCannotBeWatchedAreRefused);
  CPPUNIT_TEST(sigpipeDoesNotEndTheProcess);
  CPPUNIT_TEST(aHandlerOfSigpipeStays);
  CPPUNIT_TEST(aBorrowedBaseIsNotRun);
  CPPUNIT_TEST(aBorrowedBaseGetsNoSignals);
  CPPUNIT_TEST(aBorrowedBaseIsTurnedWhileBlockingFormsWait);
  CPPUNIT_TEST(blockingInACallbackOfTheOwnerIsRefusedQuietly);
  CPPUNIT_TEST(stopLeavesABorrowedBaseRunning);
  CPPUNIT_TEST(nothingStaysOnABorrowedBase);
  CPPUNIT_TEST_EXCEPTION(aBorrowedBaseMustBeOne, std::invalid_argument);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    loop_ = std::make_unique<EventLoop>();
    log_.clear();
  }
  void tearDown() override { loop_.reset(); }

  void runEndsAtStop() {
    loop_->post([this] {
      loop_->stop();
      log_ += "stopped ";  // the callback that is running goes on
    });
    loop_->post([this] { log_ += "same turn "; });
    CPPUNIT_ASSERT(loop_->run().ok());
    CPPUNIT_ASSERT_EQUAL(std::string("stopped same turn "), log_);
    loop_->post([this] { loop_->stop(); });  // and it can be run again
    CPPUNIT_ASSERT(loop_->run().ok());
  }

  void runGoesOnAfterSomebodyElsesLoopbreak() {
    loop_->post([this] { event_base_loopbreak(loop_->base()); });
    Timer later(*loop_, [this] {
      log_ += "later";
      loop_->stop();
    });
    later.start(1ms);
    CPPUNIT_ASSERT(loop_->run().ok());
    CPPUNIT_ASSERT_EQUAL(std::string("later"), log_);
  }

  void stopWhileNothingRunsIsForgotten() {
    loop_->stop();
    Call call = loop_->defer([this] { log_ += "ran"; });
    CPPUNIT_ASSERT(loop_->runUntil([this] { return !log_.empty(); }).ok());
  }

  void runUntilLooksAfterEachTurn() {
    int turns = 0;
    Timer timer(*loop_, [&] {
      ++turns;
      timer.start({});
    });
    timer.start({});
    CPPUNIT_ASSERT(loop_->runUntil([&] { return turns == 3; }).ok());
    CPPUNIT_ASSERT_EQUAL(3, turns);
  }

  void runUntilMayHaveNothingToWaitFor() {
    Call call = loop_->defer([this] { log_ += "ran"; });
    CPPUNIT_ASSERT(loop_->runUntil([] { return true; }).ok());
    CPPUNIT_ASSERT_EQUAL(std::string(), log_);
  }

  void stoppedRunUntilSaysSo() {
    Call call = loop_->defer([this] { loop_->stop(); });
    CPPUNIT_ASSERT(loop_->runUntil([] { return false; }).kind() == ErrorKind::kCancelled);
    // What was wanted and what stops may come in one turn: what was wanted counts.
    Call both = loop_->defer([this] {
      log_ = "done";
      loop_->stop();
    });
    CPPUNIT_ASSERT(loop_->runUntil([this] { return !log_.empty(); }).ok());
  }

  void turningInsideACallbackIsRefused() {
    std::vector<Status> inside;
    Call other = loop_->defer([this] { log_ += "other "; });
    Timer timer(*loop_, [&] {
      inside.push_back(loop_->run());
      inside.push_back(loop_->runUntil([] { return false; }));
      log_ += "inside ";
    });
    timer.start({});
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), inside.size());
    for (const Status& status : inside) CPPUNIT_ASSERT(status.kind() == ErrorKind::kInvalid);
    CPPUNIT_ASSERT_EQUAL(std::string("other inside "), log_);
  }

  void knowsWhetherItTurns() {
    bool inside = false;
    CPPUNIT_ASSERT(!loop_->turning());
    Call call = loop_->defer([&] { inside = loop_->turning(); });
    test::turn(*loop_);
    CPPUNIT_ASSERT(inside);
    CPPUNIT_ASSERT(!loop_->turning());
  }

  void deferredWorkRunsOnceInOrderInALaterTurn() {
    Call first = loop_->defer([this] { log_ += "1"; });
    Call second = loop_->defer([this] { log_ += "2"; });
    CPPUNIT_ASSERT_EQUAL(std::string(), log_);
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::string("12"), log_);
    first.cancel();  // means nothing any more
  }

  void deferredWorkIsTakenBack() {
    Call kept = loop_->defer([this] { log_ += "kept"; });
    {
      const Call dropped = loop_->defer([this] { log_ += "dropped"; });
    }
    Call cancelled = loop_->defer([this] { log_ += "cancelled"; });
    cancelled.cancel();
    Call replaced = loop_->defer([this] { log_ += "replaced"; });
    replaced = Call();
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::string("kept"), log_);
  }

  void deferredWorkMayTakeOthersBack() {
    Call second;
    Call first = loop_->defer([this, &second] {
      log_ += "1";
      second.cancel();
    });
    second = loop_->defer([this] { log_ += "2"; });
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::string("1"), log_);
  }

  void deferredWorkMayDropItsOwnToken() {
    Call call;
    call = loop_->defer([this, &call, captured = std::string(64, 'x')] {
      call.cancel();
      log_ = captured;
    });
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::string(64, 'x'), log_);
  }

  void deferredWorkMayDeferAgain() {
    Call second;
    bool inTheSameTurn = true;
    Call first = loop_->defer([this, &second] { second = loop_->defer([this] { log_ += "2"; }); });
    CPPUNIT_ASSERT(loop_
                       ->runUntil([&] {
                         if (inTheSameTurn) inTheSameTurn = !log_.empty();
                         return !log_.empty();
                       })
                       .ok());
    CPPUNIT_ASSERT(!inTheSameTurn);
  }

  void deferringForEverLetsIoRun() {
    std::function<void()> again;
    Call call;
    again = [&] { call = loop_->defer(again); };
    again();
    loop_->post([this] { log_ += "posted"; });  // comes through a descriptor
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [this] { return !log_.empty(); }));
  }

  void tokensMayOutliveTheLoop() {
    auto held = std::make_shared<int>(1);
    Call deferred = loop_->defer([held] {});
    loop_.reset();
    CPPUNIT_ASSERT_EQUAL(2L, held.use_count());
    deferred.cancel();
    CPPUNIT_ASSERT_EQUAL(1L, held.use_count());
  }

  void postedWorkRunsInOrder() {
    for (const char* name : {"1", "2", "3"}) loop_->post([this, name] { log_ += name; });
    CPPUNIT_ASSERT_EQUAL(std::string(), log_);
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::string("123"), log_);
  }

  void postedWorkMayPostAgain() {
    loop_->post([this] {
      log_ += "1";
      loop_->post([this] { log_ += "2"; });
    });
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::string("12"), log_);
  }

  void anotherThreadMayPost() {
    constexpr int kCount = 10'000;
    const auto here = std::this_thread::get_id();
    int ran = 0;
    bool elsewhere = false;
    std::thread poster([&] {
      for (int i = 0; i < kCount; ++i) {
        loop_->post([&, i] {
          elsewhere = elsewhere || std::this_thread::get_id() != here || i != ran;
          ++ran;
        });
      }
    });
    const bool all = test::turnUntil(*loop_, [&] { return ran == kCount; });
    poster.join();
    CPPUNIT_ASSERT(all);
    CPPUNIT_ASSERT(!elsewhere);
  }

  void postedWorkThatHasNotRunIsDropped() {
    auto held = std::make_shared<int>(1);
    loop_->post([this, held] { log_ += "ran"; });
    loop_.reset();
    CPPUNIT_ASSERT_EQUAL(1L, held.use_count());
    CPPUNIT_ASSERT_EQUAL(std::string(), log_);
  }

  void deletesLaterInOrder() {
    loop_->deleteLater(dying("1"));
    loop_->deleteLater(dying("2"));
    CPPUNIT_ASSERT_EQUAL(std::string(), log_);
    Call call = loop_->defer([this] { log_ += "deferred "; });
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::string("deferred 1 2 "), log_);
  }

  void whatIsDeletedLaterMayDeleteMore() {
    loop_->deleteLater(std::make_shared<Dying>([this] {
      log_ += "first ";
      loop_->deleteLater(dying("second"));
    }));
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::string("first second "), log_);
  }

  void theLoopsEndDeletesWhatIsLeft() {
    loop_->deleteLater(std::make_shared<Dying>([this] {
      log_ += "first ";
      loop_->deleteLater(dying("second"));
    }));
    EventLoop* const loop = loop_.get();
    loop->~EventLoop();  // a unique_ptr would be null inside
    CPPUNIT_ASSERT_EQUAL(std::string("first second "), log_);
    new (loop) EventLoop;
  }

  void signalsCallEachTime() {
    int calls = 0;
    auto token = loop_->onSignal(SIGUSR1, [&] { ++calls; });
    CPPUNIT_ASSERT(token.ok());
    for (int i = 1; i <= 3; ++i) {
      ::kill(::getpid(), SIGUSR1);
      CPPUNIT_ASSERT_EQUAL(i - 1, calls);
      CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return calls == i; }));
    }
  }

  void signalCallbackMayDropItsToken() {
    std::optional<Subscription> token;
    auto watched = loop_->onSignal(SIGUSR1, [this, &token, captured = std::string(64, 'x')] {
      token.reset();
      log_ += captured;
    });
    CPPUNIT_ASSERT(watched.ok());
    token.emplace(std::move(*watched));
    int others = 0;
    const auto other = loop_->onSignal(SIGUSR1, [&] { ++others; });
    ::kill(::getpid(), SIGUSR1);
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return others == 1; }));
    ::kill(::getpid(), SIGUSR1);
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return others == 2; }));
    CPPUNIT_ASSERT_EQUAL(std::string(64, 'x'), log_);
  }

  void signalTokensMayOutliveTheLoop() {
    int calls = 0;
    std::optional<Result<Subscription>> token;
    {
      EventLoop other;
      token.emplace(other.onSignal(SIGUSR1, [&calls] { ++calls; }));
      CPPUNIT_ASSERT(token->ok());
    }
    token.reset();
    auto again = loop_->onSignal(SIGUSR1, [&calls] { ++calls; });
    std::raise(SIGUSR1);
    CPPUNIT_ASSERT(loop_->runUntil([&calls] { return calls == 1; }).ok());
  }

  // Symptom: only the loop that had watched last got it; the other never stopped.
  void everyLoopIsToldOfASignal() {
    int calls = 0;
    EventLoop other;
    const auto first = loop_->onSignal(SIGUSR1, [this] { log_ += "first"; });
    const auto second = other.onSignal(SIGUSR1, [&calls] { ++calls; });
    ::kill(::getpid(), SIGUSR1);
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [this] { return log_ == "first"; }));
    CPPUNIT_ASSERT(test::turnUntil(other, [&calls] { return calls == 1; }));
  }

  void eachOccurrenceOfASignalCounts() {
    int calls = 0;
    const auto token = loop_->onSignal(SIGUSR1, [&calls] { ++calls; });
    const auto another = loop_->onSignal(SIGUSR2, [this] { log_ += "2"; });
    for (int i = 0; i < 3; ++i) std::raise(SIGUSR1);
    std::raise(SIGUSR2);
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return calls == 3 && log_ == "2"; }));
  }

  void theLastTokenPutsTheProcessesHandlerBack() {
    const auto handler = [] {
      struct sigaction now {};
      sigaction(SIGUSR1, nullptr, &now);
      return now.sa_handler;
    };
    const auto before = std::signal(SIGUSR1, [](int) {});
    const auto ours = handler();
    {
      EventLoop other;
      const auto one = loop_->onSignal(SIGUSR1, [] {});
      auto two = loop_->onSignal(SIGUSR1, [] {});
      const auto three = other.onSignal(SIGUSR1, [] {});
      CPPUNIT_ASSERT(handler() != ours);
      two->cancel();
      CPPUNIT_ASSERT(handler() != ours);
    }
    const bool back = handler() == ours;
    std::signal(SIGUSR1, before);
    CPPUNIT_ASSERT(back);
  }

  void signalCallbackMayDropAnothersToken() {
    std::vector<Result<Subscription>> tokens;
    int calls = 0;
    const auto callback = [&] {
      ++calls;
      for (auto& token : tokens) token->cancel();
    };
    for (int i = 0; i < 2; ++i) tokens.push_back(loop_->onSignal(SIGUSR1, callback));
    const auto last = loop_->onSignal(SIGUSR1, [this] { log_ += "last"; });
    std::raise(SIGUSR1);
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [this] { return log_ == "last"; }));
    CPPUNIT_ASSERT_EQUAL(1, calls);
  }

  void signalsNeedADescriptor() {
    // Descriptors are kept and used again: these take what earlier tests have left.
    std::vector<std::unique_ptr<EventLoop>> loops;
    std::vector<Result<Subscription>> tokens;
    for (int i = 0; i < 16; ++i) {
      loops.push_back(std::make_unique<EventLoop>());
      tokens.push_back(loops.back()->onSignal(SIGUSR1, [] {}));
    }
    const test::DescriptorLimit limit(test::lowestFreeDescriptor());
    const auto token = loop_->onSignal(SIGUSR1, [] {});
    CPPUNIT_ASSERT_EQUAL(ErrorKind::kInternal, token.status().kind());
  }

  // Symptom: what was written to stdout went into a socket.
  void closedStandardStreamsAreFilled() {
    const int kept = ::dup(STDIN_FILENO);
    ::close(STDIN_FILENO);
    const EventLoop other;
    const int flags = ::fcntl(STDIN_FILENO, F_GETFL);
    char byte = 0;
    const ssize_t got = ::read(STDIN_FILENO, &byte, 1);
    ::dup2(kept, STDIN_FILENO);
    ::close(kept);
    CPPUNIT_ASSERT(flags >= 0);
    CPPUNIT_ASSERT_EQUAL(ssize_t(-1), got);
  }

  void severalMayWatchOneSignal() {
    const auto first = loop_->onSignal(SIGUSR1, [this] { log_ += "1"; });
    const auto second = loop_->onSignal(SIGUSR1, [this] { log_ += "2"; });
    ::kill(::getpid(), SIGUSR1);
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [this] { return log_.size() == 2; }));
  }

  void signalsThatCannotBeWatchedAreRefused() {
    for (const int signal : {-1, 0, SIGKILL, 1'000}) {
      const auto token = loop_->onSignal(signal, [] {});
      CPPUNIT_ASSERT_MESSAGE(std::to_string(signal), !token.ok());
    }
  }

  void sigpipeDoesNotEndTheProcess() {
    int ends[2];
    CPPUNIT_ASSERT_EQUAL(0, ::pipe(ends));
    ::close(ends[0]);
    CPPUNIT_ASSERT_EQUAL(ssize_t(-1), ::write(ends[1], "x", 1));
    CPPUNIT_ASSERT_EQUAL(EPIPE, errno);
    ::close(ends[1]);
  }

  void aHandlerOfSigpipeStays() {
    const auto before = std::signal(SIGPIPE, [](int) {});
    const EventLoop other;
    struct sigaction now {};
    sigaction(SIGPIPE, nullptr, &now);
    std::signal(SIGPIPE, before);
    CPPUNIT_ASSERT(now.sa_handler != SIG_IGN && now.sa_handler != SIG_DFL);
  }

  void aBorrowedBaseIsNotRun() {
    const detail::EventBase base(event_base_new());
    EventLoop borrowed(base.get());
    CPPUNIT_ASSERT(!borrowed.ownsBase());
    CPPUNIT_ASSERT(borrowed.base() == base.get());
    CPPUNIT_ASSERT(borrowed.run().kind() == ErrorKind::kInvalid);
    CPPUNIT_ASSERT(loop_->ownsBase());
  }

  void aBorrowedBaseGetsNoSignals() {
    const detail::EventBase base(event_base_new());
    EventLoop borrowed(base.get());
    CPPUNIT_ASSERT(borrowed.onSignal(SIGUSR1, [] {}).status().kind() == ErrorKind::kInvalid);
  }

  void aBorrowedBaseIsTurnedWhileBlockingFormsWait() {
    const detail::EventBase base(event_base_new());
    EventLoop borrowed(base.get());
    Call call = borrowed.defer([this] { log_ += "deferred "; });
    borrowed.post([this] { log_ += "posted "; });
    CPPUNIT_ASSERT(test::turnUntil(borrowed, [this] { return log_.size() == 16; }));
  }

  // Symptom: libevent wrote of a "reentrant invocation" to stderr.
  void blockingInACallbackOfTheOwnerIsRefusedQuietly() {
    static int printed;
    printed = 0;
    event_set_log_callback([](int, const char*) { ++printed; });
    const detail::EventBase base(event_base_new());
    EventLoop borrowed(base.get());
    std::pair<EventLoop*, Status> asked(&borrowed, {});
    const auto ask = [](evutil_socket_t, short, void* arg) {
      auto& [loop, status] = *static_cast<std::pair<EventLoop*, Status>*>(arg);
      status = loop->runUntil([] { return false; });
    };
    event_base_once(base.get(), -1, EV_TIMEOUT, ask, &asked, nullptr);
    event_base_loop(base.get(), EVLOOP_ONCE);
    event_set_log_callback(nullptr);
    CPPUNIT_ASSERT_EQUAL(ErrorKind::kInvalid, asked.second.kind());
    CPPUNIT_ASSERT(asked.second.detail().find("from inside a callback") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(0, printed);
    CPPUNIT_ASSERT(borrowed.runUntil([] { return true; }).ok());  // outside it is allowed again
  }

  void stopLeavesABorrowedBaseRunning() {
    const detail::EventBase base(event_base_new());
    EventLoop borrowed(base.get());
    Call call = borrowed.defer([&] { borrowed.stop(); });
    Timer later(borrowed, [this, &base] {
      log_ += "later";
      event_base_loopbreak(base.get());
    });
    later.start(1ms);
    event_base_dispatch(base.get());
    CPPUNIT_ASSERT_EQUAL(std::string("later"), log_);
  }

  void nothingStaysOnABorrowedBase() {
    const detail::EventBase base(event_base_new());
    {
      EventLoop borrowed(base.get());
      Timer timer(borrowed, [] {});
      timer.start(1h);
      Call call = borrowed.defer([] {});
      borrowed.post([] {});
      borrowed.deleteLater(dying("x"));
      CPPUNIT_ASSERT(events(base.get()) >= 3);
    }
    CPPUNIT_ASSERT_EQUAL(0, events(base.get()));
    CPPUNIT_ASSERT_EQUAL(1, event_base_loop(base.get(), EVLOOP_NONBLOCK));  // nothing to wait for
  }

  void aBorrowedBaseMustBeOne() { const EventLoop loop(static_cast<event_base*>(nullptr)); }

 private:
  // Runs a function when it dies.
  class Dying {
   public:
    explicit Dying(std::function<void()> onDeath) : onDeath_(std::move(onDeath)) {}
    Dying(const Dying&) = delete;
    Dying& operator=(const Dying&) = delete;
    ~Dying() { onDeath_(); }

   private:
    std::function<void()> onDeath_;
  };

  std::unique_ptr<Dying> dying(const std::string& name) {
    return std::make_unique<Dying>([this, name] { log_ += name + " "; });
  }

  static int events(event_base* base) {
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

  std::unique_ptr<EventLoop> loop_;
  std::string log_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(EventLoopTest);

}  // namespace evmicro

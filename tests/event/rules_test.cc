// The seven rules of src/DESIGN.md, "One thread, one loop", at least one case for each, checked
// with everything that the foundations hand out: Timer, Call, Subscription, Pending, Lifetime. What
// parts further up do about them is in their own suites.
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <regex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/call.h>
#include <evmicro/context.h>
#include <evmicro/event_loop.h>
#include <evmicro/lifetime.h>
#include <evmicro/pending.h>
#include <evmicro/timer.h>

#include "call/user_code.h"
#include "support/captured_log.h"
#include "support/manual_clock.h"
#include "support/turn_until.h"

namespace evmicro {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

// Work that goes on by itself, such as a call.
class Work final : public detail::Abandonable {
 public:
  explicit Work(int& abandoned) : abandoned_(abandoned) {}
  void abandon() noexcept override { ++abandoned_; }

 private:
  int& abandoned_;
};

// Notes its death.
class Noting {
 public:
  Noting(std::string text, std::string& order) : text_(std::move(text)), order_(order) {}
  Noting(const Noting&) = delete;
  Noting& operator=(const Noting&) = delete;
  ~Noting() { order_ += text_; }

 private:
  std::string text_;
  std::string& order_;
};

}  // namespace

class RulesTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RulesTest);
  CPPUNIT_TEST(rule1CallCancelsWhenItDies);
  CPPUNIT_TEST(rule1CallMayBeMovedAndReplaced);
  CPPUNIT_TEST(rule1EmptyCallsMeanNothing);
  CPPUNIT_TEST(rule1PendingIgnoredGoesOn);
  CPPUNIT_TEST(rule1PendingTakenAsACallIsGivenUpWithIt);
  CPPUNIT_TEST(rule1DeathSilencesWhatWasDueInTheSameTurn);
  CPPUNIT_TEST(rule2CompletionsRunOnce);
  CPPUNIT_TEST(rule3NothingRunsInsideTheCallThatAsks);
  CPPUNIT_TEST(rule4CallbackMayDestroyItsOwner);
  CPPUNIT_TEST(rule4LifetimeEndsWhatWasGuarded);
  CPPUNIT_TEST(rule4WatchesExpireWithTheirOwner);
  CPPUNIT_TEST(rule5RunningFunctionOutlivesItsToken);
  CPPUNIT_TEST(rule6TokensDieFirst);
  CPPUNIT_TEST(rule7UserCodeMayThrow);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    clock_ = std::make_unique<test::ManualClock>();
    loop_ = std::make_unique<EventLoop>();
    log_.clear();
  }
  void tearDown() override {
    loop_.reset();
    clock_.reset();
  }

  void rule1CallCancelsWhenItDies() {
    const auto wait = std::make_shared<int>(7);
    const std::weak_ptr<int> pending = wait;
    {
      const Call call(std::make_shared<std::shared_ptr<int>>(wait));
      CPPUNIT_ASSERT_EQUAL(2L, wait.use_count());
    }
    CPPUNIT_ASSERT_EQUAL(1L, wait.use_count());
    Call call(std::make_shared<std::shared_ptr<int>>(wait));
    call.cancel();
    CPPUNIT_ASSERT_EQUAL(1L, wait.use_count());
    call.cancel();
  }

  void rule1CallMayBeMovedAndReplaced() {
    std::string order;
    Call first(std::make_shared<Noting>("first ", order));
    Call second = std::move(first);
    first.cancel();  // it has nothing any more
    CPPUNIT_ASSERT_EQUAL(std::string(), order);
    second = Call(std::make_shared<Noting>("second ", order));
    CPPUNIT_ASSERT_EQUAL(std::string("first "), order);
    second = Call();
    CPPUNIT_ASSERT_EQUAL(std::string("first second "), order);
  }

  void rule1EmptyCallsMeanNothing() {
    Call nothing;
    nothing.cancel();
    const Call none(std::shared_ptr<void>{});
    const Subscription moved = std::move(nothing);
  }

  void rule1PendingIgnoredGoesOn() {
    int abandoned = 0;
    const auto work = std::make_shared<Work>(abandoned);
    { const Pending ignored(work); }
    CPPUNIT_ASSERT_EQUAL(0, abandoned);
    CPPUNIT_ASSERT_EQUAL_MESSAGE("it holds nothing", 1L, work.use_count());
  }

  void rule1PendingTakenAsACallIsGivenUpWithIt() {
    int abandoned = 0;
    std::weak_ptr<Work> watched;
    {
      auto work = std::make_shared<Work>(abandoned);
      watched = work;
      const Call call = Pending(std::move(work));
      CPPUNIT_ASSERT_EQUAL(0, abandoned);
    }
    CPPUNIT_ASSERT_EQUAL(1, abandoned);
    CPPUNIT_ASSERT(watched.expired());

    const auto work = std::make_shared<Work>(abandoned);
    Call call = Pending(work);
    Call moved = std::move(call);
    call.cancel();
    CPPUNIT_ASSERT_EQUAL(1, abandoned);
    moved.cancel();
    CPPUNIT_ASSERT_EQUAL(2, abandoned);
    moved.cancel();
    CPPUNIT_ASSERT_EQUAL(2, abandoned);
  }

  // Each of them is due when the first runs, and takes all others away.
  void rule1DeathSilencesWhatWasDueInTheSameTurn() {
    std::optional<Timer> first, second;
    Call third, fourth;
    const auto takeAllAway = [&](const char* name) {
      log_ += name;
      first.reset();
      second.reset();
      third.cancel();
      fourth.cancel();
    };
    first.emplace(*loop_, [=] { takeAllAway("timer "); });
    second.emplace(*loop_, [=] { takeAllAway("timer "); });
    first->start({});
    second->start({});
    third = loop_->defer([=] { takeAllAway("deferred "); });
    fourth = loop_->defer([=] { takeAllAway("deferred "); });
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::string("timer "), log_);
  }

  void rule2CompletionsRunOnce() {
    int fired = 0;
    int ran = 0;
    int ended = 0;
    Timer timer(*loop_, [&] { ++fired; });
    timer.start(1ms);
    const Call deferred = loop_->defer([&] { ++ran; });
    Context context;
    const Subscription watching = context.onDone([&] { ++ended; });
    context.cancel();
    context.cancel();
    clock_->advance(*loop_, 1h);
    CPPUNIT_ASSERT_EQUAL(1, fired);
    CPPUNIT_ASSERT_EQUAL(1, ran);
    CPPUNIT_ASSERT_EQUAL(1, ended);
  }

  void rule3NothingRunsInsideTheCallThatAsks() {
    bool asking = true;
    int inside = 0;
    int ran = 0;
    const auto note = [&] {
      ++ran;
      if (asking) ++inside;
    };
    Timer timer(*loop_, note);
    timer.start({});
    timer.start(-1s);
    const Call deferred = loop_->defer(note);
    loop_->post(note);
    asking = false;
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(0, inside);
    CPPUNIT_ASSERT_EQUAL(3, ran);

    asking = true;  // and the same within a callback
    ran = 0;
    Call fromWithin;
    const Call outer = loop_->defer([&] {
      timer.start({});
      fromWithin = loop_->defer(note);
      loop_->post(note);
      asking = false;
    });
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(0, inside);
    CPPUNIT_ASSERT_EQUAL(3, ran);
  }

  void rule4CallbackMayDestroyItsOwner() {
    struct Self {
      explicit Self(EventLoop& loop, std::function<void()> then)
          : timer(loop, [then] {
              const auto last = then;  // brings its state in order, copies, and calls out last
              last();
            }) {
        timer.start({});
      }
      Timer timer;
    };
    std::unique_ptr<Self> self;
    self = std::make_unique<Self>(*loop_, [&] {
      self.reset();
      log_ += "destroyed";
    });
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::string("destroyed"), log_);
  }

  void rule4LifetimeEndsWhatWasGuarded() {
    auto owner = std::make_unique<Lifetime>();
    int sum = 0;
    const auto add = owner->guard([&sum](int a, const std::unique_ptr<int>& b) { sum += a + *b; });
    auto again = add;  // may be copied, as std::function needs
    again(1, std::make_unique<int>(2));
    CPPUNIT_ASSERT_EQUAL(3, sum);
    owner.reset();
    again(1, std::make_unique<int>(2));
    CPPUNIT_ASSERT_EQUAL(3, sum);
  }

  void rule4WatchesExpireWithTheirOwner() {
    auto owner = std::make_unique<Lifetime>();
    const Lifetime::Watch watch = owner->watch();
    const Lifetime::Watch other = owner->watch();
    CPPUNIT_ASSERT(!watch.expired() && !other.expired());
    owner.reset();
    CPPUNIT_ASSERT(watch.expired() && other.expired());
  }

  void rule5RunningFunctionOutlivesItsToken() {
    const std::string captured(64, 'x');
    std::string seen;
    std::optional<Timer> timer;
    timer.emplace(*loop_, [&timer, &seen, captured] {
      timer.reset();
      seen += captured;
    });
    timer->start({});
    Call deferred;
    deferred = loop_->defer([&deferred, &seen, captured] {
      deferred.cancel();
      seen += captured;
    });
    Context context;
    Subscription watching;
    watching = context.onDone([&watching, &seen, captured] {
      watching.cancel();
      seen += captured;
    });
    test::turn(*loop_);
    context.cancel();
    CPPUNIT_ASSERT_EQUAL(std::string(3 * 64, 'x'), seen);
  }

  // Read in the sources: behind a token there are others, or what owns others, or a word on why.
  void rule6TokensDieFirst() {
    const std::regex token(
        R"(^ +(std::(optional|unique_ptr|vector)<)?(Timer|Call|Subscription|Lifetime|IdleTimer|Deadlines|EventHandle)>? \w+_?(\{.*\})?;.*)");
    const std::regex allowed(R"(^ +std::(optional|unique_ptr|shared_ptr)<.*|.*;  +//.*)");
    const std::regex member(
        R"(^ +(const )?[\w:]+(<.*>)?[ *&]+(const )?\w+_( = [^()]*|\{.*\})?;.*)");
    std::string wrong;
    int tokens = 0;
    for (const auto& entry : fs::recursive_directory_iterator(TEST_SOURCE_DIR "/../src")) {
      if (entry.path().extension() != ".h" && entry.path().extension() != ".cc") continue;
      std::ifstream in(entry.path());
      bool behindToken = false;
      for (std::string line; std::getline(in, line);) {
        if (line.find("};") != std::string::npos || line.find("class ") != std::string::npos ||
            line.find("struct ") != std::string::npos) {
          behindToken = false;
        } else if (std::regex_match(line, token)) {
          behindToken = true;
          ++tokens;
        } else if (behindToken && std::regex_match(line, member) &&
                   !std::regex_match(line, allowed)) {
          wrong += entry.path().filename().string() + ":" + line + "\n";
        }
      }
    }
    CPPUNIT_ASSERT_EQUAL(std::string(), wrong);
    CPPUNIT_ASSERT_MESSAGE(std::to_string(tokens), tokens > 60);
  }

  void rule7UserCodeMayThrow() {
    const test::CapturedLog log("call");
    const Status thrown = detail::runUserCode("the handler", [] { throw std::runtime_error("x"); });
    CPPUNIT_ASSERT(thrown.kind() == ErrorKind::kInternal);
    CPPUNIT_ASSERT_EQUAL(std::string("the handler threw: x"), thrown.detail());
    CPPUNIT_ASSERT_EQUAL(std::string("the handler threw something unknown"),
                         detail::runUserCode("the handler", [] { throw 7; }).detail());
    CPPUNIT_ASSERT(detail::runUserCode("the handler", [] {}).ok());
    const std::vector<std::string> lines = {"WARN the handler threw: x",
                                            "WARN the handler threw something unknown"};
    CPPUNIT_ASSERT(lines == log.lines());
  }

 private:
  std::unique_ptr<test::ManualClock> clock_;
  std::unique_ptr<EventLoop> loop_;
  std::string log_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(RulesTest);

}  // namespace evmicro

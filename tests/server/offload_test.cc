#include <evmicro/offload.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include <google/protobuf/wrappers.pb.h>

#include <evmicro/event_loop.h>
#include <evmicro/memory_transport.h>
#include <evmicro/service.h>

#include "support/turn_until.h"

namespace evmicro {

using namespace std::chrono_literals;

namespace {

// Keeps threads waiting.
class Gate {
 public:
  void pass() {
    std::unique_lock<std::mutex> lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void open() {
    const std::lock_guard<std::mutex> lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void awaitWaiting(int threads) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ >= threads; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool open_ = false;
};

}  // namespace

class OffloadTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(OffloadTest);
  CPPUNIT_TEST(worksElsewhereAndComesBack);
  CPPUNIT_TEST(givesValuesResultsAndStatuses);
  CPPUNIT_TEST(movesWhatCannotBeCopied);
  CPPUNIT_TEST(exceptionsBecomeErrors);
  CPPUNIT_TEST(theLoopDoesNotWait);
  CPPUNIT_TEST(asManyAtATimeAsThreads);
  CPPUNIT_TEST(nothingAboveTheQueue);
  CPPUNIT_TEST(freeThreadsNeedNoQueue);
  CPPUNIT_TEST(aDroppedTokenSilences);
  CPPUNIT_TEST(aDroppedTokenKeepsItFromBeginning);
  CPPUNIT_TEST(destroyingItWaitsForWhatRuns);
  CPPUNIT_TEST(destroyingItDropsWhatWaits);
  CPPUNIT_TEST(thenMayDestroyIt);
  CPPUNIT_TEST(capturesEndOnTheLoop);
  CPPUNIT_TEST(answersCalls);
  CPPUNIT_TEST(doesNotBeginForACallerWhoHasLeft);
  CPPUNIT_TEST(itsEndAnswersWithAnError);
  CPPUNIT_TEST_SUITE_END();

 public:
  using Text = google::protobuf::StringValue;

  void setUp() override {
    loop_ = std::make_unique<EventLoop>();
    offload_ = std::make_unique<Offload>(*loop_);
    log_.clear();
  }
  void tearDown() override {
    service_.reset();
    offload_.reset();
    loop_.reset();
    reply_.reset();
  }

  void worksElsewhereAndComesBack() {
    std::optional<std::thread::id> worked;
    std::optional<std::thread::id> came;
    offload_->run([&] { worked = std::this_thread::get_id(); },
                  [&](const Status&) { came = std::this_thread::get_id(); });
    CPPUNIT_ASSERT(turnUntil([&] { return came.has_value(); }));
    CPPUNIT_ASSERT(*worked != std::this_thread::get_id());
    CPPUNIT_ASSERT(*came == std::this_thread::get_id());
  }

  void givesValuesResultsAndStatuses() {
    offload_->run([] { return 1; }, [this](Result<int> one) { log_ += std::to_string(*one); });
    offload_->run([] { return Result<int>(2); },
                  [this](Result<int> two) { log_ += std::to_string(*two); });
    offload_->run([] { return Result<int>(Status::notFound("3")); },
                  [this](const Result<int>& three) { log_ += three.status().detail(); });
    offload_->run([] { return Status::invalid("4"); },
                  [this](const Status& four) { log_ += four.detail(); });
    CPPUNIT_ASSERT(turnUntil([this] { return log_.size() == 4; }));
    CPPUNIT_ASSERT_EQUAL(std::string("1234"), log_);
  }

  void movesWhatCannotBeCopied() {
    auto seven = std::make_unique<int>(7);
    offload_->run([seven = std::move(seven)]() mutable { return std::move(seven); },
                  [this, one = std::make_unique<int>(1)](Result<std::unique_ptr<int>> moved) {
                    log_ = std::to_string(**moved + *one);
                  });
    CPPUNIT_ASSERT(turnUntil([this] { return log_ == "8"; }));
  }

  void exceptionsBecomeErrors() {
    offload_->run([] { throw std::runtime_error("thrown"); },
                  [this](const Status& why) { log_ += why.detail() + "; "; });
    offload_->run([]() -> int { throw 7; },
                  [this](const Result<int>& why) { log_ += std::to_string(why.status().code()); });
    CPPUNIT_ASSERT(turnUntil([this] { return log_.find("500") != log_.npos; }));
    CPPUNIT_ASSERT_EQUAL(std::string("the offloaded function threw: thrown; 500"), log_);
  }

  void theLoopDoesNotWait() {
    Gate gate;
    offload_->run([&gate] { gate.pass(); }, [this](const Status&) { log_ += "worked"; });
    gate.awaitWaiting(1);
    loop_->post([this] { log_ += "turned "; });
    CPPUNIT_ASSERT(turnUntil([this] { return log_ == "turned "; }));
    gate.open();
    CPPUNIT_ASSERT(turnUntil([this] { return log_ == "turned worked"; }));
  }

  void asManyAtATimeAsThreads() {
    Offload three(*loop_, {3, 100});
    Gate gate;
    for (int i = 0; i < 5; ++i) {
      three.run([&gate] { gate.pass(); }, [this](const Status&) { log_ += "x"; });
    }
    gate.awaitWaiting(3);
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), three.waiting());
    gate.open();
    CPPUNIT_ASSERT(turnUntil([this] { return log_ == "xxxxx"; }));
  }

  void nothingAboveTheQueue() {
    Offload small(*loop_, {1, 2});
    Gate gate;
    const auto add = [&](const std::string& name) {
      small.run([&gate] { gate.pass(); },
                [this, name](const Status& status) {
                  log_ += name + (status.ok() ? "." : std::to_string(status.code()) + " ");
                });
    };
    add("a");
    gate.awaitWaiting(1);
    add("b");
    add("c");
    add("d");
    CPPUNIT_ASSERT_EQUAL_MESSAGE("not within run()", std::string(), log_);
    CPPUNIT_ASSERT(turnUntil([this] { return log_ == "d429 "; }));
    gate.open();
    CPPUNIT_ASSERT(turnUntil([this] { return log_ == "d429 a.b.c."; }));
  }

  // Whether a thread has taken its function yet makes no difference.
  void freeThreadsNeedNoQueue() {
    for (const std::size_t queue : {0U, 1U, 5U}) {
      Offload two(*loop_, {2, queue});
      Gate gate;
      std::size_t done = 0;
      std::size_t refused = 0;
      for (std::size_t i = 0; i < queue + 3; ++i) {
        two.run([&gate] { gate.pass(); },
                [&](const Status& status) { ++(status.ok() ? done : refused); });
      }
      CPPUNIT_ASSERT_EQUAL(queue, two.waiting());
      CPPUNIT_ASSERT(turnUntil([&] { return refused == 1; }));
      gate.open();
      CPPUNIT_ASSERT(turnUntil([&] { return done == queue + 2; }));
      CPPUNIT_ASSERT_EQUAL(std::size_t(1), refused);
      CPPUNIT_ASSERT_EQUAL(std::size_t(0), two.waiting());
    }
  }

  void aDroppedTokenSilences() {
    Gate gate;
    Call call = offload_->run([&gate] { gate.pass(); }, [this](const Status&) { log_ += "a"; });
    gate.awaitWaiting(1);
    call.cancel();
    gate.open();
    offload_->run([] {}, [this](const Status&) { log_ += "b"; });
    CPPUNIT_ASSERT(turnUntil([this] { return !log_.empty(); }));
    CPPUNIT_ASSERT_EQUAL(std::string("b"), log_);
  }

  void aDroppedTokenKeepsItFromBeginning() {
    Gate gate;
    bool begun = false;
    offload_->run([&gate] { gate.pass(); }, [](const Status&) {});
    gate.awaitWaiting(1);
    {
      const Call call = offload_->run([&begun] { begun = true; }, [](const Status&) {});
    }
    gate.open();
    offload_->run([] {}, [this](const Status&) { log_ += "end"; });
    CPPUNIT_ASSERT(turnUntil([this] { return log_ == "end"; }));
    CPPUNIT_ASSERT(!begun);
  }

  void destroyingItWaitsForWhatRuns() {
    std::atomic<bool> ended{false};
    Gate gate;
    offload_->run(
        [&] {
          gate.pass();
          ended = true;
        },
        [this](const Status&) { log_ += "never"; });
    gate.awaitWaiting(1);
    gate.open();
    offload_.reset();
    CPPUNIT_ASSERT(ended);
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::string(), log_);
  }

  void destroyingItDropsWhatWaits() {
    const auto held = std::make_shared<int>(1);
    Gate gate;
    bool begun = false;
    offload_->run([&gate] { gate.pass(); }, [](const Status&) {});
    gate.awaitWaiting(1);
    offload_->run([&begun, held] { begun = true; }, [held](const Status&) {});
    std::thread opener([&gate] { gate.open(); });
    offload_.reset();
    opener.join();
    CPPUNIT_ASSERT_EQUAL(1L, held.use_count());
    static_cast<void>(begun);  // it may have begun before
  }

  void thenMayDestroyIt() {
    for (int i = 0; i < 3; ++i) {
      offload_->run([] {},
                    [this](const Status&) {
                      log_ += "x";
                      offload_.reset();
                    });
    }
    CPPUNIT_ASSERT(turnUntil([this] { return !offload_; }));
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::string("x"), log_);
  }

  void capturesEndOnTheLoop() {
    std::optional<std::thread::id> where;
    struct Noting {
      explicit Noting(std::optional<std::thread::id>& to) : end(&to) {}
      Noting(Noting&& other) noexcept : end(std::exchange(other.end, nullptr)) {}
      Noting& operator=(Noting&&) = delete;
      ~Noting() {
        if (end) *end = std::this_thread::get_id();
      }
      std::optional<std::thread::id>* end;
    };
    offload_->run([noting = Noting(where)] {}, [](const Status&) {});
    CPPUNIT_ASSERT(turnUntil([&] { return where.has_value(); }));
    CPPUNIT_ASSERT(*where == std::this_thread::get_id());
  }

  void answersCalls() {
    serve([](const Text& request) {
      Text response;
      response.set_value("Hello " + request.value());
      return response;
    });
    const Call call = begin("John");
    CPPUNIT_ASSERT(turnUntil([this] { return reply_.has_value(); }));
    CPPUNIT_ASSERT_EQUAL(std::string("Hello John"), (*reply_)->value());
  }

  void doesNotBeginForACallerWhoHasLeft() {
    Gate gate;
    std::atomic<int> begun{0};
    serve([&](const Text& request) {
      ++begun;
      gate.pass();
      return request;
    });
    const Call first = begin("first");
    CPPUNIT_ASSERT(turnUntil([&] { return begun == 1; }));
    Call second = begin("second");
    CPPUNIT_ASSERT(turnUntil([this] { return offload_->waiting() == 1; }));
    second.cancel();
    CPPUNIT_ASSERT(turnUntil([this] { return service_->server().stats().calls == 1; }));
    gate.open();
    CPPUNIT_ASSERT(turnUntil([this] { return reply_.has_value() && offload_->waiting() == 0; }));
    CPPUNIT_ASSERT_EQUAL(std::string("first"), (*reply_)->value());
    offload_.reset();
    CPPUNIT_ASSERT_EQUAL(1, begun.load());
  }

  void itsEndAnswersWithAnError() {
    Gate gate;
    serve([&gate](const Text& request) {
      gate.pass();
      return request;
    });
    const Call call = begin("John");
    gate.awaitWaiting(turnUntil([this] { return service_->server().stats().calls == 1; }) ? 1 : 0);
    gate.open();
    offload_.reset();
    CPPUNIT_ASSERT(turnUntil([this] { return reply_.has_value(); }));
    CPPUNIT_ASSERT_EQUAL(500, reply_->status().code());
  }

 private:
  template <typename F>
  void serve(F answer) {
    ServiceOptions options;
    options.name = "greeter";
    options.registry = "memory";
    options.server.address = "127.0.0.1:0";
    service_ = std::make_unique<Service>(*loop_, options);
    service_->server().handle<Text, Text>("Greeter.Hello", [this, answer](const Context& context,
                                                                          const Text& request,
                                                                          Reply<Text> reply) {
      offload_->answer(context, std::move(reply), [answer, request] { return answer(request); });
    });
    bool started = false;
    service_->start([&started](const Status& status) { started = status.ok(); });
    CPPUNIT_ASSERT(turnUntil([&started] { return started; }));
  }
  Call begin(const std::string& name) {
    Text request;
    request.set_value(name);
    return service_->client().call<Text>({}, "greeter", "Greeter.Hello", request,
                                         [this](Result<Text> reply) { reply_ = std::move(reply); });
  }
  bool turnUntil(const std::function<bool()>& done) { return test::turnUntil(*loop_, done); }

  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<Offload> offload_;
  std::unique_ptr<Service> service_;
  std::optional<Result<Text>> reply_;
  std::string log_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(OffloadTest);

}  // namespace evmicro

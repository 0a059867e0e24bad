// user_srv under a thousand logins a second: what hashes passwords must not hold its loop.
#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/timer.h>

#include "http/raw_peer.h"
#include "integration/greeter_process.h"
#include "integration/json_caller.h"
#include "support/agent_process.h"
#include "support/temporary_folder.h"
#include "support/turn_until.h"

namespace evmicro {

using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kWindow = 1'200ms;
constexpr int kPerSecond = 1'000;
constexpr int kMostAtOnce = 32;  // a machine that is too slow for the rate gets what it can take
constexpr auto kProbe = 5ms;
constexpr auto kMostLag = 20ms;
constexpr int kAttempts = 3;

// Asks for /health again and again. The loop answers it itself: an answer takes at least as long as
// the loop is late.
class Probe {
 public:
  Probe(EventLoop& loop, const std::string& address)
      : loop_(loop), peer_(loop, address), timer_(loop, [this] { ask(); }) {
    timer_.start(0ms);
  }

  /// How long nine of ten answers took at most, since the last time.
  Clock::duration take() {
    std::vector<Clock::duration> took = std::exchange(took_, {});
    if (took.empty()) return Clock::duration::max();
    std::sort(took.begin(), took.end());
    return took[took.size() * 9 / 10];
  }

 private:
  void ask() {
    if (asked_ && peer_.has("\r\n\r\nok\n")) {
      peer_.forget();
      took_.push_back(Clock::now() - begun_);
      asked_ = false;
      return timer_.start(kProbe);
    }
    if (!std::exchange(asked_, true)) {
      begun_ = Clock::now();
      peer_.send("GET /health HTTP/1.1\r\nHost: h\r\n\r\n");
    }
    timer_.start(200us);
  }

  EventLoop& loop_;
  test::RawPeer peer_;
  bool asked_ = false;
  Clock::time_point begun_;
  std::vector<Clock::duration> took_;
  Timer timer_;
};

}  // namespace

class LoginLoadTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LoginLoadTest);
  CPPUNIT_TEST(aThousandLoginsASecondDoNotHoldTheLoop);
  CPPUNIT_TEST_SUITE_END();

 public:
  void aThousandLoginsASecondDoNotHoldTheLoop() {
    const test::AgentProcess agent;
    const test::TemporaryFolder folder;
    const test::ServiceProcess service("user_srv", agent.address(),
                                       {"--database_url", "sqlite:" + folder.file("user.db")});
    test::JsonCaller caller;
    CPPUNIT_ASSERT_EQUAL(
        std::string("{}"),
        caller.call(service.address(), "Account.Create",
                    R"({"user":{"id":"1","username":"john","email":"j@x"},"password":"secret"})"));
    Probe probe(caller.loop(), service.address());
    Load reads(caller, service.address(), "Account.Read", R"({"id":"2"})");
    Load logins(caller, service.address(), "Account.Login",
                R"({"username":"john","password":"secret"})");
    // A machine that is slow, or has other work, makes everything late: what calls without a hash
    // take at the same rate is allowed three times. A login that hashed on the loop would hold it
    // as long as dozens of them.
    std::string report;
    bool inTime = false;
    for (int attempt = 0; attempt < kAttempts && !inTime; ++attempt) {
      const Clock::duration without = measure(caller, probe, reads);
      const Clock::duration with = measure(caller, probe, logins);
      inTime = with <= std::max<Clock::duration>(kMostLag, 3 * without);
      report += text(with) + ", without hashes " + text(without) + "; ";
    }
    CPPUNIT_ASSERT_MESSAGE("9 of 10 answers within " + report, inTime);
    CPPUNIT_ASSERT_EQUAL(std::string(), reads.other + logins.other);
    CPPUNIT_ASSERT(reads.missing > 0);
    CPPUNIT_ASSERT(logins.good > 0);
  }

 private:
  // Calls at their rate, as long as it is started.
  struct Load {
    Load(test::JsonCaller& to, std::string at, std::string what, std::string with)
        : caller(to),
          address(std::move(at)),
          method(std::move(what)),
          request(std::move(with)),
          timer(to.loop(), [this] { send(); }) {}

    void start() {
      begun = Clock::now();
      sent = answered = 0;
      timer.start(0ms);
    }

    void send() {
      const auto due = std::chrono::duration<double>(Clock::now() - begun).count() * kPerSecond;
      for (; sent < static_cast<int>(due) && sent - answered < kMostAtOnce; ++sent) {
        caller.begin(address, method, request, [this](const std::string& answer) {
          ++answered;
          if (answer.find("\"session\"") != std::string::npos) {
            ++good;
          } else if (answer.rfind("404 ", 0) == 0) {
            ++missing;
          } else if (answer.rfind("429 ", 0) != 0) {
            other = answer;
          }
        });
      }
      timer.start(1ms);
    }

    void finish() {
      timer.stop();
      CPPUNIT_ASSERT(test::turnUntil(caller.loop(), [this] { return answered == sent; }));
    }

    test::JsonCaller& caller;
    const std::string address;
    const std::string method;
    const std::string request;
    Clock::time_point begun;
    int sent = 0;
    int answered = 0;
    int good = 0;
    int missing = 0;
    std::string other;
    Timer timer;
  };

  static Clock::duration measure(test::JsonCaller& caller, Probe& probe, Load& load) {
    load.start();
    test::runFor(caller.loop(), 100ms);
    probe.take();
    test::runFor(caller.loop(), kWindow);
    const Clock::duration late = probe.take();
    load.finish();
    return late;
  }
  static std::string text(Clock::duration time) {
    return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(time).count()) +
           " us";
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LoginLoadTest);

}  // namespace evmicro

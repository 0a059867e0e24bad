#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/event_loop.h>

#include "support/captured_log.h"
#include "support/manual_clock.h"
#include "support/starved_descriptors.h"
#include "support/turn_until.h"

namespace evmicro::test {

/// What every listener must do for which no descriptor is left, whether an event of ours or evhttp
/// accepts. Peers wait for it in all cases.
class StarvedListener {
 public:
  /// `deferrals`: how often the listener has paused.
  StarvedListener(ManualClock& clock, EventLoop& loop, std::function<std::uint64_t()> deferrals)
      : clock_(clock), loop_(loop), deferrals_(std::move(deferrals)) {}

  /// The lines that were logged.
  CapturedLog& log() noexcept { return log_; }

  /// A listener that is not paused is readable all the time: the loop would spin, and log a line in
  /// every turn.
  void pausesLongerAndLonger() {
    const DescriptorLimit none(lowestFreeDescriptor());
    const auto start = EventLoop::now();
    CPPUNIT_ASSERT(clock_.advanceUntil(loop_, [&] { return deferrals_() == 8; }));
    CPPUNIT_ASSERT(EventLoop::now() - start == std::chrono::milliseconds(635));  // 5 + 10 + ... 320
    const auto before = ownCpuTime();
    runFor(loop_, std::chrono::milliseconds(100));  // of real time
    const auto used = (ownCpuTime() - before) / std::chrono::microseconds(1);
    CPPUNIT_ASSERT_MESSAGE("CPU time used: " + std::to_string(used) + " us", used < 50'000);
    expectLogged({5, 10, 20, 40, 80, 160, 320, 640});
  }

  /// The delays begin anew, because something has been accepted since the last ones.
  void pausesAnew() {
    {
      const DescriptorLimit none(lowestFreeDescriptor());
      const auto wanted = deferrals_() + 3;
      CPPUNIT_ASSERT(clock_.advanceUntil(loop_, [&] { return deferrals_() == wanted; }));
    }
    expectLogged({5, 10, 20});
    log_.clear();
  }

  /// Pauses twice, and is left in the second pause.
  void pausesTwice() {
    const DescriptorLimit none(lowestFreeDescriptor());
    CPPUNIT_ASSERT(clock_.advanceUntil(loop_, [&] { return deferrals_() == 2; }));
  }

  /// Of the pauses since `start` few were logged as warnings.
  void expectFewWarnings(EventLoop::Clock::time_point start) {
    const auto seconds = (EventLoop::now() - start) / std::chrono::seconds(1);
    const auto& lines = log_.lines();
    const auto warnings = std::count_if(lines.begin(), lines.end(), [](const std::string& line) {
      return line.rfind("WARN", 0) == 0;
    });
    CPPUNIT_ASSERT_EQUAL(deferrals_(), std::uint64_t(lines.size()));
    CPPUNIT_ASSERT_MESSAGE(std::to_string(warnings), warnings > 0 && warnings <= 16 + seconds + 1);
  }

 private:
  void expectLogged(const std::vector<int>& pauses) {
    std::vector<std::string> expected;
    for (const int pause : pauses) {
      expected.push_back("WARN Accept error: Too many open files; retrying in " +
                         std::to_string(pause) + "ms");
    }
    CPPUNIT_ASSERT(expected == log_.lines());
  }

  ManualClock& clock_;
  EventLoop& loop_;
  const std::function<std::uint64_t()> deferrals_;
  CapturedLog log_{"net"};
};

}  // namespace evmicro::test

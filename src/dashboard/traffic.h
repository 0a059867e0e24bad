#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <deque>
#include <string>

#include <evmicro/event_loop.h>
#include <evmicro/timer.h>

namespace evmicro::dashboard {

/// Counts the replies of a web server by class of status, in steps of five seconds.
class Traffic {
 public:
  static constexpr std::chrono::seconds kStep{5};
  static constexpr std::size_t kSteps = 23;  ///< steps that are kept

  explicit Traffic(EventLoop& loop);
  Traffic(const Traffic&) = delete;
  Traffic& operator=(const Traffic&) = delete;
  ~Traffic() = default;

  /// Counts a reply.
  void count(int status);
  /// The statistics in the form of Go Micro's page /stats: start, memory, threads, counters.
  std::string json() const;

 private:
  struct Counters {
    std::int64_t time = 0;
    std::array<std::uint64_t, 4> byClass{};  // 2xx to 5xx
    std::uint64_t total = 0;
  };

  void step();

  const std::int64_t started_;
  Counters now_;
  std::deque<Counters> past_;
  Timer timer_;
};

/// The status in a line of the access log; 0 if there is none.
int statusOfLogLine(const std::string& line);

}  // namespace evmicro::dashboard

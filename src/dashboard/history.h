#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <string>

#include "dashboard/node_metrics.h"

namespace evmicro::dashboard {

/// What happened between two scrapes of a node or, added up, of all nodes of a service.
struct Activity {
  struct Method {
    double calls = 0;  ///< per second
    double errors = 0;
    double inFlight = 0;
    double streams = 0;
    std::map<double, double> latency;  ///< as in MethodTotals, of the calls in this time
  };

  std::map<std::string, Method> methods;
  std::map<std::string, double> callers;  ///< calls per second by calling service
  double cpu = 0;                         ///< share of one processor
  double loopLag = 0;                     ///< mean, seconds

  void add(const Activity& other);
  /// Of all methods except `Debug.`: calls per second and the latencies of all.
  Method total() const;
};

/// The difference of two scrapes that are `seconds` apart. Counters that have become smaller belong
/// to a process that has restarted: they count from zero.
Activity difference(const NodeMetrics& before, const NodeMetrics& now, double seconds);

/// A service at one moment.
struct HistoryPoint {
  std::int64_t time = 0;                                ///< seconds since 1970
  float calls = 0;                                      ///< per second
  float errors = 0;                                     ///< per second
  float p50 = std::numeric_limits<float>::quiet_NaN();  ///< seconds; NaN without calls
  float p95 = std::numeric_limits<float>::quiet_NaN();
  float p99 = std::numeric_limits<float>::quiet_NaN();
  float inFlight = 0;
};

HistoryPoint pointOf(std::int64_t time, const Activity& activity);

/// The points of the last 15 minutes, at most `kMost`.
class History {
 public:
  static constexpr std::int64_t kSeconds = 900;
  static constexpr std::size_t kMost = 180;

  void add(const HistoryPoint& point);
  /// Drops what is older than 15 minutes before `time`.
  void expire(std::int64_t time);

  const std::deque<HistoryPoint>& points() const noexcept { return points_; }

 private:
  std::deque<HistoryPoint> points_;
};

}  // namespace evmicro::dashboard

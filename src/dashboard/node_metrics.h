#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace evmicro::dashboard {

/// The calls of one method since the node was started.
struct MethodTotals {
  double calls = 0;   ///< ended, whatever the outcome
  double errors = 0;  ///< of these, with another code than 200
  double inFlight = 0;
  double streams = 0;  ///< open
  /// Upper bound in seconds -> calls that took at most so long; the last bound is infinite.
  std::map<double, double> latency;
};

/// What a node's page /metrics says, as far as the dashboard shows it.
struct NodeMetrics {
  std::map<std::string, MethodTotals> methods;
  std::map<std::string, double> callers;  ///< calls by the name of the calling service
  double started = 0;                     ///< seconds since 1970; 0: unknown
  double memory = 0;                      ///< bytes
  double cpu = 0;                         ///< seconds
  double connections = 0;
  double loopLag = 0;       ///< sum of all observations, seconds
  double loopLagCount = 0;  ///< observations
};

/// Limits for a page, which may come from anybody who can register a service.
struct NodeMetricsLimits {
  std::size_t methods = 256;
  std::size_t callers = 256;
};

/// Reads a page in Prometheus' text format. Lines that it does not know or cannot read are skipped,
/// and so are methods and callers above the limits. The result is empty for a page of another
/// program.
NodeMetrics readNodeMetrics(std::string_view page, NodeMetricsLimits limits = {});

/// The value below which a share `q` of the observations lies, interpolated within its bucket; NaN
/// if there are none. `cumulative` is as in MethodTotals::latency. In the bucket without a bound it
/// is the largest bound.
double quantile(const std::map<double, double>& cumulative, double q);

}  // namespace evmicro::dashboard

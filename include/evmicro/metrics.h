#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

#include <evmicro/export.h>

namespace evmicro {

/// The state of a histogram: how many observations fell into each bucket.
struct Distribution {
  /// Upper bounds of the buckets, ascending, in the unit of the metric. The last bucket has no
  /// bound.
  std::vector<double> bounds;
  /// Observations per bucket, not cumulative: one element more than bounds.
  std::vector<std::uint64_t> counts;
  /// The sum of all observations.
  double sum = 0;
};

/// Receives a program's metrics during a scrape. Programs keep their metrics as plain integers and
/// report them in a collector, see Server::collect().
///
/// Samples of one name form a family, which has the help text of the first. Names and labels follow
/// Prometheus: `[a-zA-Z_:][a-zA-Z0-9_:]*`, label names without colons and without a leading `__`,
/// label values any text. A malformed name, or two types in one family, throws
/// std::invalid_argument: the scrape then answers 500 with that text.
class EVMICRO_EXPORT Metrics {
 public:
  /// Names and values, escaped as needed.
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  Metrics() = default;
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;
  virtual ~Metrics() = default;

  /// A value that only grows. By convention its name ends in `_total`.
  virtual void counter(std::string_view name, std::string_view help, double value,
                       Labels labels = {}) = 0;
  /// A value that goes up and down.
  virtual void gauge(std::string_view name, std::string_view help, double value,
                     Labels labels = {}) = 0;
  /// @pre value.counts has one element more than value.bounds
  virtual void histogram(std::string_view name, std::string_view help, const Distribution& value,
                         Labels labels = {}) = 0;
};

/// Adds metrics to a scrape. Must not keep a reference to `metrics`.
using Collector = std::function<void(Metrics& metrics)>;

}  // namespace evmicro

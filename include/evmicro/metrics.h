#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

#include <evmicro/export.h>

namespace evmicro {

/// A distribution as it stands: how many observations fell into each bucket.
struct Distribution {
  /// Upper bounds, ascending, in the unit of the metric. The last bucket has none.
  std::vector<double> bounds;
  /// Observations per bucket, not cumulated: one more than there are bounds.
  std::vector<std::uint64_t> counts;
  /// Of all observations.
  double sum = 0;
};

/// Takes the numbers of a program at the time of a scrape: who has them keeps them as plain
/// integers and is asked, see Server::collect().
///
/// Samples of one name make a family; the help of the first is kept. Names and labels follow
/// Prometheus: `[a-zA-Z_:][a-zA-Z0-9_:]*`, labels without the colon and without `__` in front,
/// values any text. A malformed name, and a family that is given two types, is
/// std::invalid_argument: the scrape then answers 500 with that text.
class EVMICRO_EXPORT Metrics {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  Metrics() = default;
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;
  virtual ~Metrics() = default;

  /// A number that only grows. By convention its name ends in `_total`.
  virtual void counter(std::string_view name, std::string_view help, double value,
                       Labels labels = {}) = 0;
  /// A number that goes up and down.
  virtual void gauge(std::string_view name, std::string_view help, double value,
                     Labels labels = {}) = 0;
  /// @pre value.counts has one element more than value.bounds
  virtual void histogram(std::string_view name, std::string_view help, const Distribution& value,
                         Labels labels = {}) = 0;
};

/// Adds numbers to a scrape. Must not keep `metrics`.
using Collector = std::function<void(Metrics& metrics)>;

}  // namespace evmicro

#pragma once

#include <map>
#include <string>
#include <string_view>

namespace evmicro::test {

/// A page in Prometheus' text format (0.0.4), parsed strictly: anything that a scraper might refuse
/// or misunderstand is an error. Checked in addition to the grammar: one HELP and one TYPE per
/// family, before its samples; families in one piece; no series twice; names that end as their type
/// wants; counters not negative; histograms whole, their buckets ascending and cumulated, the last
/// one equal to the count.
class PrometheusPage {
 public:
  /// Throws std::runtime_error with the line that is wrong.
  explicit PrometheusPage(std::string_view text);

  /// By name and labels, these sorted: `calls_total{code="200",method="A.B"}`; values as written.
  const std::map<std::string, double>& series() const noexcept { return series_; }
  /// Throws when there is no such series.
  double at(const std::string& series) const;
  /// "counter", ... of a family; empty when there is none.
  std::string typeOf(const std::string& family) const;

 private:
  std::map<std::string, double> series_;
  std::map<std::string, std::string, std::less<>> types_;
};

}  // namespace evmicro::test

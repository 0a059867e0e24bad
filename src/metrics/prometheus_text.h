#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <prometheus/metric_family.h>

#include <evmicro/metrics.h>

namespace evmicro::detail {

/// Metrics in Prometheus' text format, version 0.0.4. Families appear in the order in which they
/// were first reported.
class PrometheusText final : public Metrics {
 public:
  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

  void counter(std::string_view name, std::string_view help, double value, Labels labels) override;
  void gauge(std::string_view name, std::string_view help, double value, Labels labels) override;
  void histogram(std::string_view name, std::string_view help, const Distribution& value,
                 Labels labels) override;

  std::string text() const;

 private:
  prometheus::ClientMetric& add(prometheus::MetricType type, std::string_view name,
                                std::string_view help, Labels labels);

  std::vector<prometheus::MetricFamily> families_;
  std::map<std::string, std::size_t, std::less<>> places_;  // of the families by name
};

}  // namespace evmicro::detail

#include "metrics/prometheus_text.h"

#include <cassert>
#include <cmath>
#include <limits>
#include <sstream>
#include <stdexcept>

#include <prometheus/check_names.h>
#include <prometheus/text_serializer.h>

namespace evmicro::detail {

using prometheus::ClientMetric;
using prometheus::MetricType;

namespace {

void requireName(bool good, const char* what, std::string_view name) {
  if (good) return;
  throw std::invalid_argument(std::string("metrics: \"") + std::string(name) +
                              "\" is not a valid name of a " + what);
}

}  // namespace

ClientMetric& PrometheusText::add(MetricType type, std::string_view name, std::string_view help,
                                  Labels labels) {
  auto place = places_.find(name);
  if (place == places_.end()) {
    requireName(prometheus::CheckMetricName(std::string(name)), "metric", name);
    prometheus::MetricFamily family;
    family.name = name;
    family.help = help;
    family.type = type;
    place = places_.emplace(name, families_.size()).first;
    families_.push_back(std::move(family));
  }
  prometheus::MetricFamily& family = families_[place->second];
  if (family.type != type) {
    throw std::invalid_argument("metrics: \"" + family.name + "\" has two types");
  }
  ClientMetric metric;
  for (const auto& [label, value] : labels) {
    requireName(prometheus::CheckLabelName(std::string(label)), "label", label);
    metric.label.push_back({std::string(label), std::string(value)});
  }
  family.metric.push_back(std::move(metric));
  return family.metric.back();
}

void PrometheusText::counter(std::string_view name, std::string_view help, double value,
                             Labels labels) {
  add(MetricType::Counter, name, help, labels).counter.value = value;
}

void PrometheusText::gauge(std::string_view name, std::string_view help, double value,
                           Labels labels) {
  add(MetricType::Gauge, name, help, labels).gauge.value = value;
}

void PrometheusText::histogram(std::string_view name, std::string_view help,
                               const Distribution& value, Labels labels) {
  assert(value.counts.size() == value.bounds.size() + 1);
  ClientMetric::Histogram& histogram = add(MetricType::Histogram, name, help, labels).histogram;
  histogram.sample_sum = value.sum;
  for (std::size_t i = 0; i < value.counts.size(); ++i) {
    histogram.sample_count += value.counts[i];
    ClientMetric::Bucket bucket;
    bucket.cumulative_count = histogram.sample_count;
    bucket.upper_bound =
        i < value.bounds.size() ? value.bounds[i] : std::numeric_limits<double>::infinity();
    histogram.bucket.push_back(bucket);
  }
}

std::string PrometheusText::text() const {
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, families_);
  return out.str();
}

}  // namespace evmicro::detail

#include "dashboard/node_metrics.h"

#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>
#include <utility>

namespace evmicro::dashboard {

namespace {

struct Sample {
  std::string_view name;
  std::map<std::string_view, std::string> labels;
  double value = 0;

  const std::string& label(std::string_view which) const {
    static const std::string kNone;
    const auto place = labels.find(which);
    return place == labels.end() ? kNone : place->second;
  }
};

std::optional<double> numberOf(std::string_view text) {
  const std::string copy(text.substr(0, text.find(' ')));  // a time may follow
  char* end = nullptr;
  const double value = std::strtod(copy.c_str(), &end);
  if (copy.empty() || end != copy.c_str() + copy.size()) return std::nullopt;
  return value;
}

// Reads `a="b",c="d"}` and removes it from `rest`.
bool takeLabels(std::string_view& rest, Sample& sample) {
  while (!rest.empty() && rest.front() != '}') {
    const std::size_t equals = rest.find("=\"");
    if (equals == std::string_view::npos) return false;
    std::string& value = sample.labels[rest.substr(0, equals)];
    rest.remove_prefix(equals + 2);
    while (!rest.empty() && rest.front() != '"') {
      if (rest.front() == '\\' && rest.size() > 1) {
        rest.remove_prefix(1);
        value += rest.front() == 'n' ? '\n' : rest.front();
      } else {
        value += rest.front();
      }
      rest.remove_prefix(1);
    }
    if (rest.empty()) return false;
    rest.remove_prefix(1);
    if (!rest.empty() && rest.front() == ',') rest.remove_prefix(1);
  }
  if (rest.empty()) return false;
  rest.remove_prefix(1);
  return true;
}

std::optional<Sample> sampleOf(std::string_view line) {
  const std::size_t nameEnd = line.find_first_of("{ ");
  if (nameEnd == std::string_view::npos || nameEnd == 0) return std::nullopt;
  Sample sample;
  sample.name = line.substr(0, nameEnd);
  std::string_view rest = line.substr(nameEnd);
  if (rest.front() == '{') {
    rest.remove_prefix(1);
    if (!takeLabels(rest, sample)) return std::nullopt;
  }
  while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
  const std::optional<double> value = numberOf(rest);
  if (!value) return std::nullopt;
  sample.value = *value;
  return sample;
}

class Reader {
 public:
  explicit Reader(NodeMetricsLimits limits) : limits_(limits) {}

  void take(const Sample& sample) {
    if (sample.name.substr(0, 15) == "evmicro_server_") {
      takeServer(sample.name.substr(15), sample);
    } else if (sample.name == "process_resident_memory_bytes") {
      read_.memory = sample.value;
    } else if (sample.name == "process_cpu_seconds_total") {
      read_.cpu = sample.value;
    } else if (sample.name == "evmicro_loop_lag_seconds_sum") {
      read_.loopLag = sample.value;
    } else if (sample.name == "evmicro_loop_lag_seconds_count") {
      read_.loopLagCount = sample.value;
    }
  }

  NodeMetrics take() { return std::move(read_); }

 private:
  void takeServer(std::string_view name, const Sample& sample) {
    if (name == "start_time_seconds") {
      read_.started = sample.value;
    } else if (name == "connections_open") {
      read_.connections = sample.value;
    } else if (name == "calls_from_total") {
      takeCaller(sample);
    } else if (sample.labels.count("method") > 0) {
      takeMethod(name, sample);
    }
  }

  void takeCaller(const Sample& sample) {
    const std::string& caller = sample.label("service");
    if (read_.callers.size() >= limits_.callers && read_.callers.count(caller) == 0) return;
    read_.callers[caller] = sample.value;
  }

  void takeMethod(std::string_view name, const Sample& sample) {
    const std::string& method = sample.label("method");
    if (read_.methods.size() >= limits_.methods && read_.methods.count(method) == 0) return;
    MethodTotals& totals = read_.methods[method];
    if (name == "calls_total") {
      totals.calls += sample.value;
      if (sample.label("code") != "200") totals.errors += sample.value;
    } else if (name == "calls_in_flight") {
      totals.inFlight = sample.value;
    } else if (name == "streams_open") {
      totals.streams = sample.value;
    } else if (name == "call_duration_seconds_bucket" && totals.latency.size() < 64) {
      const std::optional<double> bound = numberOf(sample.label("le"));
      if (bound && !std::isnan(*bound)) totals.latency[*bound] = sample.value;
    }
  }

  const NodeMetricsLimits limits_;
  NodeMetrics read_;
};

}  // namespace

NodeMetrics readNodeMetrics(std::string_view page, NodeMetricsLimits limits) {
  Reader reader(limits);
  while (!page.empty()) {
    const std::size_t end = page.find('\n');
    const std::string_view line = page.substr(0, end);
    page.remove_prefix(end == std::string_view::npos ? page.size() : end + 1);
    if (line.empty() || line.front() == '#') continue;
    if (const std::optional<Sample> sample = sampleOf(line)) reader.take(*sample);
  }
  return reader.take();
}

double quantile(const std::map<double, double>& cumulative, double q) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  if (cumulative.empty()) return kNone;
  const double all = cumulative.rbegin()->second;
  if (!(all > 0)) return kNone;
  const double rank = q * all;
  double below = 0;
  double lower = 0;
  for (const auto& [bound, count] : cumulative) {
    if (count >= rank && count > below) {
      if (std::isinf(bound)) return lower;
      return lower + (bound - lower) * (rank - below) / (count - below);
    }
    below = count;
    if (!std::isinf(bound)) lower = bound;
  }
  return lower;
}

}  // namespace evmicro::dashboard

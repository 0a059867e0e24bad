#include "support/prometheus_page.h"

#include <cmath>
#include <cstdlib>
#include <limits>
#include <set>
#include <stdexcept>
#include <vector>

namespace evmicro::test {

namespace {

using Labels = std::map<std::string, std::string>;

struct Sample {
  std::string name;
  Labels labels;
  double value = 0;
};

bool isNameByte(char c, bool first, bool colon) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (colon && c == ':') ||
         (!first && c >= '0' && c <= '9');
}

bool endsIn(std::string_view text, std::string_view tail) {
  return text.size() > tail.size() && text.substr(text.size() - tail.size()) == tail;
}

[[noreturn]] void fail(std::string_view line, const std::string& why) {
  throw std::runtime_error("metrics: " + why + ": " + std::string(line));
}

/// One line, from left to right.
class Line {
 public:
  explicit Line(std::string_view text) : text_(text), rest_(text) {}

  bool take(std::string_view what) {
    if (rest_.substr(0, what.size()) != what) return false;
    rest_.remove_prefix(what.size());
    return true;
  }
  void need(std::string_view what) {
    if (!take(what)) fail(text_, "expected '" + std::string(what) + "'");
  }
  std::string name(bool colon) {
    std::size_t size = 0;
    while (size < rest_.size() && isNameByte(rest_[size], size == 0, colon)) ++size;
    if (size == 0) fail(text_, "expected a name");
    return cut(size);
  }
  // Between quotes; what it stands for is of no interest, only that it is well-formed.
  std::string quoted() {
    need("\"");
    std::size_t size = 0;
    for (; size < rest_.size() && rest_[size] != '"'; ++size) {
      if (rest_[size] != '\\') continue;
      ++size;
      if (size == rest_.size() || std::string_view("\\\"n").find(rest_[size]) == rest_.npos) {
        fail(text_, "bad escape");
      }
    }
    std::string value = cut(size);
    need("\"");
    return value;
  }
  double number() {
    const std::string text(rest_);
    if (text == "+Inf") return std::numeric_limits<double>::infinity();
    if (text == "-Inf") return -std::numeric_limits<double>::infinity();
    if (text == "NaN" || text == "Nan") return std::nan("");
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    const bool odd = text.find_first_not_of("0123456789+-.eE") != text.npos;
    if (text.empty() || odd || *end != '\0') fail(text_, "expected a number at the end");
    return value;
  }
  std::string_view rest() const { return rest_; }
  std::string_view all() const { return text_; }

 private:
  std::string cut(std::size_t size) {
    std::string part(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return part;
  }
  const std::string_view text_;
  std::string_view rest_;
};

Sample readSample(Line& line) {
  Sample sample;
  sample.name = line.name(true);
  if (line.take("{") && !line.take("}")) {
    do {
      const std::string label = line.name(false);
      if (label.rfind("__", 0) == 0) fail(line.all(), "a reserved label");
      line.need("=");
      if (!sample.labels.emplace(label, line.quoted()).second) fail(line.all(), "a label twice");
    } while (line.take(","));
    line.need("}");
  }
  line.need(" ");
  sample.value = line.number();
  return sample;
}

std::string keyOf(const std::string& name, const Labels& labels) {
  std::string key = name;
  for (const auto& [label, value] : labels) {
    key += (key == name ? "{" : ",") + label + "=\"" + value + "\"";
  }
  return labels.empty() ? key : key + "}";
}

/// The lines between one HELP and the next.
struct Family {
  std::string name;
  std::string type;
  std::vector<Sample> samples;

  void check() const {
    if (name.empty()) return;
    if (type.empty()) fail(name, "no TYPE");
    if (samples.empty()) fail(name, "no sample");
    if ((type == "counter") != endsIn(name, "_total")) fail(name, "counters end in _total, alone");
    if (type == "histogram") return checkHistogram();
    for (const Sample& sample : samples) {
      if (sample.name != name) fail(sample.name, "not of the family " + name);
      if (type == "counter" && !(sample.value >= 0)) fail(name, "a counter below 0");
    }
  }

 private:
  struct Histogram {
    std::vector<std::pair<double, double>> buckets;  // bound, cumulated
    std::vector<double> sums, counts;
  };

  void checkHistogram() const {
    std::map<std::string, Histogram> histograms;  // by labels
    for (const Sample& sample : samples) {
      Labels labels = sample.labels;
      const auto le = labels.extract("le");
      Histogram& histogram = histograms[keyOf("", labels)];
      if (sample.name == name + "_bucket" && le) {
        histogram.buckets.emplace_back(Line(le.mapped()).number(), sample.value);
      } else if (sample.name == name + "_sum" && !le) {
        histogram.sums.push_back(sample.value);
      } else if (sample.name == name + "_count" && !le) {
        histogram.counts.push_back(sample.value);
      } else {
        fail(sample.name, "not of the histogram " + name);
      }
    }
    for (const auto& [labels, histogram] : histograms) checkBuckets(labels, histogram);
  }

  void checkBuckets(const std::string& labels, const Histogram& histogram) const {
    const auto& buckets = histogram.buckets;
    if (histogram.sums.size() != 1 || histogram.counts.size() != 1 || buckets.empty()) {
      fail(name + labels, "not one sum, one count and buckets");
    }
    for (std::size_t i = 1; i < buckets.size(); ++i) {
      const bool ascending = buckets[i - 1].first < buckets[i].first;
      if (!ascending || buckets[i - 1].second > buckets[i].second) {
        fail(name + labels, "buckets that do not ascend");
      }
    }
    if (!std::isinf(buckets.back().first) || buckets.back().second != histogram.counts.front()) {
      fail(name + labels, "the last bucket is not the count");
    }
  }
};

}  // namespace

PrometheusPage::PrometheusPage(std::string_view text) {
  if (text.empty() || text.back() != '\n') fail(text, "the last line does not end");
  Family family;
  const auto begin = [&](Line& line, const std::string& name) {
    family.check();
    if (!types_.emplace(name, "").second) fail(line.all(), "a family in two pieces");
    family = Family();
    family.name = name;
  };
  while (!text.empty()) {
    Line line(text.substr(0, text.find('\n')));
    text.remove_prefix(line.all().size() + 1);
    if (line.take("# HELP ")) {
      begin(line, line.name(true));
      line.need(" ");
      if (line.rest().empty()) fail(line.all(), "no help");
    } else if (line.take("# TYPE ")) {
      const std::string name = line.name(true);
      line.need(" ");
      family.type = line.rest();
      static const std::set<std::string> kTypes = {"counter", "gauge", "histogram"};
      if (name != family.name || !family.samples.empty() || kTypes.count(family.type) == 0) {
        fail(line.all(), "a TYPE that is not in its place");
      }
      types_[name] = family.type;
    } else {
      family.samples.push_back(readSample(line));
      const Sample& sample = family.samples.back();
      if (!series_.emplace(keyOf(sample.name, sample.labels), sample.value).second) {
        fail(line.all(), "a series twice");
      }
    }
  }
  family.check();
}

double PrometheusPage::at(const std::string& series) const {
  const auto found = series_.find(series);
  if (found == series_.end()) throw std::runtime_error("metrics: no series " + series);
  return found->second;
}

std::string PrometheusPage::typeOf(const std::string& family) const {
  const auto found = types_.find(family);
  return found == types_.end() ? std::string() : found->second;
}

}  // namespace evmicro::test

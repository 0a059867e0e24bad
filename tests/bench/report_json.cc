#include <cstdlib>
#include <memory>

#include "bench/report.h"
#include "bench/statistics.h"
#include "json/jansson.h"

namespace evmicro::bench {

namespace {

struct Figure {
  const char* key;
  double Sample::*figure;
};
constexpr Figure kFigures[] = {
    {"cpuMicroseconds", &Sample::used}, {"loadMicroseconds", &Sample::load},
    {"perSecond", &Sample::rate},       {"p50Microseconds", &Sample::p50},
    {"p99Microseconds", &Sample::p99},  {"bytesPerIdleConnection", &Sample::memory}};

json_t* spreadJson(const Spread& spread) {
  return json_pack("{s:f,s:f,s:f}", "median", spread.median, "least", spread.least, "most",
                   spread.most);
}

json_t* rowJson(const std::vector<Row>& rows, const Row& row) {
  json_t* const out = json_pack("{s:s,s:s,s:s,s:I,s:I}", "section", row.section->key, "peer",
                                row.peer.c_str(), "operation", row.section->operation, "inFlight",
                                static_cast<json_int_t>(row.inFlight), "rounds",
                                static_cast<json_int_t>(row.samples.size()));
  for (const Figure& figure : kFigures) {
    const Spread values = spread(figures(row, figure.figure));
    if (values.most > 0) json_object_set_new(out, figure.key, spreadJson(values));
  }
  for (const Comparison& comparison : kComparisons) {
    const Row* const base = comparedWith(rows, row, comparison);
    if (!base) continue;
    const Spread values = ratios(figures(row, &Sample::used), figures(*base, &Sample::used));
    json_object_set_new(out, comparison.key, spreadJson(values));
  }
  return out;
}

}  // namespace

std::string json(const std::vector<Row>& rows) {
  json_t* const list = json_array();
  for (const Row& row : rows) json_array_append_new(list, rowJson(rows, row));
  const detail::Json all(json_pack("{s:s,s:o}", "machine", machine().c_str(), "rows", list));
  const std::unique_ptr<char, decltype(&std::free)> bytes(
      json_dumps(all.get(), JSON_INDENT(2) | JSON_REAL_PRECISION(6)), &std::free);
  return std::string(bytes.get()) + "\n";
}

}  // namespace evmicro::bench

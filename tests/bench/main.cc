// Compares servers and clients of one service: what is measured is a process of its own on one
// processor, what it is measured with runs on another. All rows take turns, round by round, so that
// a machine whose speed drifts treats them alike; the figure to look at is the processor time of
// one call, and its ratio to that of the bare peers in the same round.
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <stdexcept>

#include "bench/measure.h"
#include "bench/options.h"
#include "bench/process.h"
#include "bench/report.h"

namespace {

using namespace evmicro::bench;
using Clock = std::chrono::steady_clock;

// As many descriptors as this process may have: those of its servers are as many.
rlim_t raiseDescriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

void leaveOut(std::vector<Row>& rows, const std::string& section, const std::string& why) {
  const auto isIt = [&section](const Row& row) { return row.section->key == section; };
  const auto end = std::remove_if(rows.begin(), rows.end(), isIt);
  if (end == rows.end()) return;
  rows.erase(end, rows.end());
  std::fprintf(stderr, "left out: %s: %s\n", section.c_str(), why.c_str());
}

void prepare(std::vector<Row>& rows) {
  const rlim_t descriptors = raiseDescriptors();
  if (descriptors < kIdleConnections + 1'000) {
    leaveOut(
        rows, "idle",
        "a process may have only " + std::to_string(descriptors) + " descriptors (ulimit -Hn)");
  }
  if (descriptors < kWebSockets + 1'000) {
    leaveOut(
        rows, "websockets",
        "a process may have only " + std::to_string(descriptors) + " descriptors (ulimit -Hn)");
  }
  if (rows.empty()) throw std::runtime_error("nothing is left to run");
  if (!pin(Role::kMeasuring)) {
    std::fprintf(stderr, "bench: one processor only: load and servers share it\n");
  }
}

Sample measure(const Row& row, const Effort& effort) {
  try {
    return row.measure(effort);
  } catch (const std::exception& error) {
    throw std::runtime_error(std::string(row.section->key) + ", " + row.peer + ", " +
                             std::to_string(row.inFlight) + " in flight: " + error.what());
  }
}

// Every other round goes backwards, so that no row always has the same one before it.
Row& rowOfTurn(std::vector<Row>& rows, std::size_t round, std::size_t turn) {
  return rows[round % 2 == 0 ? turn : rows.size() - 1 - turn];
}

// When time runs out, some rows have one round more than others: ratios are of the rounds that both
// have. A row without any is left out.
void runRounds(std::vector<Row>& rows, const Options& options) {
  const auto start = Clock::now();
  const std::size_t turns = rows.size() * static_cast<std::size_t>(options.rounds);
  for (std::size_t i = 0; i < turns; ++i) {
    const std::size_t round = i / rows.size();
    const std::size_t turn = i % rows.size();
    if (options.limit.count() > 0 && Clock::now() - start > options.limit) {
      std::fprintf(stderr, "bench: time is up: this machine is slow, or has other work\n");
      break;
    }
    if (turn == 0) std::fprintf(stderr, "round %zu of %d\n", round + 1, options.rounds);
    Row& row = rowOfTurn(rows, round, turn);
    row.samples.push_back(measure(row, options.effort));
  }
  const auto unmeasured = [](const Row& row) { return row.samples.empty(); };
  rows.erase(std::remove_if(rows.begin(), rows.end(), unmeasured), rows.end());
}

void write(const std::string& path, const std::string& text) {
  std::ofstream out(path);
  out << text;
  if (!out.flush()) throw std::runtime_error("cannot write " + path);
}

// Before the work of minutes.
void requireWritable(const Options& options) {
  for (const std::string& path : {options.json, options.markdown, options.chart}) {
    if (!path.empty()) write(path, "");
  }
}

void benchmark(const Options& options) {
  for (const LeftOut& out : leftOut()) {
    std::fprintf(stderr, "left out: %s: %s\n", out.peer.c_str(), out.why.c_str());
  }
  std::vector<Row> rows = makeRows();
  choose(rows, options.names);
  requireWritable(options);
  if (!options.chart.empty()) requireGnuplot();
  prepare(rows);
  runRounds(rows, options);
  std::printf("%s", text(rows).c_str());
  std::fflush(stdout);  // the files may be it
  if (!options.json.empty()) write(options.json, json(rows));
  if (!options.markdown.empty()) write(options.markdown, markdown(rows));
  if (!options.chart.empty()) drawChart(rows, options.chart);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    benchmark(readOptions(argc, argv));
    return 0;
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "bench: %s\n%s", error.what(), kUsage);
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench: %s\n", error.what());
    return 1;
  }
}

#include "bench/options.h"

#include <algorithm>
#include <stdexcept>

namespace evmicro::bench {

const char* const kUsage =
    "usage: bench [--quick] [--rounds N] [--calls N] [--seconds N] [--json FILE]\n"
    "             [--markdown FILE] [--chart FILE.svg] [NAME...]\n"
    "  --quick     a minute at most: --calls 4000 --seconds 54\n"
    "  --rounds    of all rows, in turns (5)\n"
    "  --calls     of one measurement (50000); a fourth where each takes long\n"
    "  --seconds   begins nothing after that time, whatever rounds are left\n"
    "  --json      writes every figure with its range\n"
    "  --markdown  writes the tables as the manual has them\n"
    "  --chart     draws the servers' processor time by gnuplot\n"
    "  NAME        runs the peers whose name has it in it, or a section: calls, connecting, idle,\n"
    "              tls, handshakes, resumptions, idle-tls, streams, pings, clients, nodes,\n"
    "              gateways, websockets, geo\n";

namespace {

int positive(const std::string& flag, const std::string& text) {
  std::size_t used = 0;
  int value = 0;
  try {
    value = std::stoi(text, &used);
  } catch (const std::exception&) {
    used = 0;
  }
  if (used == 0 || used != text.size() || value <= 0) {
    throw std::invalid_argument(flag + " needs a number above 0, not \"" + text + "\"");
  }
  return value;
}

void setCalls(Options& options, int calls) {
  options.effort.calls = static_cast<std::size_t>(calls);
  options.effort.messages = 4 * options.effort.calls;
}

void beQuick(Options& options) {
  setCalls(options, 4'000);
  options.limit = std::chrono::seconds(54);
}

}  // namespace

Options readOptions(int argc, const char* const* argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const auto value = [&]() -> std::string {
      if (++i == argc) throw std::invalid_argument(argument + " needs a value");
      return argv[i];
    };
    if (argument == "--quick") {
      beQuick(options);
    } else if (argument == "--rounds") {
      options.rounds = positive(argument, value());
    } else if (argument == "--calls") {
      setCalls(options, positive(argument, value()));
    } else if (argument == "--seconds") {
      options.limit = std::chrono::seconds(positive(argument, value()));
    } else if (argument == "--json") {
      options.json = value();
    } else if (argument == "--markdown") {
      options.markdown = value();
    } else if (argument == "--chart") {
      options.chart = value();
    } else if (argument.empty() || argument[0] == '-') {
      throw std::invalid_argument("unknown flag " + argument);
    } else {
      options.names.push_back(argument);
    }
  }
  return options;
}

void choose(std::vector<Row>& rows, const std::vector<std::string>& names) {
  if (names.empty()) return;
  const auto has = [](const Row& row, const std::string& name) {
    return row.section->key == name || row.peer.find(name) != std::string::npos;
  };
  for (const std::string& name : names) {
    const auto named = [&](const Row& row) { return has(row, name); };
    if (std::none_of(rows.begin(), rows.end(), named)) {
      throw std::invalid_argument("no peer and no section is called " + name);
    }
  }
  const auto unwanted = [&](const Row& row) {
    return std::none_of(names.begin(), names.end(),
                        [&](const std::string& name) { return has(row, name); });
  };
  rows.erase(std::remove_if(rows.begin(), rows.end(), unwanted), rows.end());
}

}  // namespace evmicro::bench

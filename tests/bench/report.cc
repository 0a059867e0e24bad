#include "bench/report.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <fstream>

#include "bench/statistics.h"

namespace evmicro::bench {

namespace {

template <typename... Values>
std::string format(const char* pattern, Values... values) {
  std::array<char, 200> line;
  std::snprintf(line.data(), line.size(), pattern, values...);
  return line.data();
}

std::string processorName() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(": ") + 2);
  }
  return "unknown processor";
}

std::string grouped(double value) {
  std::string digits = format("%.0f", value);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

// What a table shows of a row. An empty cell: does not apply.
struct Cells {
  std::string peer;
  std::string inFlight;
  std::string used;
  std::string range;
  std::string rate;
  std::string perProcessorSecond;
  std::string p50;
  std::string p99;
  std::vector<std::string> ratios;
  std::string memory;
};

std::string ratioCell(const std::vector<Row>& rows, const Row& row, const Comparison& comparison) {
  const Row* const base = comparedWith(rows, row, comparison);
  if (!base) return "";
  return format("%.2f", ratios(figures(row, &Sample::used), figures(*base, &Sample::used)).median);
}

Cells cellsOf(const std::vector<Row>& rows, const Row& row) {
  const auto median = [&row](double Sample::*figure) {
    return spread(figures(row, figure)).median;
  };
  const auto optional = [](double value, const std::string& cell) {
    return value > 0 ? cell : std::string();
  };
  const Spread used = spread(figures(row, &Sample::used));
  Cells cells;
  cells.peer = row.peer;
  cells.inFlight = std::to_string(row.inFlight);
  cells.used = format("%.2f", used.median);
  cells.range = format("%.2f-%.2f", used.least, used.most);
  cells.rate = grouped(median(&Sample::rate));
  if (row.section->counts == Section::Counts::kMessages) {
    cells.perProcessorSecond = grouped(1e6 / used.median);
  }
  cells.p50 = optional(median(&Sample::p50), format("%.0f", median(&Sample::p50)));
  cells.p99 = optional(median(&Sample::p99), format("%.0f", median(&Sample::p99)));
  for (const Comparison& comparison : kComparisons) {
    cells.ratios.push_back(ratioCell(rows, row, comparison));
  }
  const double memory = median(&Sample::memory);
  cells.memory = optional(memory, format("%.2f", memory / 1024));
  return cells;
}

std::vector<std::string> line(const Cells& cells) {
  std::vector<std::string> line{cells.peer, cells.inFlight,           cells.used, cells.range,
                                cells.rate, cells.perProcessorSecond, cells.p50,  cells.p99};
  line.insert(line.end(), cells.ratios.begin(), cells.ratios.end());
  line.push_back(cells.memory);
  return line;
}

std::vector<std::string> titles(const Section& section) {
  const std::string operation = section.operation;
  std::vector<std::string> titles{"peer",   "in flight",       "CPU us/" + operation,
                                  "range",  operation + "s/s", operation + "s/CPU s",
                                  "p50 us", "p99 us"};
  for (const Comparison& comparison : kComparisons) titles.push_back(comparison.title);
  titles.push_back("KiB/connection");
  return titles;
}

using Table = std::vector<std::vector<std::string>>;

// The titles, then the rows of `section`; without the columns in which no row has anything.
Table tableOf(const std::vector<Row>& rows, const Section& section) {
  Table table{titles(section)};
  for (const Row& row : rows) {
    if (row.section == &section) table.push_back(line(cellsOf(rows, row)));
  }
  for (std::size_t column = table[0].size(); column-- > 0;) {
    bool empty = true;
    for (std::size_t i = 1; i < table.size(); ++i) empty = empty && table[i][column].empty();
    if (!empty) continue;
    for (auto& cells : table) cells.erase(cells.begin() + static_cast<std::ptrdiff_t>(column));
  }
  return table;
}

std::string plainTable(const Table& table) {
  std::vector<std::size_t> widths(table[0].size());
  for (const auto& cells : table) {
    for (std::size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], cells[i].size());
  }
  std::string out;
  for (const auto& cells : table) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string blanks(widths[i] - cells[i].size(), ' ');
      out += i == 0 ? cells[i] + blanks : "  " + blanks + cells[i];
    }
    out += "\n";
  }
  return out;
}

std::string markdownTable(const Table& table) {
  std::string out;
  for (std::size_t row = 0; row < table.size(); ++row) {
    out += "|";
    for (const std::string& cell : table[row]) out += " " + cell + " |";
    out += "\n";
    if (row != 0) continue;
    out += "|";
    for (std::size_t i = 0; i < table[0].size(); ++i) out += i == 0 ? "---|" : "---:|";
    out += "\n";
  }
  return out;
}

// What README.md shows.
std::vector<Row> digest(const std::vector<Row>& rows) {
  std::vector<Row> chosen;
  for (const Row& row : rows) {
    const bool shown = row.section->counts == Section::Counts::kMessages ||
                       std::none_of(rows.begin(), rows.end(), [&row](const Row& other) {
                         return other.section == row.section && other.inFlight > row.inFlight;
                       });
    if (shown) chosen.push_back(row);
  }
  return chosen;
}

template <typename Render>
std::string bySection(const std::vector<Row>& rows, Render render) {
  std::vector<const Section*> sections;
  for (const Row& row : rows) {
    if (std::find(sections.begin(), sections.end(), row.section) == sections.end()) {
      sections.push_back(row.section);
    }
  }
  std::string out;
  for (const Section* section : sections) {
    out += section->title + std::string(":\n") + render(tableOf(rows, *section)) + "\n";
  }
  return out;
}

}  // namespace

const Row* comparedWith(const std::vector<Row>& rows, const Row& row,
                        const Comparison& comparison) {
  return comparison.peer ? beside(rows, row, comparison.peer) : plain(rows, row);
}

std::string machine() {
  utsname system{};
  ::uname(&system);
  const std::time_t now = std::time(nullptr);
  std::array<char, 20> date;
  std::strftime(date.data(), date.size(), "%Y-%m-%d", std::localtime(&now));
  return processorName() + ", " + std::to_string(::sysconf(_SC_NPROCESSORS_ONLN)) +
         " processors, " + system.sysname + " " + system.release + ", " + date.data();
}

std::string text(const std::vector<Row>& rows) {
  return machine() + "\n\n" + bySection(rows, plainTable);
}

std::string markdown(const std::vector<Row>& rows) {
  const auto render = [](const Table& table) { return "\n" + markdownTable(table); };
  return machine() + ".\n\n" + bySection(digest(rows), render);
}

}  // namespace evmicro::bench

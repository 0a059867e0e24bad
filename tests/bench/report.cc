#include "bench/report.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <functional>

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

// A cell is empty when the column does not apply to the row.
struct Column {
  std::string title;
  std::function<std::string(const Row&)> cell;
};

double median(const Row& row, double Sample::*figure) {
  return spread(figures(row, figure)).median;
}

Column column(const std::string& title, double Sample::*figure, const char* pattern) {
  return {title, [=](const Row& row) {
            const double value = median(row, figure);
            return value > 0 ? format(pattern, value) : std::string();
          }};
}

std::string rangeCell(const Row& row) {
  const Spread used = spread(figures(row, &Sample::used));
  return format("%.2f-%.2f", used.least, used.most);
}

std::string perProcessorSecondCell(const Row& row) {
  if (row.section->counts == Section::Counts::kCalls) return "";
  return grouped(1e6 / median(row, &Sample::used));
}

std::string ratioCell(const std::vector<Row>& rows, const Row& row, const Comparison& comparison) {
  const Row* const base = comparedWith(rows, row, comparison);
  if (!base) return "";
  return format("%.2f", ratios(figures(row, &Sample::used), figures(*base, &Sample::used)).median);
}

std::string memoryCell(const Row& row) {
  const double bytes = median(row, &Sample::memory);
  return bytes > 0 ? format("%.2f", bytes / 1024) : "";
}

std::vector<Column> columns(const std::vector<Row>& rows, const Section& section) {
  const std::string operation = section.operation;
  std::vector<Column> columns{
      {"peer", [](const Row& row) { return row.peer; }},
      {"in flight", [](const Row& row) { return std::to_string(row.inFlight); }},
      column("CPU us/" + operation, &Sample::used, "%.2f"),
      {"range", rangeCell},
      column("load us", &Sample::load, "%.2f"),
      {operation + "s/s", [](const Row& row) { return grouped(median(row, &Sample::rate)); }},
      {operation + "s/CPU s", perProcessorSecondCell},
      column("p50 us", &Sample::p50, "%.0f"),
      column("p99 us", &Sample::p99, "%.0f")};
  for (const Comparison& comparison : kComparisons) {
    columns.push_back({comparison.title, [&rows, &comparison](const Row& row) {
                         return ratioCell(rows, row, comparison);
                       }});
  }
  columns.push_back({"KiB/connection", memoryCell});
  return columns;
}

using Table = std::vector<std::vector<std::string>>;

// The titles, then the rows of `section`; without the columns in which no row has anything.
Table tableOf(const std::vector<Row>& rows, const Section& section) {
  Table table(1);
  for (const Row& row : rows) {
    if (row.section == &section) table.emplace_back();
  }
  for (const Column& column : columns(rows, section)) {
    std::vector<std::string> cells{column.title};
    for (const Row& row : rows) {
      if (row.section == &section) cells.push_back(column.cell(row));
    }
    const auto empty = [](const std::string& cell) { return cell.empty(); };
    if (std::all_of(cells.begin() + 1, cells.end(), empty)) continue;
    for (std::size_t i = 0; i < cells.size(); ++i) table[i].push_back(std::move(cells[i]));
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

// What the manual shows.
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

#pragma once

#include <string>
#include <vector>

#include "bench/rows.h"

namespace evmicro::bench {

/// Ratios of a row's processor time, round by round: to a bare peer beside it, or to plain calls of
/// the same peer.
struct Comparison {
  const char* key;    ///< "toEpoll"
  const char* title;  ///< "x epoll"
  const char* peer;   ///< null: itself
};
constexpr Comparison kComparisons[] = {
    {"toEpoll", "x epoll", "epoll"},    {"toBufferevent", "x bufferevent", "bufferevent"},
    {"toEvhttp", "x evhttp", "evhttp"}, {"toNginx", "x nginx", "nginx"},
    {"toGrid", "x grid", "bare grid"},  {"toPlain", "x plain", nullptr}};
/// The row to which `comparison` compares `row`, or null.
const Row* comparedWith(const std::vector<Row>& rows, const Row& row, const Comparison& comparison);

/// Processor, its number, system and date, in one line.
std::string machine();

/// For people, as a table per section.
std::string text(const std::vector<Row>& rows);
/// The same as Markdown, for the page on performance of the manual.
std::string markdown(const std::vector<Row>& rows);
/// For programs: every figure with its range.
std::string json(const std::vector<Row>& rows);
/// Draws the servers' plain calls with most in flight into the file `path`, as SVG, by gnuplot.
/// Throws std::runtime_error when gnuplot fails.
void drawChart(const std::vector<Row>& rows, const std::string& path);
/// Throws std::runtime_error when there is no gnuplot.
void requireGnuplot();

}  // namespace evmicro::bench

#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace evmicro::bench {

/// How much one measurement does.
struct Effort {
  std::size_t calls = 0;
  std::size_t messages = 0;  ///< of streams, all together
};

/// What one measurement has shown. Zero: does not apply.
struct Sample {
  double used = 0;  ///< microseconds of processor time per operation
  double load = 0;  ///< the same of the other side, which makes the load or takes it
  double rate = 0;  ///< operations per second
  double p50 = 0;   ///< microseconds
  double p99 = 0;
  double memory = 0;  ///< bytes resident per idle connection
};

/// Rows are compared within their section and number in flight.
struct Section {
  const char* key;
  const char* title;
  const char* operation;  ///< what is counted: "call", "message"
  /// Of calls the manual shows the rows with most in flight. Of messages it shows all, and how many
  /// of them a second of processor time is enough for.
  enum class Counts { kCalls, kMessages } counts = Counts::kCalls;
};

struct Row {
  const Section* section = nullptr;
  std::string peer;
  std::size_t inFlight = 1;
  std::function<Sample(const Effort&)> measure;
  std::vector<Sample> samples{};  // a round each
};

/// A peer that this build does not have.
struct LeftOut {
  std::string peer;
  std::string why;
};

/// Every row there is, those that are compared side by side.
std::vector<Row> makeRows();
std::vector<LeftOut> leftOut();

/// One figure of a row, round by round.
std::vector<double> figures(const Row& row, double Sample::*figure);

/// The same peer with as many plain calls in flight: what a section that makes something harder is
/// compared with. Null: there is no such row.
const Row* plain(const std::vector<Row>& rows, const Row& row);
/// `peer` in the same section with as many in flight, or null.
const Row* beside(const std::vector<Row>& rows, const Row& row, const std::string& peer);

}  // namespace evmicro::bench

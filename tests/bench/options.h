#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "bench/rows.h"

namespace evmicro::bench {

struct Options {
  int rounds = 5;
  Effort effort{50'000, 200'000};
  /// After so much time no measurement begins any more; 0: all do.
  std::chrono::seconds limit{0};
  std::string json;      ///< file, empty: not written
  std::string markdown;  ///< file
  std::string chart;     ///< file
  std::vector<std::string> names;
};

/// Reads the command line. Throws std::invalid_argument with what is wrong about it.
Options readOptions(int argc, const char* const* argv);
extern const char* const kUsage;

/// Leaves the rows whose peers contain one of `names`, or whose section is one of them; all when
/// there are none. Throws std::invalid_argument for a name that no row has.
void choose(std::vector<Row>& rows, const std::vector<std::string>& names);

}  // namespace evmicro::bench

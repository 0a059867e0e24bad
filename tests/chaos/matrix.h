#pragma once

#include <string>
#include <vector>

namespace evmicro::chaos {

/// The results of one client's calls, 200 a second, during a fault.
struct Outcome {
  int calls = 0;
  int failed = 0;
  int failedToLiving = 0;  ///< of these, to a node that had not failed itself
  std::vector<std::string> failures;
  std::string skipped;  ///< why it did not run; empty: it did
  /// Whether callers noticed no failure of a registry, and almost none of a node.
  bool good() const;
};

/// The faults, as `./dev chaos` names them.
std::vector<std::string> faultNames();

/// Runs a registry, three greeters and a client, and `fault` in the middle: some 15 s. Throws when
/// they do not start.
Outcome runFault(const std::string& registry, const std::string& fault);

}  // namespace evmicro::chaos

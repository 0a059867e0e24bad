#pragma once

#include <string>
#include <vector>

namespace evmicro::chaos {

/// What became of the calls of one client, 200 a second, while something failed.
struct Outcome {
  int calls = 0;
  int failed = 0;
  int failedToLiving = 0;  ///< of these, not at a node that was itself what failed
  std::vector<std::string> failures;
  std::string skipped;  ///< why it did not run; empty: it did
  /// Nobody is to notice that a registry fails; and hardly anybody that a node does.
  bool good() const;
};

/// The faults, as `./dev chaos` names them.
std::vector<std::string> faultNames();

/// Runs a registry, three greeters and a client, and `fault` in the middle: some 15 s. Throws when
/// they do not start.
Outcome runFault(const std::string& registry, const std::string& fault);

}  // namespace evmicro::chaos

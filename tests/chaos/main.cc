// Every registry with every fault: does a caller notice? Prints a table; fails if one does.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "chaos/matrix.h"
#include "chaos/registries.h"

namespace {

using namespace evmicro::chaos;

bool isWanted(const std::vector<std::string>& wanted, const std::string& registry,
              const std::string& fault) {
  return wanted.empty() || std::any_of(wanted.begin(), wanted.end(), [&](const auto& name) {
           return name == registry || name == fault || name == registry + " " + fault;
         });
}

/// Whether all is well.
bool runRow(const std::string& registry, const std::string& fault) {
  std::printf("%-8s %-26s ", registry.c_str(), fault.c_str());
  std::fflush(stdout);
  try {
    const Outcome outcome = runFault(registry, fault);
    if (!outcome.skipped.empty()) {
      std::printf("skipped: %s\n", outcome.skipped.c_str());
      return true;
    }
    std::printf("%7d %10d %8d\n", outcome.calls, outcome.failedToLiving, outcome.failed);
    if (outcome.good()) return true;
    for (const std::string& failure : outcome.failures) {
      std::fprintf(stderr, "  %s\n", failure.c_str());
    }
  } catch (const std::exception& problem) {
    std::printf("did not run: %s\n", problem.what());
  }
  return false;
}

}  // namespace

// Arguments choose rows: a registry, a fault, or both as one argument.
int main(int count, char** arguments) {
  const std::vector<std::string> wanted(arguments + 1, arguments + count);
  std::printf("%-8s %-26s %7s %10s %8s\n", "registry", "fault", "calls", "to living", "failed");
  int rows = 0;
  bool good = true;
  for (const std::string& registry : registryNames()) {
    for (const std::string& fault : faultNames()) {
      if (!isWanted(wanted, registry, fault)) continue;
      ++rows;
      good = runRow(registry, fault) && good;
    }
  }
  if (rows == 0) std::fprintf(stderr, "chaos: no such registry or fault\n");
  return good && rows > 0 ? 0 : 1;
}

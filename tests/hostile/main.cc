// `./dev hostile [SECONDS]`: a server under attack, for so long.
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "hostile/hostile.h"

int main(int count, char** arguments) {
  const double seconds = count > 1 ? std::atof(arguments[1]) : 10;
  if (seconds <= 0) {
    std::fprintf(stderr, "usage: hostile [SECONDS]\n");
    return 2;
  }
  try {
    const auto report = evmicro::hostile::withstand(
        std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1'000)));
    std::printf("%s", evmicro::hostile::toText(report).c_str());
    return report.good() ? 0 : 1;
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "hostile: %s\n", problem.what());
    return 1;
  }
}

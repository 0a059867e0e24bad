// `./dev soak MINUTES`: the soak for so long, with another seed each time.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <random>

#include "soak/soak.h"

int main(int count, char** arguments) {
  const double minutes = count > 1 ? std::atof(arguments[1]) : 0;
  const std::uint32_t seed =
      count > 2 ? static_cast<std::uint32_t>(std::atoll(arguments[2])) : std::random_device{}();
  if (minutes <= 0) {
    std::fprintf(stderr, "usage: soak MINUTES [SEED]\n");
    return 2;
  }
  try {
    std::printf("seed %u\n", seed);
    std::fflush(stdout);
    const auto report = evmicro::soak::soak(
        std::chrono::milliseconds(static_cast<std::int64_t>(minutes * 60'000)), seed);
    std::printf("%s", evmicro::soak::toText(report).c_str());
    return report.good() ? 0 : 1;
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "soak: %s\n", problem.what());
    return 1;
  }
}

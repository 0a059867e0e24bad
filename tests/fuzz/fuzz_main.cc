// The libFuzzer program for all targets: `--target=NAME` chooses one, `--list` prints their names
// with the length of their inputs.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string_view>

#include "fuzz/pump.h"
#include "fuzz/target.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace {

using evmicro::fuzz::Target;

const Target* chosen = nullptr;

void list() {
  for (const Target& target : evmicro::fuzz::targets()) {
    std::printf("%s %zu\n", target.name, target.longest);
  }
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments) {
  constexpr std::string_view kFlag = "--target=";
  for (int i = 1; i < *count; ++i) {
    const std::string_view argument = (*arguments)[i];
    if (argument == "--list") {
      list();
      std::exit(0);
    }
    if (argument.substr(0, kFlag.size()) != kFlag) continue;
    for (const Target& target : evmicro::fuzz::targets()) {
      if (argument.substr(kFlag.size()) == target.name) chosen = &target;
    }
  }
  if (chosen) return 0;
  std::fprintf(stderr, "fuzz: --target=NAME with one of:\n");
  list();
  std::exit(2);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  evmicro::fuzz::runWithinCost(*chosen,
                               std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}

// Now and then an input as long as is allowed: libFuzzer itself makes them longer only slowly.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned int seed) {
  if (seed % 64 != 0 || size == 0) return LLVMFuzzerMutate(data, size, most);
  std::minstd_rand random(seed);
  const std::string longer = evmicro::fuzz::pumped(
      std::string_view(reinterpret_cast<const char*>(data), size), most, random);
  std::memcpy(data, longer.data(), longer.size());
  return longer.size();
}

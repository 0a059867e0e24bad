// A module as those of the library, and some that do not belong to it.
#include "base/example_module.h"

#include "base/module.h"

namespace {

int answer() { return 42; }

constexpr evmicro::test::ExampleFunctions kFunctions{&answer};
constexpr std::size_t kSize = sizeof kFunctions;

}  // namespace

extern "C" {
extern const evmicro::detail::Module evmicroExampleModule;
extern const evmicro::detail::Module evmicroModuleOfAnother;
extern const evmicro::detail::Module evmicroLargerModule;
}

// Without visibility flags, all names of the test's module are exported.
const evmicro::detail::Module evmicroExampleModule = evmicro::detail::moduleOf(kFunctions);
const evmicro::detail::Module evmicroModuleOfAnother = {"0.0.9", kSize, &kFunctions};
const evmicro::detail::Module evmicroLargerModule = {EVMICRO_VERSION, kSize + 1, &kFunctions};

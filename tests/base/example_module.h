#pragma once

namespace evmicro::test {

/// What the module of the tests can do.
struct ExampleFunctions {
  int (*answer)();
};

}  // namespace evmicro::test

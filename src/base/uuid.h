#pragma once

#include <string>

namespace evmicro::detail {

/// A random (version 4) UUID, `f81d4fae-7dec-41d0-a765-00a0c91e6bf6`.
std::string makeUuid();

}  // namespace evmicro::detail

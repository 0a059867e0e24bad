#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace evmicro::test {

/// `count` different TCP ports of 127.0.0.1 that nobody listened on a moment ago, for programs that
/// cannot be given port 0 and asked afterwards.
std::vector<int> freePorts(std::size_t count);

/// "127.0.0.1:" and a free port.
std::string freeAddress();

}  // namespace evmicro::test

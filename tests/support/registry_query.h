#pragma once

#include <functional>
#include <string>

namespace evmicro::test {

/// The body of GET `path` of the registry at `registry`, once `accept` takes it; throws when that
/// does not happen. Waits by the registry's blocking queries.
std::string awaitRegistry(const std::string& registry, const std::string& path,
                          const std::function<bool(const std::string&)>& accept);

}  // namespace evmicro::test

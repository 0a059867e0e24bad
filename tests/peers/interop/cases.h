#pragma once

#include <string>
#include <utility>
#include <vector>

#include <evmicro/client.h>
#include <evmicro/event_loop.h>

namespace evmicro::test {

/// Runs gRPC's interoperability cases against the server at `address`, by `client`. Each name with
/// what went wrong; empty: nothing.
std::vector<std::pair<std::string, std::string>> runInteropCases(EventLoop& loop, Client& client,
                                                                 const std::string& address);

}  // namespace evmicro::test

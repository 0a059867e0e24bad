#pragma once

#include <evmicro/metrics.h>

#include "server/server_pages.h"

namespace evmicro::detail {

/// What a server tells of itself and its process on the page /metrics.
void collectServer(const ServerNumbers& numbers, Metrics& metrics);

/// Adds up the calls of all methods, and those of methods that are not there.
void addCalls(const MethodTable& methods, ServerStats& stats, std::uint64_t unknownMethods);

}  // namespace evmicro::detail

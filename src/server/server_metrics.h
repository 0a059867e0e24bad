#pragma once

#include <evmicro/metrics.h>

#include "server/server_pages.h"

namespace evmicro::detail {

/// Reports the metrics of a server and its process for the page /metrics.
void collectServer(const ServerNumbers& numbers, Metrics& metrics);

/// Sums up the calls of all methods, and the calls of unknown methods.
void addCalls(const MethodTable& methods, ServerStats& stats, std::uint64_t unknownMethods);

}  // namespace evmicro::detail

#pragma once

#include <string_view>
#include <vector>

#include <evmicro/metrics.h>
#include <evmicro/server_stats.h>
#include <evmicro/transport.h>

#include "metrics/loop_lag.h"
#include "server/callers.h"
#include "server/method_table.h"

namespace evmicro::detail {

/// The data that a server's pages show.
struct ServerNumbers {
  const ServerOptions& options;
  Status health;  // of the program
  ServerStats stats;
  bool stopping;
  const MethodTable& methods;
  const Callers& callers;
  const LoopLag::Times& lag;
  const std::vector<Collector>& collectors;
};

/// The page at `path`: /health, /health/live, /health/ready, /metrics; 404 for any other. Calls
/// `numbers` only if the page needs them.
Page serverPage(std::string_view path, const std::function<ServerNumbers()>& numbers);

}  // namespace evmicro::detail

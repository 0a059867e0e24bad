#pragma once

#include <string>

#include <evmicro/status.h>

#include "agent/agent.h"

namespace evmicro::detail {

/// Runs an agent on `address` as the work of a process: logs the address, and returns at SIGINT or
/// SIGTERM, or with the reason why it cannot listen (any more).
Status runAgent(const std::string& address, const AgentOptions& options);

}  // namespace evmicro::detail

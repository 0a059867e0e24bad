#pragma once

#include <memory>
#include <random>

#include <evmicro/event_loop.h>
#include <evmicro/selector.h>
#include <evmicro/transport.h>

#include "call/connection_pool.h"
#include "call/known_nodes.h"
#include "call/outliers.h"
#include "call/retry_budget.h"
#include "http2/dialler.h"

namespace evmicro::detail {

/// Everything needed to reach nodes; shared by all calls and streams of a client.
struct NodeAccess {
  EventLoop& loop;
  Transport& transport;
  Selector& selector;
  DialOptions dial;  // with the TLS options for nodes that announce TLS
  ConnectionPool pool;
  std::minstd_rand random;  // for the pauses between attempts
  Outliers outliers;
  TlsUse tlsUse = TlsUse::kAuto;
  RetryBudget budget{RetryBudgetOptions()};
  std::unique_ptr<Http2Dialler> grpc{};  // made when it is needed
  KnownNodes known{};
};

}  // namespace evmicro::detail

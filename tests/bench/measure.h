#pragma once

#include <cstddef>

#include "bench/callers.h"
#include "bench/gateways.h"
#include "bench/load.h"
#include "bench/responders.h"
#include "bench/rows.h"

namespace evmicro::bench {

/// Idle connections beside the load.
constexpr std::size_t kIdleConnections = 10'000;
constexpr std::size_t kIdleTlsConnections = 2'000;
constexpr std::size_t kManyNodes = 2'000;
constexpr std::size_t kWebSockets = 10'000;

/// The server of `serve` under `load`, whose port is filled in; `operations` per call.
Sample measureServer(Serve serve, Load load, std::size_t calls, std::size_t operations = 1);
/// The same beside `idle` connections, each of which has made one call.
Sample measureBesideIdle(Serve serve, Load load, std::size_t calls,
                         std::size_t idle = kIdleConnections);
/// What passes requests on to `backend`, under `load`.
Sample measureGateway(Pass pass, Serve backend, Load load, std::size_t calls);
/// `count` connections, each of which has made one call and is kept: a call is what opens it.
Sample measureOpened(Serve serve, Load load, std::size_t count);
/// The client of `make`, which calls the epoll responder under the addresses of so many nodes.
Sample measureCaller(MakeCaller make, Serve serve, std::size_t inFlight, std::size_t nodes,
                     std::size_t calls);

}  // namespace evmicro::bench

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include <evmicro/transport.h>

namespace evmicro {

/// Statistics of a Server since it was made, see Server::stats(). The page /metrics has them in
/// more detail.
struct ServerStats {
  std::chrono::system_clock::time_point started;  ///< when the server began to listen
  std::chrono::milliseconds uptime{0};            ///< since then
  std::uint64_t requests = 0;                     ///< calls that have begun, streams included
  std::uint64_t errors = 0;  ///< calls that have ended with an error, or whose method is unknown
  std::size_t calls = 0;     ///< unary calls in progress
  std::size_t streams = 0;   ///< open at present
  std::uint64_t unknownMethods = 0;     ///< requests for an unknown method
  std::uint64_t undecodable = 0;        ///< requests whose envelope could not be decoded
  std::uint64_t unsupported = 0;        ///< requests with an unsupported content type
  std::uint64_t tooLargeForMethod = 0;  ///< requests above HandleOptions::maxRequestBytes
  std::uint64_t tooManyCalls = 0;       ///< requests above ServerOptions::maxInFlight
  std::uint64_t shed = 0;               ///< calls refused because the loop was overloaded
  std::uint64_t expired = 0;            ///< calls not run because their deadline had passed
  ListenerStats listener;               ///< of the listener; kept after it has closed
  bool registered = false;              ///< the node can be found: see /health/ready
  std::uint64_t heartbeatFailures = 0;  ///< registrations and renewals that failed
};

}  // namespace evmicro

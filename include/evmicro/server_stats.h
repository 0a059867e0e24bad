#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include <evmicro/transport.h>

namespace evmicro {

/// Numbers of a Server since it was made, see Server::stats(). The same numbers with more detail
/// are on the page /metrics.
struct ServerStats {
  std::chrono::system_clock::time_point started;
  std::chrono::milliseconds uptime{0};
  std::uint64_t requests = 0;           ///< calls that have begun, streams among them
  std::uint64_t errors = 0;             ///< calls that have ended with an error, or found no method
  std::size_t calls = 0;                ///< unary calls that handlers have not answered yet
  std::size_t streams = 0;              ///< open now
  std::uint64_t unknownMethods = 0;     ///< requests for a method that is not there
  std::uint64_t undecodable = 0;        ///< requests whose envelope could not be read
  std::uint64_t unsupported = 0;        ///< requests of a content type that nobody reads
  ListenerStats listener;               ///< while it listens, and what it was at its end
  bool registered = false;              ///< others can find it: see /health/ready
  std::uint64_t heartbeatFailures = 0;  ///< announcements and renewals that failed
};

}  // namespace evmicro

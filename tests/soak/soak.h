#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace evmicro::soak {

/// What a process holds.
struct Usage {
  std::size_t bytes = 0;  ///< memory: the caller's heap, or the resident set of others
  std::size_t descriptors = 0;
};

/// The use of one process, once everything had warmed up and at the end.
struct Growth {
  std::string process;
  Usage before;
  Usage after;
  std::size_t allowedBytes = 0;  ///< to grow by

  bool flat() const;
};

/// The results of a soak.
struct Report {
  int calls = 0;
  int streams = 0;
  int publications = 0;
  int restarts = 0;                   ///< of services, in order
  int kills = 0;                      ///< of services, by SIGKILL
  int failedAtKilled = 0;             ///< calls and streams that a killed service did not answer
  std::vector<std::string> failures;  ///< all other failures
  std::vector<Growth> growths;

  bool good() const;
};

/// Runs an agent, example services, and a client that calls, streams and publishes, for `duration`;
/// every second or so a service is restarted or killed, by `seed`. Throws when they do not start.
Report soak(std::chrono::milliseconds duration, std::uint32_t seed);

/// For people, with a line for each number.
std::string toText(const Report& report);

}  // namespace evmicro::soak

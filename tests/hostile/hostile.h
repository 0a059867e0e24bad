#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace evmicro::hostile {

/// What the calls of a good client cost in one phase.
struct Phase {
  std::size_t calls = 0;                ///< on kept connections
  std::size_t newConnections = 0;       ///< calls on a connection of their own
  std::chrono::microseconds median{0};  ///< of the calls on kept connections
  std::chrono::microseconds newMedian{0};
  /// Of the same calls to another server at the same times, which nobody attacks.
  std::chrono::microseconds controlMedian{0};
  /// Of the server's processor time that passed during a call on a kept connection.
  std::chrono::microseconds medianWork{0};
  std::chrono::microseconds slowest{0};
  std::chrono::milliseconds serverTime{0};  ///< processor time of the server, in all
  std::chrono::milliseconds time{0};
  std::vector<std::string> failures;
};

struct Report {
  Phase before;  ///< nobody else
  Phase during;  ///< the attack
  Phase after;   ///< nobody else again
  // What the attackers have done.
  std::uint64_t connected = 0;
  std::uint64_t dropped = 0;
  std::uint64_t garbage = 0;
  std::size_t openAtOnce = 0;

  /// No call failed, and the median stayed within three times the quiet one, or that of the control
  /// meanwhile: by the clock, or, since a machine with other work serves nobody evenly, by what the
  /// server did meanwhile.
  bool good() const;
};

/// A greeter with TLS and few descriptors, a good client, and attackers, each phase for `time`.
/// With `part` 5 there is a fifth of the attackers and of the descriptors. Throws when they do not
/// start.
Report withstand(std::chrono::milliseconds time, std::size_t part = 1);

/// For people.
std::string toText(const Report& report);

}  // namespace evmicro::hostile

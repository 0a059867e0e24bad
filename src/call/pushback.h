#pragma once

#include <chrono>
#include <optional>

#include <evmicro/metadata.h>

namespace evmicro::detail {

/// What a peer that has refused a request says about trying again.
struct Pushback {
  /// `Retry-After`: how long this peer wants to be left alone. Others may be tried before.
  std::optional<std::chrono::milliseconds> peer;
  /// `grpc-retry-pushback-ms`: how long to wait, whoever is tried next, instead of the usual pause.
  std::optional<std::chrono::milliseconds> anyone;
  /// That is negative, or not a number: the request must not be tried again.
  bool never = false;

  /// Takes over what `headers` say. `now` is what a Retry-After with a date is compared with; one
  /// that cannot be read is ignored.
  void read(const Metadata& headers, std::chrono::system_clock::time_point now);
};

}  // namespace evmicro::detail

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/rate_limiter.h"

namespace evmicro::detail {

/// Why a request was refused: the HTTP status of the answer, and a reason for people, which is the
/// answer's body.
struct HttpRefusal {
  int status = 0;           ///< 0: not refused; 400, 408, 413, 431, 501, 503, 505
  std::string_view reason;  ///< a literal: never quotes what was received
};

inline constexpr HttpRefusal kBodyTooLarge{413, "the body is too large"};
inline constexpr HttpRefusal kHeadTooLarge{431, "the request head is too large"};
inline constexpr HttpRefusal kTooManyLines{431, "the request has too many header lines"};
inline constexpr HttpRefusal kTooSlow{408, "the request took too long to arrive"};
inline constexpr HttpRefusal kNoMemory{503, "too much memory is in use for unfinished requests"};
inline constexpr HttpRefusal kTooManyConnections{503, "too many connections"};
inline constexpr HttpRefusal kTooManyOfPeer{503, "too many connections from this address"};

/// Counts refusals by their cause.
struct HttpRefusals {
  std::uint64_t malformed = 0;           ///< 400, 501, 505
  std::uint64_t tooLarge = 0;            ///< 413, 431
  std::uint64_t tooSlow = 0;             ///< 408
  std::uint64_t tooManyConnections = 0;  ///< 503

  /// Counts and logs one.
  void note(const HttpRefusal& refusal);
  /// Logs that `peer` has started TLS where it is not spoken.
  void noteTls(const std::string& peer);
  std::uint64_t total() const noexcept {
    return malformed + tooLarge + tooSlow + tooManyConnections;
  }

 private:
  RateLimiter tls_{1, std::chrono::minutes(1)};
};

}  // namespace evmicro::detail

#include "call/pushback.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string_view>
#include <system_error>

#include "base/digits.h"
#include "http/http_date.h"

namespace evmicro::detail {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::system_clock;

constexpr seconds kLongest = std::chrono::hours(24 * 365);

// A number of seconds, or a date, which may be over.
std::optional<milliseconds> retryAfter(std::string_view text, system_clock::time_point now) {
  if (!text.empty() && std::all_of(text.begin(), text.end(), isDigit)) {
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error == std::errc::result_out_of_range) return kLongest;
    return std::min(seconds(count), kLongest);
  }
  const auto date = parseHttpDate(text);
  if (!date) return std::nullopt;
  const auto left = std::chrono::ceil<milliseconds>(*date - now);
  return std::clamp<milliseconds>(left, milliseconds(0), kLongest);
}

// gRPC's A6: a signed number of 32 bits; negative or anything else: nullopt.
std::optional<milliseconds> grpcPushback(std::string_view text) {
  std::int32_t count = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || count < 0) return std::nullopt;
  return milliseconds(count);
}

}  // namespace

void Pushback::read(const Metadata& headers, system_clock::time_point now) {
  if (const auto text = headers.get("Retry-After")) {
    if (const auto time = retryAfter(*text, now)) peer = time;
  }
  if (const auto text = headers.get("Grpc-Retry-Pushback-Ms")) {
    anyone = grpcPushback(*text);
    never = !anyone;
  }
}

}  // namespace evmicro::detail

#include "http2/grpc_timeout.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace evmicro::detail {

namespace {

struct Unit {
  char name;
  std::int64_t nanoseconds;
};
constexpr std::array<Unit, 6> kUnits = {{{'n', 1},
                                         {'u', 1'000},
                                         {'m', 1'000'000},
                                         {'S', 1'000'000'000},
                                         {'M', 60'000'000'000},
                                         {'H', 3'600'000'000'000}}};
constexpr std::int64_t kMostDigits = 99'999'999;

}  // namespace

std::optional<std::chrono::nanoseconds> parseGrpcTimeout(std::string_view text) noexcept {
  if (text.size() < 2 || text.size() > 9) return std::nullopt;
  const char unit = text.back();
  text.remove_suffix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool digits = error == std::errc() && end == text.data() + text.size() && text[0] != '-';
  const auto known = std::find_if(kUnits.begin(), kUnits.end(),
                                  [unit](const Unit& one) { return one.name == unit; });
  if (!digits || known == kUnits.end()) return std::nullopt;
  // 99999999 hours do not fit.
  constexpr std::int64_t kLongest = std::int64_t{365} * 24 * 3'600'000'000'000;
  if (value > kLongest / known->nanoseconds) return std::chrono::nanoseconds(kLongest);
  return std::chrono::nanoseconds(value * known->nanoseconds);
}

std::string formatGrpcTimeout(std::chrono::nanoseconds time) {
  const std::int64_t count = std::max<std::int64_t>(time.count(), 1);
  for (const Unit& unit : kUnits) {
    const std::int64_t value = (count - 1) / unit.nanoseconds + 1;
    if (value <= kMostDigits) return std::to_string(value) + unit.name;
  }
  return std::to_string(kMostDigits) + 'H';
}

}  // namespace evmicro::detail

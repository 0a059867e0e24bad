#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace evmicro::detail {

/// `1 day`, `2 days`, `0 days`: a number of things for people. `one` has a plural with `s`.
inline std::string counted(std::uint64_t number, std::string_view one) {
  std::string text = std::to_string(number);
  text.append(" ").append(one);
  if (number != 1) text += 's';
  return text;
}

}  // namespace evmicro::detail

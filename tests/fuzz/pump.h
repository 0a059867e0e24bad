#pragma once

#include <algorithm>
#include <cstddef>
#include <random>
#include <string>
#include <string_view>

namespace evmicro::fuzz {

/// `bytes` with a piece of it, of up to 64 bytes, repeated until the whole is `length` long: one
/// header many times, deep nesting, a long number. Finds readers whose time grows faster than
/// their input.
template <typename Random>
std::string pumped(std::string_view bytes, std::size_t length, Random& random) {
  const auto below = [&random](std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(random);
  };
  if (bytes.empty() || bytes.size() >= length) return std::string(bytes.substr(0, length));
  const std::size_t begin = below(bytes.size());
  const std::string_view piece = bytes.substr(begin, 1 + below(64));
  std::string result(bytes.substr(0, begin));
  const std::size_t rest = bytes.size() - begin;
  while (result.size() + piece.size() + rest <= length) result += piece;
  return result.append(bytes.substr(begin));
}

}  // namespace evmicro::fuzz

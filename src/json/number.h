#pragma once

#include <string_view>

namespace evmicro::detail {

/// How a number suits the type that was asked for.
enum class NumberFit {
  kFits,
  kOutOfRange,
  kNotANumber,  ///< Not of that kind at all: a fraction for an integer, other text for a number.
};

/// Reads `text`, all of it, as a JSON number whose value is an integer: `3`, `3.0` and `3e2` are,
/// `3.5` is not. Exact over the whole range of T, which has 32 or 64 bits.
template <typename T>
NumberFit parseInteger(std::string_view text, T& out);

/// Reads `text`, all of it, as a JSON number. T is float or double; what is too small for it
/// becomes zero. Never NaN or infinity.
template <typename T>
NumberFit parseReal(std::string_view text, T& out);

}  // namespace evmicro::detail

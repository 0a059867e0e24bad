#pragma once

#include <string_view>

namespace evmicro::detail {

/// Whether a number fits the requested type.
enum class NumberFit {
  kFits,
  kOutOfRange,
  kNotANumber,  ///< Not of that kind: a fraction for an integer, or text that is not a number.
};

/// Parses all of `text` as a JSON number with an integer value: `3`, `3.0` and `3e2`, but not
/// `3.5`. Exact over the whole range of T, which has 32 or 64 bits.
template <typename T>
NumberFit parseInteger(std::string_view text, T& out);

/// Parses all of `text` as a JSON number. T is float or double; values too small for it become
/// zero. Never NaN or infinity.
template <typename T>
NumberFit parseReal(std::string_view text, T& out);

}  // namespace evmicro::detail

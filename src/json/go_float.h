#pragma once

#include <string>

namespace evmicro::detail {

/// Appends the shortest decimal number that parses back to `value`, formatted as by Go's
/// encoding/json (since Go 1.8, as ECMAScript): plain digits, with an exponent below 1e-6 and from
/// 1e21 on. Independent of the locale. @pre finite: JSON cannot represent NaN and infinity
void appendGoFloat(std::string& out, double value);
void appendGoFloat(std::string& out, float value);

}  // namespace evmicro::detail

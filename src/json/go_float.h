#pragma once

#include <string>

namespace evmicro::detail {

/// Appends the shortest decimal number that reads back as `value`, laid out as Go's encoding/json
/// does (since Go 1.8, the way of ECMAScript): plain digits, and an exponent below 1e-6 and from
/// 1e21 on. Whatever the locale. @pre finite: JSON has no word for NaN and infinity
void appendGoFloat(std::string& out, double value);
void appendGoFloat(std::string& out, float value);

}  // namespace evmicro::detail

#pragma once

#include <string>
#include <string_view>

namespace evmicro::detail {

/// Whether a transport carries a header of this (canonical) name. Those that frame the message are
/// its own business, and names that are no HTTP token cannot be written: our reader would refuse
/// the whole message for them.
bool isCarriedHeader(std::string_view name) noexcept;

/// Appends a header's value as it is carried: no blanks around it, and every control byte in it,
/// line breaks above all, becomes a space.
void appendHeaderValue(std::string& out, std::string_view value);

}  // namespace evmicro::detail

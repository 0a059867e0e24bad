#pragma once

#include <string>
#include <string_view>

namespace evmicro::detail {

/// Whether a transport carries a header of this (canonical) name. Framing headers belong to the
/// transport, and a name that is not an HTTP token must not be written: a reader like ours would
/// refuse the whole message.
bool isCarriedHeader(std::string_view name) noexcept;

/// Appends a header's value as it is sent: without surrounding blanks, and with every control byte,
/// above all line breaks, replaced by a space.
void appendHeaderValue(std::string& out, std::string_view value);

}  // namespace evmicro::detail

#pragma once

#include <string>
#include <string_view>

#include <evmicro/export.h>

namespace evmicro {

/// Whether a transport carries a header of this (canonical) name; it leaves out all others. Framing
/// headers (Content-Length, Host, ...) belong to the transport itself, and a name that is not an
/// HTTP token could not be read by the http transport of another service.
EVMICRO_EXPORT bool isCarriedHeader(std::string_view name) noexcept;

/// Appends a header's value in the form in which transports send it: without surrounding blanks,
/// and with every control byte, above all line breaks, replaced by a space.
EVMICRO_EXPORT void appendHeaderValue(std::string& out, std::string_view value);

}  // namespace evmicro

#pragma once

#include <string>
#include <string_view>

namespace evmicro::detail {

/// Appends `text` as a JSON string with quotes, exactly as Go's encoding/json does: < > & and
/// U+2028/2029 are escaped, control characters too, other UTF-8 is kept, and bytes that are not
/// UTF-8 become U+FFFD.
void appendJsonString(std::string& out, std::string_view text);

/// The same, as a new string.
std::string jsonString(std::string_view text);

/// Decodes a string token with quotes that a JsonScanner has checked. The result is always UTF-8:
/// as in Go, half a surrogate pair becomes U+FFFD, and so does each byte that is not UTF-8. The
/// view points into `token` if there was nothing to decode, otherwise into `scratch`.
std::string_view decodeJsonString(std::string_view token, std::string& scratch);

/// Shortens `text` for an error message and puts it in quotes.
std::string quoteForError(std::string_view text);

}  // namespace evmicro::detail

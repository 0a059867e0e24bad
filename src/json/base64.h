#pragma once

#include <string>
#include <string_view>

namespace evmicro::detail {

/// Appends `bytes` in standard base64 with padding.
void appendBase64(std::string& out, std::string_view bytes);

/// Decodes standard, padded base64; line breaks within are skipped, as Go does. False, with `out`
/// undefined, when `text` is anything else: other alphabets, missing padding, stray characters.
bool decodeBase64(std::string_view text, std::string& out);

}  // namespace evmicro::detail

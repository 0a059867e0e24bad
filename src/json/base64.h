#pragma once

#include <string>
#include <string_view>

namespace evmicro::detail {

/// Appends `bytes` in standard base64 with padding.
void appendBase64(std::string& out, std::string_view bytes);

enum class Base64 {
  kStandard,  ///< with + and /, padded: all that Go's decoder takes
  kAnyForm,   ///< also with - and _ instead, and without padding
};

/// Decodes base64; line breaks within are skipped, as Go does. False, with `out` undefined, when
/// `text` is not of that form.
bool decodeBase64(std::string_view text, std::string& out, Base64 form = Base64::kStandard);

}  // namespace evmicro::detail

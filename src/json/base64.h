#pragma once

#include <string>
#include <string_view>

namespace evmicro::detail {

/// Appends `bytes` in standard base64 with padding.
void appendBase64(std::string& out, std::string_view bytes);

enum class Base64 {
  kStandard,  ///< with + and /, padded: the only form that Go's decoder accepts
  kAnyForm,   ///< also - and _ for + and /, and also without padding
};

/// Decodes base64; line breaks are skipped, as by Go. False, with `out` unspecified, if `text` does
/// not have the form.
bool decodeBase64(std::string_view text, std::string& out, Base64 form = Base64::kStandard);

}  // namespace evmicro::detail

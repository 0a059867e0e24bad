#pragma once

#include <string>
#include <string_view>

namespace evmicro::detail {

/// Appends `text` as a JSON string, quotes included, to the letter as Go's encoding/json does:
/// < > & and U+2028/2029 are escaped, control characters too, other UTF-8 is kept, and bytes that
/// are no UTF-8 become U+FFFD.
void appendJsonString(std::string& out, std::string_view text);

}  // namespace evmicro::detail

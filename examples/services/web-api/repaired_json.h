#pragma once

#include <string>
#include <string_view>

namespace web {

/// `json` with what Go's decoder takes and jansson does not in a form that it takes: what is not
/// UTF-8, NUL and halves of pairs of surrogates become U+FFFD, numbers out of range become strings.
std::string repaired(std::string_view json);

}  // namespace web

#pragma once

#include <string>

namespace user {

/// `text`, which is UTF-8, with each letter of any script in lower case, as strings.ToLower of Go
/// has it: letter by letter, whatever the language.
std::string lowerCase(const std::string& text);

}  // namespace user

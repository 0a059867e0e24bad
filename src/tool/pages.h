#pragma once

#include <string>
#include <string_view>

namespace evmicro::tool {

/// A template of the manual page or of the completion, filled from the tables of commands and
/// flags: each line that is nothing but a name between two @ gives way to what it names.
/// std::invalid_argument: there is no such name.
std::string fillPage(std::string_view page);

}  // namespace evmicro::tool

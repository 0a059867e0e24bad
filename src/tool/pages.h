#pragma once

#include <string>
#include <string_view>

namespace evmicro::tool {

/// Fills a template of the manual page or the completion from the tables of commands and flags:
/// each line that consists of a name between two @ is replaced by its content.
/// std::invalid_argument for an unknown name.
std::string fillPage(std::string_view page);

}  // namespace evmicro::tool

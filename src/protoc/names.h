#pragma once

#include <string>
#include <vector>

namespace evmicro::protoc {

/// `name`, with an underscore appended if it is a C++ keyword or a macro of a standard header, as
/// protoc's C++ generator does.
std::string cppName(const std::string& name);

/// Whether a header that the program includes may have a macro `name`: unless it is in camel case
/// and begins with a capital.
bool mayBeMacro(const std::string& name);

/// The namespaces of a proto package, outermost first; none for the empty package.
std::vector<std::string> namespacesOf(const std::string& package);

}  // namespace evmicro::protoc

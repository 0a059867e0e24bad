#pragma once

#include <string>
#include <vector>

namespace evmicro::protoc {

/// `name`, with an underscore appended when C++ or a macro of a standard header has taken it: what
/// protoc's C++ generator does with the names of messages.
std::string cppName(const std::string& name);

/// The namespaces of a proto package, outermost first; none for the empty package.
std::vector<std::string> namespacesOf(const std::string& package);

}  // namespace evmicro::protoc

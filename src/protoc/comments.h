#pragma once

#include <string>
#include <vector>

#include <google/protobuf/io/printer.h>

namespace evmicro::protoc {

/// The lines of a comment of a .proto, prepared for `///`: without blank first or last lines,
/// common indentation, and anything that would end or extend a C++ comment.
std::vector<std::string> commentLines(const std::string& text);

/// Writes `lines` as a doc comment, each after `///`.
void writeComment(const std::vector<std::string>& lines, google::protobuf::io::Printer& out);

}  // namespace evmicro::protoc

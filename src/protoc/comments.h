#pragma once

#include <string>
#include <vector>

#include <google/protobuf/io/printer.h>

namespace evmicro::protoc {

/// The lines of a comment of a .proto, made fit to stand behind `///`: no blank first or last
/// lines, no common indentation, nothing that C++ would read as more than a comment.
std::vector<std::string> commentLines(const std::string& text);

/// Writes `lines` as a doc comment, each behind `///`.
void writeComment(const std::vector<std::string>& lines, google::protobuf::io::Printer& out);

}  // namespace evmicro::protoc

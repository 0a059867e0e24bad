#include "protoc/comments.h"

#include <algorithm>
#include <sstream>
#include <string_view>

namespace evmicro::protoc {

namespace {

constexpr char kBlanks[] = " \t\r\f\v";

// A backslash at the end of a line would continue the comment on the next line, which may be code;
// the compiler ignores blanks after it.
std::string harmless(std::string line) {
  const std::size_t last = line.find_last_not_of(kBlanks);
  line.erase(last == std::string::npos ? 0 : last + 1);
  if (!line.empty() && line.back() == '\\') line.replace(line.size() - 1, 1, "&#92;");
  // A lone carriage return ends a line for some compilers.
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\r' || c == '\f' || c == '\v'; }, ' ');
  return line;
}

void replaceAll(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

// What compilers warn of in comments: trigraphs, and controls of the direction of text (U+202A to
// U+202E, U+2066 to U+2069), which could make code look different from what it is.
std::string unsuspicious(std::string line) {
  replaceAll(line, "??", "?&#63;");
  for (const char* const control :
       {"\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069"}) {
    replaceAll(line, control, "");
  }
  return line;
}

std::size_t commonIndent(const std::vector<std::string>& lines) {
  std::size_t least = std::string::npos;
  for (const std::string& line : lines) {
    if (!line.empty()) least = std::min(least, line.find_first_not_of(' '));
  }
  return least;
}

}  // namespace

std::vector<std::string> commentLines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    lines.push_back(unsuspicious(harmless(std::move(line))));
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  while (!lines.empty() && lines.front().empty()) lines.erase(lines.begin());
  const std::size_t indent = commonIndent(lines);
  for (std::string& line : lines) {
    if (!line.empty()) line.erase(0, indent);
  }
  return lines;
}

void writeComment(const std::vector<std::string>& lines, google::protobuf::io::Printer& out) {
  for (const std::string& line : lines) {
    out.Print("///$text$\n", "text", line.empty() ? "" : " " + line);
  }
}

}  // namespace evmicro::protoc

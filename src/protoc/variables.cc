#include "protoc/variables.h"

namespace evmicro::protoc {

namespace {

// `text` between the quotes of a string in C++.
std::string escaped(const std::string& text) {
  std::string code;
  for (const char c : text) {
    if (c == '"' || c == '\\' || c == '?') code += '\\';  // ?: of a trigraph
    code += c == '\n' || c == '\r' ? ' ' : c;
  }
  return code;
}

// The last argument of a registration.
std::string optionsOf(const Method& method) {
  if (method.http.empty()) return {};
  return ",\n    ::evmicro::HandleOptions{{{\"http\", \"" + escaped(method.http) + "\"}}}";
}

}  // namespace

Variables variablesOf(const Method& method) {
  return {
      {"name", method.name},          {"wire", method.wireName},
      {"Q", method.request},          {"R", method.response},
      {"options", optionsOf(method)}, {"deprecated", method.deprecated ? "[[deprecated]] " : ""}};
}

}  // namespace evmicro::protoc

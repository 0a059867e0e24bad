#include "protoc/names.h"

#include <algorithm>
#include <sstream>
#include <string_view>

namespace evmicro::protoc {

namespace {

// Keywords, and macros of the headers that generated code may meet. Separated by blanks.
constexpr std::string_view kTaken =
    " BUFSIZ CHAR_BIT EOF INFINITY INT_MAX INT_MIN LONG_MAX LONG_MIN NAN NDEBUG NULL RAND_MAX "
    "UINT_MAX alignas alignof and and_eq asm assert auto bitand bitor bool break case catch "
    "char char16_t char32_t char8_t class co_await co_return co_yield compl concept const "
    "const_cast consteval constexpr constinit continue decltype default delete do double "
    "dynamic_cast else enum errno explicit export extern false float for friend goto if "
    "inline int linux long major makedev minor mutable namespace new noexcept not not_eq nullptr "
    "offsetof operator or or_eq "
    "private protected public register reinterpret_cast requires return setjmp short signed sizeof "
    "static static_assert static_cast stderr stdin stdout struct switch template this "
    "thread_local throw true try typedef typeid typename typeof union unix unsigned using va_arg "
    "va_copy va_end va_start virtual "
    "void volatile wchar_t while xor xor_eq ";

}  // namespace

std::string cppName(const std::string& name) {
  return kTaken.find(" " + name + " ") != kTaken.npos ? name + "_" : name;
}

bool mayBeMacro(const std::string& name) {
  const auto isLower = [](char c) { return c >= 'a' && c <= 'z'; };
  return name.empty() || isLower(name[0]) || std::none_of(name.begin(), name.end(), isLower);
}

std::vector<std::string> namespacesOf(const std::string& package) {
  std::vector<std::string> result;
  std::istringstream parts(package);
  for (std::string part; std::getline(parts, part, '.');) result.push_back(cppName(part));
  return result;
}

}  // namespace evmicro::protoc

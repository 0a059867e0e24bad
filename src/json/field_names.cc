#include "json/field_names.h"

namespace evmicro::detail {

namespace {

bool isUpper(char c) noexcept { return c >= 'A' && c <= 'Z'; }
bool isLower(char c) noexcept { return c >= 'a' && c <= 'z'; }
char lower(char c) noexcept { return isUpper(c) ? static_cast<char>(c + ('a' - 'A')) : c; }

}  // namespace

bool sameWords(std::string_view a, std::string_view b) noexcept {
  std::size_t at = 0;
  const auto skipUnderscores = [&b, &at] {
    while (at > 0 && at < b.size() && b[at] == '_') ++at;
  };
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (i > 0 && a[i] == '_') continue;
    skipUnderscores();
    if (at == b.size() || lower(a[i]) != lower(b[at])) return false;
    ++at;
  }
  skipUnderscores();
  return at == b.size();
}

std::string wordsOf(std::string_view name) {
  std::string words;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (i == 0 || name[i] != '_') words += lower(name[i]);
  }
  return words;
}

std::string snakeCase(std::string_view name) {
  std::string result;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool startsWord =
        i > 0 && isUpper(name[i]) && name[i - 1] != '_' &&
        (!isUpper(name[i - 1]) || (i + 1 < name.size() && isLower(name[i + 1])));
    if (startsWord) result += '_';
    result += lower(name[i]);
  }
  return result;
}

}  // namespace evmicro::detail

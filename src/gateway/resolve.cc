#include "gateway/resolve.h"

#include <cstddef>
#include <vector>

#include "base/digits.h"

namespace evmicro::gateway {

namespace {

using detail::isDigit;

bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// As Go's strings.Title: a letter becomes upper case unless a letter, digit or underscore precedes
// it.
std::string titled(std::string_view text) {
  std::string result(text);
  bool begins = true;
  for (char& c : result) {
    if (begins && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    // Bytes of other scripts count as letters.
    begins = !isLetter(c) && !isDigit(c) && c != '_' && static_cast<unsigned char>(c) < 0x80;
  }
  return result;
}

std::vector<std::string_view> partsOf(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    if (slash != 0) parts.push_back(path.substr(0, slash));
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  return parts;
}

// `v1`, `v20`.
bool isVersion(std::string_view part) {
  if (part.size() < 2 || part.front() != 'v') return false;
  for (const char c : part.substr(1)) {
    if (!isDigit(c)) return false;
  }
  return true;
}

}  // namespace

Target resolve(std::string_view nameSpace, std::string_view path) {
  const std::vector<std::string_view> parts = partsOf(path);
  Target target;
  target.service.assign(nameSpace).append(".");
  if (parts.empty()) return target;
  if (parts.size() == 1) {
    target.method = titled(parts[0]);
    return target;
  }
  const bool named = parts.size() == 2 || (parts.size() == 3 && isVersion(parts[0]));
  const std::size_t inService = named ? parts.size() - 1 : parts.size() - 2;
  for (std::size_t i = 0; i < inService; ++i) {
    target.service.append(i > 0 ? "." : "").append(parts[i]);
  }
  const std::string_view type = named ? parts[inService - 1] : parts[inService];
  target.method = titled(type) + "." + titled(parts.back());
  return target;
}

}  // namespace evmicro::gateway

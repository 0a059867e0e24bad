#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace evmicro::detail {

/// Decodes %XX. nullopt if a '%' is not followed by two hex digits.
std::optional<std::string> decodePath(std::string_view path);

/// Percent-encodes `text` for use as one path segment, or as a value in a query.
std::string pathSegment(std::string_view text);

/// Why servers do not find `text` as the end of a path, however it is encoded; null: they do. Go's
/// redirects to another path if a part of it is `.`, `..` or empty, except for an empty one at the
/// end; Consul refuses characters that cannot be printed, such as a no-break space, and knows no
/// text but UTF-8; and the length of a request line is limited.
const char* problemInPath(std::string_view text);

/// The parameters of a query string, decoded as by Go ('+' is a blank).
class UrlQuery {
 public:
  /// More are refused: each costs far more memory than its bytes. The limit is that of Go.
  static constexpr std::size_t kMostParameters = 10'000;

  /// nullopt if it is malformed, or has too many parameters.
  static std::optional<UrlQuery> parse(std::string_view text);

  bool has(std::string_view name) const;
  /// The first value of `name`, empty if there is none.
  std::string get(std::string_view name) const;
  std::vector<std::string> all(std::string_view name) const;
  /// Names and values in their order.
  const std::vector<std::pair<std::string, std::string>>& entries() const noexcept {
    return entries_;
  }

 private:
  std::vector<std::pair<std::string, std::string>> entries_;
};

}  // namespace evmicro::detail

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace evmicro::detail {

/// Undoes %XX. Nothing when a '%' is not followed by two hex digits.
std::optional<std::string> decodePath(std::string_view path);

/// `text` with everything percent-encoded that does not stand for itself in one segment of a path,
/// or as a value in a query.
std::string pathSegment(std::string_view text);

/// The parameters of a query string, decoded as Go does ('+' is a blank).
class UrlQuery {
 public:
  /// Nothing when it is malformed.
  static std::optional<UrlQuery> parse(std::string_view text);

  bool has(std::string_view name) const;
  /// The first value of `name`, empty when there is none.
  std::string get(std::string_view name) const;
  std::vector<std::string> all(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, std::string>> entries_;
};

}  // namespace evmicro::detail

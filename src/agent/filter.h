#pragma once

#include <memory>
#include <string_view>

#include <evmicro/status.h>

namespace evmicro::detail {

/// An expression of Consul's `filter=`, such as `Service.Tags contains "a" and not Service.Port ==
/// 80`: comparisons (==, !=, in, not in, contains, not contains, is empty, is not empty) of what
/// JSON entries have, joined by and, or, not and parentheses. There is no `matches`.
class Filter {
 public:
  struct Node;

  /// `sample` is a list (or object) of at least one entry with everything in it that an expression
  /// may name. An error is as Consul words it, as far as it concerns names and operators.
  static Result<Filter> parse(std::string_view expression, std::string_view sample);
  Filter(Filter&& other) noexcept;
  Filter& operator=(Filter&& other) noexcept;
  ~Filter();

  /// Whether `entry`, a JSON object, is wanted.
  bool matches(std::string_view entry) const;

 private:
  explicit Filter(std::unique_ptr<Node> root);

  std::unique_ptr<Node> root_;
};

}  // namespace evmicro::detail

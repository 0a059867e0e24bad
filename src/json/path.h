#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace evmicro::detail {

/// The reader's position in a JSON value, for error messages: `params[0].items[3].count`. The steps
/// are on the stack of the recursion, each pointing to its parent; the text is made only for an
/// error.
class JsonPath {
 public:
  explicit JsonPath(std::string_view root) noexcept : text_(root) {}
  JsonPath member(std::string_view name) const noexcept { return {this, Step::kMember, name, 0}; }
  JsonPath element(std::size_t index) const noexcept { return {this, Step::kElement, {}, index}; }
  JsonPath mapKey(std::string_view key) const noexcept { return {this, Step::kMapKey, key, 0}; }

  std::string toString() const;

 private:
  enum class Step { kRoot, kMember, kElement, kMapKey };
  JsonPath(const JsonPath* from, Step step, std::string_view text, std::size_t index) noexcept
      : from_(from), step_(step), text_(text), index_(index) {}

  const JsonPath* from_ = nullptr;
  Step step_ = Step::kRoot;
  std::string_view text_;
  std::size_t index_ = 0;
};

}  // namespace evmicro::detail

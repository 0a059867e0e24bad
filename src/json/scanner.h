#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace evmicro::detail {

/// Scans JSON text once, checking its grammar (RFC 8259) without building anything: values are
/// returned as views of the text. Nesting deeper than kMaxDepth is refused, so recursive readers of
/// checked text have a bounded stack. UTF-8 is not checked.
///
/// After the first error every step fails; problem() describes it. A copy of a scanner can look
/// ahead without moving the original.
class JsonScanner {
 public:
  static constexpr int kMaxDepth = 256;

  explicit JsonScanner(std::string_view text) noexcept
      : begin_(text.data()), at_(begin_), end_(begin_ + text.size()) {}

  /// Skips blanks; returns the next character, '\0' at the end of the text.
  char peek() noexcept {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) ++at_;
    return current();
  }
  /// The next value, without surrounding blanks. Empty on error.
  std::string_view value();
  /// Takes the next value if it is an integer of one to nine digits, without a sign: the quick form
  /// of value() for arrays of millions of numbers. Otherwise nothing is taken.
  bool smallInteger(std::uint32_t& number) noexcept;
  /// Whether only blanks are left; anything else is an error.
  bool atEnd();

  /// Iterates over an object. `onMember(key)` gets each key as it is written, with quotes, and must
  /// take the member's value from this scanner.
  template <typename OnMember>
  void object(OnMember onMember) {
    if (!open('{') || close('}')) return;
    do {
      const std::string_view key = takeKey();
      if (!take(':')) return;
      onMember(key);
    } while (another('}'));
  }

  /// Iterates over an array. `onElement()` must take the element from this scanner.
  template <typename OnElement>
  void array(OnElement onElement) {
    if (!open('[') || close(']')) return;
    do {
      onElement();
    } while (another(']'));
  }

  /// Makes every later step fail; for a reader that has found an error itself.
  void stop() noexcept;

  /// Enters an object up to the value of its first member; returns that member's key, with quotes,
  /// or an empty view if there is none. For copies that look ahead.
  std::string_view firstKey();

  bool ok() const noexcept { return !expected_; }
  /// What is wrong and where. @pre !ok()
  std::string problem() const;

 private:
  bool open(char bracket);
  bool close(char bracket) noexcept;
  bool take(char punctuation) {
    if (!ok() || peek() != punctuation) return failTo(punctuation);
    ++at_;
    return true;
  }
  bool failTo(char take) noexcept;
  bool another(char bracket);
  std::string_view takeKey();
  std::string_view since(const char* start) const noexcept {
    return ok() ? std::string_view(start, static_cast<std::size_t>(at_ - start))
                : std::string_view();
  }

  void skipValue();
  void skipKey();
  void skipScalar(char first);
  void skipString();
  void skipUnicodeEscape();
  void skipNumber();
  void skipDigits();
  void skipLiteral(std::string_view literal);
  void fail(const char* expected) noexcept;
  char current() const noexcept { return at_ != end_ ? *at_ : '\0'; }

  const char* begin_;
  const char* at_;
  const char* end_;
  int depth_ = 0;
  const char* expected_ = nullptr;  // set by the first error, at_ is its position
};

/// Appends checked JSON as Go's encoding/json compacts it: without blanks between the tokens, and
/// with < > & and U+2028/2029 escaped.
void appendCompactJson(std::string& out, std::string_view json);

}  // namespace evmicro::detail

#include "json/value.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <type_traits>

#include "json/text.h"

namespace evmicro::detail {

namespace {

constexpr std::size_t kLongestQuote = 40;

JsonNode load(std::string_view json, json_error_t* error) {
  return JsonNode(json_loadb(json.data(), json.size(), JSON_DECODE_ANY | JSON_ALLOW_NUL, error));
}

bool isInteger(std::string_view text) {
  if (!text.empty() && text[0] == '-') text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Whether `json` may hold the number -0, which jansson would read as the integer 0. A string that
// looks like it only costs time.
bool mayHoldNegativeZero(std::string_view json) {
  constexpr std::string_view kAfterNumber = ",]} \t\r\n";
  for (std::size_t at = json.find("-0"); at != json.npos; at = json.find("-0", at + 2)) {
    if (at + 2 == json.size() || kAfterNumber.find(json[at + 2]) != json.npos) return true;
  }
  return false;
}

// Length of the string token at the front of `json`, quotes included.
std::size_t stringLength(std::string_view json) {
  std::size_t end = 1;
  while (json[end] != '"') end += json[end] == '\\' ? 2 : 1;
  return end + 1;
}

// The text for the second reading that JsonTree describes.
std::string markNumbers(std::string_view json) {
  constexpr std::string_view kNumberCharacters = "+-.0123456789Ee";
  std::string marked;
  marked.reserve(json.size() + json.size() / 4);
  while (!json.empty()) {
    std::size_t length = 1;
    if (json[0] == '"') {
      length = stringLength(json);
      marked.append("\"s").append(json.substr(1, length - 1));
    } else if (json[0] == '-' || (json[0] >= '0' && json[0] <= '9')) {
      length = std::min(json.find_first_not_of(kNumberCharacters), json.size());
      marked.append("\"n").append(json.substr(0, length)).append("\"");
    } else {
      marked += json[0];
    }
    json.remove_prefix(length);
  }
  return marked;
}

template <typename T>
NumberFit narrow(double value, T& out) {
  if (!std::isfinite(value)) return NumberFit::kOutOfRange;
  if (std::abs(value) > std::numeric_limits<T>::max()) {
    // What rounds to the greatest float is still one: only compare after the conversion, which
    // is undefined far outside of the range.
    constexpr double kFloatEdge = 3.4028235677973366e+38;  // greatest float and half a step
    if (std::is_same_v<T, double> || std::abs(value) >= kFloatEdge) return NumberFit::kOutOfRange;
    out = value < 0 ? std::numeric_limits<T>::lowest() : std::numeric_limits<T>::max();
    return NumberFit::kFits;
  }
  out = static_cast<T>(value);
  return NumberFit::kFits;
}

}  // namespace

template <typename T>
NumberFit parseInteger(std::string_view text, T& out) noexcept {
  if (!isInteger(text)) return NumberFit::kNotANumber;
  if (std::is_unsigned_v<T> && text[0] == '-') {
    const bool isZero = text.find_first_not_of("-0") == std::string_view::npos;
    if (isZero) out = 0;
    return isZero ? NumberFit::kFits : NumberFit::kOutOfRange;
  }
  const auto end = std::from_chars(text.data(), text.data() + text.size(), out);
  return end.ec == std::errc() ? NumberFit::kFits : NumberFit::kOutOfRange;
}

JsonValue::Kind JsonValue::kind() const noexcept {
  switch (json_typeof(node_)) {
    case JSON_OBJECT: return Kind::kObject;
    case JSON_ARRAY: return Kind::kArray;
    case JSON_STRING: return marked_ && rawString()[0] == 'n' ? Kind::kNumber : Kind::kString;
    case JSON_INTEGER:
    case JSON_REAL: return Kind::kNumber;
    case JSON_TRUE:
    case JSON_FALSE: return Kind::kBoolean;
    case JSON_NULL: break;
  }
  return Kind::kNull;
}

std::string_view JsonValue::rawString() const noexcept {
  return {json_string_value(node_), json_string_length(node_)};
}

std::string_view JsonValue::string() const noexcept { return rawString().substr(marked_ ? 1 : 0); }

template <typename T>
NumberFit JsonValue::integer(T& out) const noexcept {
  if (marked_) return parseInteger(markedNumber(), out);
  if (!json_is_integer(node_)) return NumberFit::kNotANumber;
  const json_int_t value = json_integer_value(node_);
  using Limits = std::numeric_limits<T>;
  const bool below = value < static_cast<json_int_t>(Limits::min());
  const bool above = sizeof(T) < sizeof value && value > static_cast<json_int_t>(Limits::max());
  if (below || above) return NumberFit::kOutOfRange;
  out = static_cast<T>(value);
  return NumberFit::kFits;
}

template <typename T>
NumberFit JsonValue::real(T& out) const noexcept {
  if (!marked_) return narrow(json_number_value(node_), out);
  const std::string_view text = markedNumber();
  double value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end.ec == std::errc()) return narrow(value, out);
  // Too great, or so small that it is 0: from_chars() does not tell which, but jansson does.
  const JsonNode number = load(text, nullptr);
  return number ? narrow(json_number_value(number.get()), out) : NumberFit::kOutOfRange;
}

std::string JsonValue::describe() const {
  switch (kind()) {
    case Kind::kNull: return "null";
    case Kind::kBoolean: return isTrue() ? "true" : "false";
    case Kind::kString: return "a string " + quoteForError(string());
    case Kind::kArray: return "an array";
    case Kind::kObject: return "an object";
    case Kind::kNumber: break;
  }
  if (marked_) {
    const std::string_view text = markedNumber();
    const bool cut = text.size() > kLongestQuote;
    return "the number " + std::string(text.substr(0, kLongestQuote)) + (cut ? "..." : "");
  }
  char text[32];  // %g, whatever the locale
  const auto end = json_is_integer(node_)
                       ? std::to_chars(text, text + sizeof text, json_integer_value(node_))
                       : std::to_chars(text, text + sizeof text, json_real_value(node_));
  return "the number " + std::string(text, end.ptr);
}

Status JsonTree::read(std::string_view json) {
  json_error_t error;
  marked_ = mayHoldNegativeZero(json);
  if (!marked_) {
    root_ = load(json, &error);
    marked_ = !root_ && json_error_code(&error) == json_error_numeric_overflow;
  }
  if (marked_) root_ = load(markNumbers(json), &error);
  return root_ ? Status() : Status::invalid(error.text);
}

Status decodeJsonString(std::string_view token, std::string& out) {
  JsonTree tree;
  if (Status status = tree.read(token); !status.ok()) return status;
  out.assign(tree.root().string());
  return {};
}

std::string quoteForError(std::string_view text) {
  const bool cut = text.size() > kLongestQuote;
  if (cut) {
    std::size_t length = kLongestQuote;
    // A cut within a character would read as a replacement character.
    while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) --length;
    text = text.substr(0, length);
  }
  std::string quoted;
  appendJsonString(quoted, text);
  return cut ? quoted + "..." : quoted;
}

template NumberFit parseInteger(std::string_view, std::int32_t&) noexcept;
template NumberFit parseInteger(std::string_view, std::int64_t&) noexcept;
template NumberFit parseInteger(std::string_view, std::uint32_t&) noexcept;
template NumberFit parseInteger(std::string_view, std::uint64_t&) noexcept;
template NumberFit JsonValue::integer(std::int32_t&) const noexcept;
template NumberFit JsonValue::integer(std::int64_t&) const noexcept;
template NumberFit JsonValue::integer(std::uint32_t&) const noexcept;
template NumberFit JsonValue::integer(std::uint64_t&) const noexcept;
template NumberFit JsonValue::real(float&) const noexcept;
template NumberFit JsonValue::real(double&) const noexcept;

}  // namespace evmicro::detail

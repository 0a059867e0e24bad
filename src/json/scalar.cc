#include "json/scalar.h"

#include <limits>
#include <type_traits>

#include "json/base64.h"
#include "json/number.h"
#include "json/text.h"

namespace evmicro::detail {

namespace {

using google::protobuf::FieldDescriptor;

bool isString(std::string_view value) { return value[0] == '"'; }
bool isNull(std::string_view value) { return value[0] == 'n'; }

std::string outOfRange(const FieldDescriptor& field, std::string_view value) {
  return describeJson(value) + " is out of the range of " + field.cpp_type_name();
}

template <typename T>
std::string parseIntegerOf(const FieldDescriptor& field, std::string_view value, T& number) {
  if (isNull(value)) return {};
  std::string scratch;
  const std::string_view text = isString(value) ? decodeJsonString(value, scratch) : value;
  switch (parseInteger(text, number)) {
    case NumberFit::kFits: break;
    case NumberFit::kOutOfRange: return outOfRange(field, value);
    case NumberFit::kNotANumber: return unexpectedJson("an integer", value);
  }
  return {};
}

// The names in protobuf's mapping for values that JSON cannot represent as numbers.
template <typename T>
bool parseNonFinite(std::string_view text, T& number) {
  using Limits = std::numeric_limits<T>;
  if (text == "NaN") {
    number = Limits::quiet_NaN();
  } else if (text == "Infinity") {
    number = Limits::infinity();
  } else if (text == "-Infinity") {
    number = -Limits::infinity();
  } else {
    return false;
  }
  return true;
}

template <typename T>
std::string parseRealOf(const FieldDescriptor& field, std::string_view value, T& number) {
  if (isNull(value)) return {};
  std::string scratch;
  const std::string_view text = isString(value) ? decodeJsonString(value, scratch) : value;
  if (isString(value) && parseNonFinite(text, number)) return {};
  switch (parseReal(text, number)) {
    case NumberFit::kFits: break;
    case NumberFit::kOutOfRange: return outOfRange(field, value);
    case NumberFit::kNotANumber: return unexpectedJson("a number", value);
  }
  return {};
}

std::string parseEnumOf(const FieldDescriptor& field, std::string_view value,
                        std::int32_t& number) {
  const auto& type = *field.enum_type();
  const auto expected = [&type] { return "a name or number of the enum " + type.name(); };
  number = field.default_value_enum()->number();
  if (isString(value)) {
    std::string scratch;
    const auto* known = type.FindValueByName(std::string(decodeJsonString(value, scratch)));
    if (!known) return unexpectedJson(expected(), value);
    number = known->number();
  } else if (!isNull(value)) {
    switch (parseInteger(value, number)) {
      case NumberFit::kFits: break;
      case NumberFit::kOutOfRange: return outOfRange(field, value);
      case NumberFit::kNotANumber: return unexpectedJson(expected(), value);
    }
  }
  return {};
}

template <typename T>
std::string read(std::string_view value, Slot slot) {
  T number{};
  std::string problem = parseNumber(slot.field(), value, number);
  if (problem.empty()) slot.set(number);
  return problem;
}

std::string readEnum(std::string_view value, Slot slot) {
  std::int32_t number = 0;
  std::string problem = parseEnumOf(slot.field(), value, number);
  if (problem.empty()) slot.setEnum(number);
  return problem;
}

std::string readString(std::string_view value, Slot slot) {
  std::string scratch;
  std::string_view text;
  std::string problem = parseString(value, scratch, text);
  if (!problem.empty()) return problem;
  slot.set(text.data() == scratch.data() ? std::move(scratch) : std::string(text));
  return {};
}

std::string readBytes(std::string_view value, Slot slot) {
  std::string bytes;
  if (isString(value)) {
    std::string scratch;
    const std::string_view text = decodeJsonString(value, scratch);
    if (!decodeBase64(text, bytes, Base64::kAnyForm)) return unexpectedJson("base64", value);
  } else if (!isNull(value)) {
    return unexpectedJson("a string of base64", value);
  }
  slot.set(std::move(bytes));
  return {};
}

template <typename T>
std::string readIntegerKey(std::string_view key, Slot slot) {
  T number = 0;
  if (parseInteger(key, number) != NumberFit::kFits) {
    return std::string("the key is not a valid ") + slot.field().cpp_type_name();
  }
  slot.set(number);
  return {};
}

}  // namespace

template <typename T>
std::string parseNumber(const FieldDescriptor& field, std::string_view value, T& number) {
  if constexpr (std::is_same_v<T, bool>) {
    number = value == "true";
    const bool isBool = number || value == "false" || isNull(value);
    return isBool ? std::string() : unexpectedJson("true or false", value);
  } else if constexpr (std::is_floating_point_v<T>) {
    return parseRealOf(field, value, number);
  } else {
    if constexpr (std::is_same_v<T, std::int32_t>) {
      if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
        return parseEnumOf(field, value, number);
      }
    }
    return parseIntegerOf(field, value, number);
  }
}

template std::string parseNumber(const FieldDescriptor&, std::string_view, std::int32_t&);
template std::string parseNumber(const FieldDescriptor&, std::string_view, std::int64_t&);
template std::string parseNumber(const FieldDescriptor&, std::string_view, std::uint32_t&);
template std::string parseNumber(const FieldDescriptor&, std::string_view, std::uint64_t&);
template std::string parseNumber(const FieldDescriptor&, std::string_view, float&);
template std::string parseNumber(const FieldDescriptor&, std::string_view, double&);
template std::string parseNumber(const FieldDescriptor&, std::string_view, bool&);

std::string parseString(std::string_view value, std::string& scratch, std::string_view& text) {
  text = {};
  if (isString(value)) {
    text = decodeJsonString(value, scratch);
  } else if (!isNull(value)) {
    return unexpectedJson("a string", value);
  }
  return {};
}

std::string readScalar(std::string_view value, Slot slot) {
  switch (slot.field().cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: return read<std::int32_t>(value, slot);
    case FieldDescriptor::CPPTYPE_INT64: return read<std::int64_t>(value, slot);
    case FieldDescriptor::CPPTYPE_UINT32: return read<std::uint32_t>(value, slot);
    case FieldDescriptor::CPPTYPE_UINT64: return read<std::uint64_t>(value, slot);
    case FieldDescriptor::CPPTYPE_FLOAT: return read<float>(value, slot);
    case FieldDescriptor::CPPTYPE_DOUBLE: return read<double>(value, slot);
    case FieldDescriptor::CPPTYPE_BOOL: return read<bool>(value, slot);
    case FieldDescriptor::CPPTYPE_ENUM: return readEnum(value, slot);
    default: break;
  }
  const bool isBytes = slot.field().type() == FieldDescriptor::TYPE_BYTES;
  return isBytes ? readBytes(value, slot) : readString(value, slot);
}

std::string readMapKey(std::string_view key, Slot slot) {
  switch (slot.field().cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: return readIntegerKey<std::int32_t>(key, slot);
    case FieldDescriptor::CPPTYPE_INT64: return readIntegerKey<std::int64_t>(key, slot);
    case FieldDescriptor::CPPTYPE_UINT32: return readIntegerKey<std::uint32_t>(key, slot);
    case FieldDescriptor::CPPTYPE_UINT64: return readIntegerKey<std::uint64_t>(key, slot);
    case FieldDescriptor::CPPTYPE_BOOL:
      if (key != "true" && key != "false") return "the key must be true or false";
      slot.set(key == "true");
      return {};
    default: slot.set(std::string(key)); return {};
  }
}

std::string describeJson(std::string_view value) {
  constexpr std::size_t kLongestNumber = 40;
  std::string scratch;
  switch (value[0]) {
    case '"': return "a string " + quoteForError(decodeJsonString(value, scratch));
    case '{': return "an object";
    case '[': return "an array";
    case 'n':
    case 't':
    case 'f': return std::string(value);
    default: break;
  }
  const bool cut = value.size() > kLongestNumber;
  return "the number " + std::string(value.substr(0, kLongestNumber)) + (cut ? "..." : "");
}

std::string unexpectedJson(std::string_view expected, std::string_view value) {
  return "expected " + std::string(expected) + ", got " + describeJson(value);
}

}  // namespace evmicro::detail

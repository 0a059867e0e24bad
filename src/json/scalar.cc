#include "json/scalar.h"

#include <limits>

#include "json/base64.h"
#include "json/number.h"
#include "json/text.h"

namespace evmicro::detail {

namespace {

using google::protobuf::FieldDescriptor;

bool isString(std::string_view value) { return value[0] == '"'; }
bool isNull(std::string_view value) { return value[0] == 'n'; }

std::string outOfRange(const Slot& slot, std::string_view value) {
  return describeJson(value) + " is out of the range of " + slot.field().cpp_type_name();
}

template <typename T>
std::string readInteger(std::string_view value, Slot slot) {
  T number = 0;
  if (!isNull(value)) {
    std::string scratch;
    const std::string_view text = isString(value) ? decodeJsonString(value, scratch) : value;
    switch (parseInteger(text, number)) {
      case NumberFit::kFits: break;
      case NumberFit::kOutOfRange: return outOfRange(slot, value);
      case NumberFit::kNotANumber: return unexpectedJson("an integer", value);
    }
  }
  slot.set(number);
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
std::string readReal(std::string_view value, Slot slot) {
  T number = 0;
  if (!isNull(value)) {
    std::string scratch;
    const std::string_view text = isString(value) ? decodeJsonString(value, scratch) : value;
    if (!isString(value) || !parseNonFinite(text, number)) {
      switch (parseReal(text, number)) {
        case NumberFit::kFits: break;
        case NumberFit::kOutOfRange: return outOfRange(slot, value);
        case NumberFit::kNotANumber: return unexpectedJson("a number", value);
      }
    }
  }
  slot.set(number);
  return {};
}

std::string readBool(std::string_view value, Slot slot) {
  const bool isTrue = value == "true";
  if (!isTrue && value != "false" && !isNull(value)) {
    return unexpectedJson("true or false", value);
  }
  slot.set(isTrue);
  return {};
}

std::string readEnum(std::string_view value, Slot slot) {
  const auto& type = *slot.field().enum_type();
  std::int32_t number = slot.field().default_value_enum()->number();
  if (isString(value)) {
    std::string scratch;
    const auto* known = type.FindValueByName(std::string(decodeJsonString(value, scratch)));
    if (!known) return unexpectedJson("a name or number of the enum " + type.name(), value);
    number = known->number();
  } else if (!isNull(value)) {
    switch (parseInteger(value, number)) {
      case NumberFit::kFits: break;
      case NumberFit::kOutOfRange: return outOfRange(slot, value);
      case NumberFit::kNotANumber:
        return unexpectedJson("a name or number of the enum " + type.name(), value);
    }
  }
  slot.setEnum(number);
  return {};
}

std::string readString(std::string_view value, Slot slot) {
  std::string scratch;
  std::string_view text;
  if (isString(value)) {
    text = decodeJsonString(value, scratch);
  } else if (!isNull(value)) {
    return unexpectedJson("a string", value);
  }
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

std::string readScalar(std::string_view value, Slot slot) {
  switch (slot.field().cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: return readInteger<std::int32_t>(value, slot);
    case FieldDescriptor::CPPTYPE_INT64: return readInteger<std::int64_t>(value, slot);
    case FieldDescriptor::CPPTYPE_UINT32: return readInteger<std::uint32_t>(value, slot);
    case FieldDescriptor::CPPTYPE_UINT64: return readInteger<std::uint64_t>(value, slot);
    case FieldDescriptor::CPPTYPE_FLOAT: return readReal<float>(value, slot);
    case FieldDescriptor::CPPTYPE_DOUBLE: return readReal<double>(value, slot);
    case FieldDescriptor::CPPTYPE_BOOL: return readBool(value, slot);
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

#include "tolerant_json.h"

#include <charconv>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>

#include <jansson.h>

#include "repaired_json.h"

namespace web {

namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr int kDeepest = 64;

void readObject(const json_t* object, Message& message, int depth);

std::string textOf(const json_t* value) {
  switch (json_typeof(value)) {
    case JSON_STRING: return {json_string_value(value), json_string_length(value)};
    case JSON_INTEGER: return std::to_string(json_integer_value(value));
    case JSON_TRUE: return "true";
    case JSON_FALSE: return "false";
    case JSON_REAL: {
      char digits[32];
      const auto end = std::to_chars(digits, digits + sizeof(digits), json_real_value(value)).ptr;
      return {digits, end};
    }
    default: return {};
  }
}

// Nullopt: it is no number, or none of this type.
template <typename Number>
std::optional<Number> numberOf(const json_t* value) {
  if (json_is_boolean(value)) return static_cast<Number>(json_is_true(value));
  const std::string text = textOf(value);
  Number number{};
  const char* const end = text.data() + text.size();
  auto result = std::from_chars(text.data(), end, number);
  if (result.ec == std::errc() && result.ptr == end && !text.empty()) return number;
  // 12.0 and 1e3 are whole, too.
  double real = 0;
  result = std::from_chars(text.data(), end, real);
  const bool whole = result.ec == std::errc() && result.ptr == end && !text.empty() &&
                     real >= -9e15 && real <= 9e15 &&
                     real == static_cast<double>(static_cast<std::int64_t>(real));
  const bool fits = whole && real >= static_cast<double>(std::numeric_limits<Number>::lowest()) &&
                    real <= static_cast<double>(std::numeric_limits<Number>::max());
  return fits ? std::optional<Number>(static_cast<Number>(real)) : std::nullopt;
}

std::optional<bool> boolOf(const json_t* value) {
  if (json_is_boolean(value)) return json_is_true(value);
  if (const auto number = numberOf<double>(value)) return *number != 0;
  const std::string text = textOf(value);
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

// One value: of a field, or one more of a repeated field.
class Slot {
 public:
  Slot(Message& message, const FieldDescriptor* field)
      : message_(message), reflection_(*message.GetReflection()), field_(field) {}

  void read(const json_t* value, int depth) {
    switch (field_->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        if (!json_is_object(value) && !json_is_array(value)) put(textOf(value));
        break;
      case FieldDescriptor::CPPTYPE_BOOL: put(boolOf(value)); break;
      case FieldDescriptor::CPPTYPE_INT32: put(numberOf<std::int32_t>(value)); break;
      case FieldDescriptor::CPPTYPE_INT64: put(numberOf<std::int64_t>(value)); break;
      case FieldDescriptor::CPPTYPE_UINT32: put(numberOf<std::uint32_t>(value)); break;
      case FieldDescriptor::CPPTYPE_UINT64: put(numberOf<std::uint64_t>(value)); break;
      case FieldDescriptor::CPPTYPE_DOUBLE: put(numberOf<double>(value)); break;
      case FieldDescriptor::CPPTYPE_FLOAT: put(numberOf<float>(value)); break;
      case FieldDescriptor::CPPTYPE_MESSAGE:
        if (json_is_object(value)) readObject(value, child(), depth + 1);
        break;
      case FieldDescriptor::CPPTYPE_ENUM: break;  // these APIs have none
    }
  }
  Message& child() {
    return field_->is_repeated() ? *reflection_.AddMessage(&message_, field_)
                                 : *reflection_.MutableMessage(&message_, field_);
  }

 private:
  template <typename T>
  void put(const std::optional<T>& value) {
    if (value) put(*value);
  }
#define EXAMPLE_PUT(Type, Name)                        \
  void put(const Type& value) {                        \
    if (field_->is_repeated()) {                       \
      reflection_.Add##Name(&message_, field_, value); \
    } else {                                           \
      reflection_.Set##Name(&message_, field_, value); \
    }                                                  \
  }
  EXAMPLE_PUT(std::string, String)
  EXAMPLE_PUT(bool, Bool)
  EXAMPLE_PUT(std::int32_t, Int32)
  EXAMPLE_PUT(std::int64_t, Int64)
  EXAMPLE_PUT(std::uint32_t, UInt32)
  EXAMPLE_PUT(std::uint64_t, UInt64)
  EXAMPLE_PUT(double, Double)
  EXAMPLE_PUT(float, Float)
#undef EXAMPLE_PUT

  Message& message_;
  const Reflection& reflection_;
  const FieldDescriptor* const field_;
};

void readMap(const json_t* object, Message& message, const FieldDescriptor* field, int depth) {
  const char* key = nullptr;
  json_t* value = nullptr;
  json_object_foreach(const_cast<json_t*>(object), key, value) {
    Message& entry = *message.GetReflection()->AddMessage(&message, field);
    entry.GetReflection()->SetString(&entry, field->message_type()->map_key(), key);
    Slot(entry, field->message_type()->map_value()).read(value, depth);
  }
}

void readObject(const json_t* object, Message& message, int depth) {
  if (depth > kDeepest) return;
  const char* key = nullptr;
  json_t* value = nullptr;
  json_object_foreach(const_cast<json_t*>(object), key, value) {
    const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(key);
    if (!field || json_is_null(value)) continue;
    if (field->is_map()) {
      readMap(value, message, field, depth);
    } else if (!field->is_repeated()) {
      Slot(message, field).read(value, depth);
    } else {
      std::size_t index = 0;
      json_t* element = nullptr;
      json_array_foreach(value, index, element) {
        const bool odd =
            field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !json_is_object(element);
        if (!odd) Slot(message, field).read(element, depth);
      }
    }
  }
}

}  // namespace

Json parseTolerantly(const std::string& json) {
  const auto parse = [](const std::string& text) {
    return Json(json_loadb(text.data(), text.size(), 0, nullptr));
  };
  Json value = parse(json);
  return value ? std::move(value) : parse(repaired(json));
}

bool readTolerantly(const std::string& json, Message& message) {
  return readTolerantly(parseTolerantly(json).get(), message);
}

bool readTolerantly(const json_t* json, Message& message) {
  if (!json_is_object(json)) return false;
  readObject(json, message, 0);
  return true;
}

}  // namespace web

#include "json/reader.h"

#include <algorithm>
#include <string>
#include <utility>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "json/base64.h"
#include "json/path.h"
#include "json/value.h"

namespace evmicro::detail {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;
using google::protobuf::Reflection;
using Kind = JsonValue::Kind;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool equalsIgnoringCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

// The exact name first, then the JSON name, then either of them in any case.
const FieldDescriptor* findField(const Descriptor& type, std::string_view key) {
  const FieldDescriptor* found = nullptr;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    if (field->name() == key) return field;
    if (field->json_name() == key) {
      found = field;
    } else if (!found && (equalsIgnoringCase(field->name(), key) ||
                          equalsIgnoringCase(field->json_name(), key))) {
      found = field;
    }
  }
  return found;
}

// Go names the oneof `the_kind` TheKind.
const OneofDescriptor* findOneof(const Descriptor& type, std::string_view key) {
  for (int i = 0; i < type.real_oneof_decl_count(); ++i) {
    std::string name = type.oneof_decl(i)->name();
    name.erase(std::remove(name.begin(), name.end(), '_'), name.end());
    if (equalsIgnoringCase(name, key)) return type.oneof_decl(i);
  }
  return nullptr;
}

// Where a value goes: a field, or one more element of a repeated field.
class Slot {
 public:
  Slot(Message& message, const FieldDescriptor& field) : message_(message), field_(field) {}

  const FieldDescriptor& field() const { return field_; }

  void set(std::int32_t v) { put(std::move(v), &R::SetInt32, &R::AddInt32); }
  void set(std::int64_t v) { put(std::move(v), &R::SetInt64, &R::AddInt64); }
  void set(std::uint32_t v) { put(std::move(v), &R::SetUInt32, &R::AddUInt32); }
  void set(std::uint64_t v) { put(std::move(v), &R::SetUInt64, &R::AddUInt64); }
  void set(float v) { put(std::move(v), &R::SetFloat, &R::AddFloat); }
  void set(double v) { put(std::move(v), &R::SetDouble, &R::AddDouble); }
  void set(bool v) { put(std::move(v), &R::SetBool, &R::AddBool); }
  void set(std::string v) { put(std::move(v), &R::SetString, &R::AddString); }
  void setEnum(int v) { put(std::move(v), &R::SetEnumValue, &R::AddEnumValue); }
  Message& message() {
    const R& reflection = *message_.GetReflection();
    return *(field_.is_repeated() ? reflection.AddMessage(&message_, &field_)
                                  : reflection.MutableMessage(&message_, &field_));
  }

 private:
  using R = Reflection;
  template <typename T>
  using Put = void (R::*)(Message*, const FieldDescriptor*, T) const;

  template <typename T>
  void put(T&& value, Put<T> setOne, Put<T> addOne) {
    const Put<T> member = field_.is_repeated() ? addOne : setOne;
    (message_.GetReflection()->*member)(&message_, &field_, std::forward<T>(value));
  }

  Message& message_;
  const FieldDescriptor& field_;
};

Status refuse(const JsonPath& at, const std::string& what) {
  const std::string place = at.toString();
  return Status::invalid(place.empty() ? what : place + ": " + what);
}

Status wrongType(const JsonPath& at, std::string_view expected, JsonValue value) {
  return refuse(at, "expected " + std::string(expected) + ", got " + value.describe());
}

Status outOfRange(const JsonPath& at, const FieldDescriptor& field, JsonValue value) {
  return refuse(at, value.describe() + " is out of the range of " + field.cpp_type_name());
}

Status readMessage(JsonValue value, Message& message, const JsonPath& at);

// The readers of single values get null only as an element of a list or a map: it is zero there.

template <typename T>
Status readInteger(JsonValue value, Slot slot, const JsonPath& at) {
  T number = 0;
  NumberFit fit = NumberFit::kNotANumber;
  switch (value.kind()) {
    case Kind::kNull: fit = NumberFit::kFits; break;
    case Kind::kNumber: fit = value.integer(number); break;
    case Kind::kString: fit = parseInteger(value.string(), number); break;
    default: break;
  }
  if (fit == NumberFit::kNotANumber) return wrongType(at, "an integer", value);
  if (fit == NumberFit::kOutOfRange) return outOfRange(at, slot.field(), value);
  slot.set(number);
  return {};
}

template <typename T>
Status readReal(JsonValue value, Slot slot, const JsonPath& at) {
  T number = 0;
  if (value.kind() != Kind::kNull) {
    if (value.kind() != Kind::kNumber) return wrongType(at, "a number", value);
    if (value.real(number) != NumberFit::kFits) return outOfRange(at, slot.field(), value);
  }
  slot.set(number);
  return {};
}

Status readBool(JsonValue value, Slot slot, const JsonPath& at) {
  const Kind kind = value.kind();
  if (kind != Kind::kBoolean && kind != Kind::kNull) {
    return wrongType(at, "true or false", value);
  }
  slot.set(kind == Kind::kBoolean && value.isTrue());
  return {};
}

Status readEnum(JsonValue value, Slot slot, const JsonPath& at) {
  const auto& type = *slot.field().enum_type();
  std::int32_t number = slot.field().default_value_enum()->number();
  switch (value.kind()) {
    case Kind::kNull: break;
    case Kind::kString: {
      const auto* known = type.FindValueByName(std::string(value.string()));
      if (!known) return wrongType(at, "a name or number of the enum " + type.name(), value);
      number = known->number();
      break;
    }
    default: {
      const NumberFit fit =
          value.kind() == Kind::kNumber ? value.integer(number) : NumberFit::kNotANumber;
      if (fit == NumberFit::kOutOfRange) return outOfRange(at, slot.field(), value);
      if (fit == NumberFit::kNotANumber) {
        return wrongType(at, "a name or number of the enum " + type.name(), value);
      }
    }
  }
  slot.setEnum(number);
  return {};
}

Status readString(JsonValue value, Slot slot, const JsonPath& at) {
  const bool isBytes = slot.field().type() == FieldDescriptor::TYPE_BYTES;
  std::string text;
  if (value.kind() != Kind::kNull) {
    if (value.kind() != Kind::kString) {
      return wrongType(at, isBytes ? "a string of base64" : "a string", value);
    }
    if (!isBytes) {
      text = value.string();
    } else if (!decodeBase64(value.string(), text)) {
      return wrongType(at, "standard base64 with padding", value);
    }
  }
  slot.set(std::move(text));
  return {};
}

Status readValue(JsonValue value, Slot slot, const JsonPath& at) {
  switch (slot.field().cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: return readInteger<std::int32_t>(value, slot, at);
    case FieldDescriptor::CPPTYPE_INT64: return readInteger<std::int64_t>(value, slot, at);
    case FieldDescriptor::CPPTYPE_UINT32: return readInteger<std::uint32_t>(value, slot, at);
    case FieldDescriptor::CPPTYPE_UINT64: return readInteger<std::uint64_t>(value, slot, at);
    case FieldDescriptor::CPPTYPE_FLOAT: return readReal<float>(value, slot, at);
    case FieldDescriptor::CPPTYPE_DOUBLE: return readReal<double>(value, slot, at);
    case FieldDescriptor::CPPTYPE_BOOL: return readBool(value, slot, at);
    case FieldDescriptor::CPPTYPE_ENUM: return readEnum(value, slot, at);
    case FieldDescriptor::CPPTYPE_STRING: return readString(value, slot, at);
    case FieldDescriptor::CPPTYPE_MESSAGE: return readMessage(value, slot.message(), at);
  }
  return {};
}

Status readArray(JsonValue value, Slot slot, const JsonPath& at) {
  if (value.kind() != Kind::kArray) return wrongType(at, "an array", value);
  return value.eachElement([&](std::size_t index, JsonValue element) {
    return readValue(element, slot, at.element(index));
  });
}

Status readMapKey(std::string_view key, Slot slot, const JsonPath& at) {
  const auto asInteger = [&](auto number) {
    if (parseInteger(key, number) != NumberFit::kFits) {
      return refuse(at, std::string("the key is no ") + slot.field().cpp_type_name());
    }
    slot.set(number);
    return Status();
  };
  switch (slot.field().cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: return asInteger(std::int32_t{});
    case FieldDescriptor::CPPTYPE_INT64: return asInteger(std::int64_t{});
    case FieldDescriptor::CPPTYPE_UINT32: return asInteger(std::uint32_t{});
    case FieldDescriptor::CPPTYPE_UINT64: return asInteger(std::uint64_t{});
    case FieldDescriptor::CPPTYPE_BOOL:
      if (key != "true" && key != "false") return refuse(at, "the key is neither true nor false");
      slot.set(key == "true");
      return {};
    default: slot.set(std::string(key)); return {};
  }
}

Status readMap(JsonValue value, Slot slot, const JsonPath& at) {
  if (value.kind() != Kind::kObject) return wrongType(at, "an object", value);
  const Descriptor& type = *slot.field().message_type();
  return value.eachMember([&](std::string_view key, JsonValue content) {
    const JsonPath here = at.mapKey(key);
    Message& entry = slot.message();
    Status status = readMapKey(key, {entry, *type.map_key()}, here);
    return status.ok() ? readValue(content, {entry, *type.map_value()}, here) : status;
  });
}

Status readField(JsonValue value, Slot slot, const JsonPath& at) {
  if (slot.field().is_map()) return readMap(value, slot, at);
  if (slot.field().is_repeated()) return readArray(value, slot, at);
  return readValue(value, slot, at);
}

// A member of `message`, if it is one. With a `oneof` only that one's fields are looked at.
Status readMember(std::string_view key, JsonValue value, Message& message, const JsonPath& at,
                  const OneofDescriptor* oneof = nullptr) {
  const Descriptor& type = *message.GetDescriptor();
  const JsonPath here = at.member(key);
  const FieldDescriptor* field = findField(type, key);
  if (field && (!oneof || field->containing_oneof() == oneof)) {
    message.GetReflection()->ClearField(&message, field);
    return value.kind() == Kind::kNull ? Status() : readField(value, {message, *field}, here);
  }
  const OneofDescriptor* wrapped =
      oneof || value.kind() != Kind::kObject ? nullptr : findOneof(type, key);
  if (!wrapped) return {};
  return value.eachMember([&](std::string_view inner, JsonValue content) {
    return readMember(inner, content, message, here, wrapped);
  });
}

Status readMessage(JsonValue value, Message& message, const JsonPath& at) {
  if (value.kind() == Kind::kNull) return {};
  if (value.kind() != Kind::kObject) return wrongType(at, "an object", value);
  return value.eachMember([&](std::string_view key, JsonValue content) {
    return readMember(key, content, message, at);
  });
}

}  // namespace

Status readJson(std::string_view json, std::string_view root, Message& message) {
  message.Clear();
  const JsonPath at(root);
  JsonTree tree;
  if (Status status = tree.read(json); !status.ok()) return refuse(at, status.detail());
  return readMessage(tree.root(), message, at);
}

}  // namespace evmicro::detail

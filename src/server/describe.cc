#include <google/protobuf/descriptor.h>

#include <evmicro/server.h>

namespace evmicro::detail {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// Deeper levels are left out, as by go-micro's reflection over Go types.
constexpr int kLevels = 3;

// protoc-gen-go's name for a field: some_field_2 is SomeField_2.
std::string goFieldName(const std::string& name) {
  std::string result;
  const auto isLower = [](char c) { return c >= 'a' && c <= 'z'; };
  std::size_t i = 0;
  if (!name.empty() && name[0] == '_') {
    result = "X";
    i = 1;
  }
  bool upperNext = true;
  for (; i < name.size(); ++i) {
    const char c = name[i];
    if (c == '_' && i + 1 < name.size() && isLower(name[i + 1])) {
      upperNext = true;
      continue;
    }
    result += upperNext && isLower(c) ? static_cast<char>(c - 'a' + 'A') : c;
    upperNext = c >= '0' && c <= '9';
  }
  return result;
}

// Nested types are Outer_Inner in Go.
template <typename Type>
std::string goTypeName(const Type& type) {
  const Descriptor* outer = type.containing_type();
  return outer ? goTypeName(*outer) + "_" + type.name() : type.name();
}

Value describeMessage(const Descriptor& message, int level);

Value describeElement(const FieldDescriptor& field, int level) {
  const auto scalar = [](const char* type) { return Value{type, type, {}}; };
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: return scalar("int32");
    case FieldDescriptor::CPPTYPE_INT64: return scalar("int64");
    case FieldDescriptor::CPPTYPE_UINT32: return scalar("uint32");
    case FieldDescriptor::CPPTYPE_UINT64: return scalar("uint64");
    case FieldDescriptor::CPPTYPE_DOUBLE: return scalar("float64");
    case FieldDescriptor::CPPTYPE_FLOAT: return scalar("float32");
    case FieldDescriptor::CPPTYPE_BOOL: return scalar("bool");
    case FieldDescriptor::CPPTYPE_ENUM: {
      const std::string name = goTypeName(*field.enum_type());
      return Value{name, name, {}};
    }
    case FieldDescriptor::CPPTYPE_STRING: {
      if (field.type() != FieldDescriptor::TYPE_BYTES) return scalar("string");
      Value bytes{"", "[]uint8", {}};
      if (level + 1 < kLevels) bytes.values.push_back(scalar("uint8"));
      return bytes;
    }
    case FieldDescriptor::CPPTYPE_MESSAGE: return describeMessage(*field.message_type(), level);
  }
  return {};
}

Value describeField(const FieldDescriptor& field, int level) {
  if (field.is_map()) return {};
  if (!field.is_repeated()) return describeElement(field, level);
  const Value element = describeElement(field, level + 1);
  Value list{"", "[]" + (element.name.empty() ? std::string() : element.type), {}};
  if (level + 1 < kLevels) list.values.push_back(element);
  return list;
}

Value describeMessage(const Descriptor& message, int level) {
  const std::string name = goTypeName(message);
  Value value{name, name, {}};
  if (level + 1 >= kLevels) return value;
  const google::protobuf::OneofDescriptor* seen = nullptr;
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    if (const auto* oneof = field.real_containing_oneof()) {  // one interface field in Go
      if (std::exchange(seen, oneof) != oneof) {
        value.values.push_back({goFieldName(oneof->name()), "", {}});
      }
      continue;
    }
    Value part = describeField(field, level + 1);
    part.name = goFieldName(field.name());
    value.values.push_back(std::move(part));
  }
  return value;
}

}  // namespace

Value describe(const Descriptor& message) { return describeMessage(message, 0); }

}  // namespace evmicro::detail

#include "codec/field_limits.h"

#include <algorithm>
#include <cstdint>

#include <google/protobuf/descriptor.h>

#include "json/object_weight.h"

namespace evmicro::detail {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

enum WireType : std::uint32_t { kVarint, kFixed64, kBytes, kStartGroup, kEndGroup, kFixed32 };

constexpr int kDeepest = 100;  // as protobuf's parser

// The varint at the front of `rest`, which is removed; 0, with nothing left, if there is none.
std::uint64_t takeVarint(std::string_view& rest) noexcept {
  std::uint64_t value = 0;
  std::size_t at = 0;
  for (unsigned shift = 0; at < rest.size() && shift < 64; shift += 7) {
    const auto byte = static_cast<unsigned char>(rest[at++]);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      rest.remove_prefix(at);
      return value;
    }
  }
  rest = {};
  return 0;
}

std::string_view takeBytes(std::string_view& rest, std::uint64_t count) noexcept {
  const std::string_view bytes = rest.substr(0, count);
  rest.remove_prefix(bytes.size());
  return bytes;
}

const FieldDescriptor* findField(const Descriptor* type, int number) {
  if (!type) return nullptr;
  const FieldDescriptor* const field = type->FindFieldByNumber(number);
  if (field || !type->IsExtensionNumber(number)) return field;
  return type->file()->pool()->FindExtensionByNumber(type, number);
}

// A field in another encoding than its type's counts as unknown.
bool takes(const FieldDescriptor& field, std::uint32_t wire) {
  if (wire == kBytes && field.is_packable()) return true;
  switch (field.type()) {
    case FieldDescriptor::TYPE_DOUBLE:
    case FieldDescriptor::TYPE_FIXED64:
    case FieldDescriptor::TYPE_SFIXED64: return wire == kFixed64;
    case FieldDescriptor::TYPE_FLOAT:
    case FieldDescriptor::TYPE_FIXED32:
    case FieldDescriptor::TYPE_SFIXED32: return wire == kFixed32;
    case FieldDescriptor::TYPE_STRING:
    case FieldDescriptor::TYPE_BYTES:
    case FieldDescriptor::TYPE_MESSAGE: return wire == kBytes;
    case FieldDescriptor::TYPE_GROUP: return wire == kStartGroup;
    default: return wire == kVarint;
  }
}

// proto2 keeps a value that its enum does not have as an unknown field.
bool isClosedEnum(const FieldDescriptor& field) {
  return field.type() == FieldDescriptor::TYPE_ENUM &&
         field.enum_type()->file()->syntax() == google::protobuf::FileDescriptor::SYNTAX_PROTO2;
}

class FieldCounter {
 public:
  FieldCounter(std::size_t surplus, std::size_t objects)
      : surplusLeft_(surplus), objectsLeft_(objects) {}

  FieldExcess excess() const noexcept { return excess_; }

  // Up to the end of `rest` or of the group.
  void count(std::string_view& rest, const Descriptor* type, int depth) {
    const FieldDescriptor* field = nullptr;  // the last one: repeated fields come in a row
    int number = 0;
    std::uint64_t seen = 0;  // of the first 64 fields
    while (!rest.empty() && excess_ == FieldExcess::kNone) {
      const std::uint64_t tag = takeVarint(rest);
      if (tag == 0) return rest = {}, void();
      const auto wire = static_cast<std::uint32_t>(tag & 7);
      if (wire == kEndGroup) return;
      if (static_cast<int>(tag >> 3) != number) {
        number = static_cast<int>(tag >> 3);
        field = findField(type, number);
      }
      const bool known = field && takes(*field, wire);
      if (!known || isSecondValue(*field, seen)) countSurplus();
      if (known && isClosedEnum(*field)) {
        countUnknownValues(rest, wire, *field->enum_type());
        continue;
      }
      if (known) countObject(*field);
      skip(rest, wire, known ? field->message_type() : nullptr, depth);
    }
  }

 private:
  static bool isSecondValue(const FieldDescriptor& field, std::uint64_t& seen) noexcept {
    if (field.is_repeated() || field.is_extension() || field.index() >= 64) return false;
    const std::uint64_t bit = std::uint64_t{1} << field.index();
    const bool second = (seen & bit) != 0;
    seen |= bit;
    return second;
  }

  void countSurplus() noexcept {
    if (surplusLeft_ == 0) excess_ = FieldExcess::kSurplus;
    if (surplusLeft_ > 0) --surplusLeft_;
  }

  void countObject(const FieldDescriptor& field) noexcept {
    const auto type = field.cpp_type();
    std::size_t weight = 0;
    if (type == FieldDescriptor::CPPTYPE_MESSAGE) weight = messageWeight(*field.message_type());
    if (type == FieldDescriptor::CPPTYPE_STRING) weight = 1;
    if (objectsLeft_ < weight) excess_ = FieldExcess::kObjects;
    objectsLeft_ -= std::min(objectsLeft_, weight);
  }

  void countUnknownValues(std::string_view& rest, std::uint32_t wire,
                          const google::protobuf::EnumDescriptor& type) {
    const auto take = [this, &type](std::string_view& from) {
      if (!type.FindValueByNumber(static_cast<int>(takeVarint(from)))) countSurplus();
    };
    if (wire == kVarint) return take(rest);
    std::string_view packed = takeBytes(rest, takeVarint(rest));
    while (!packed.empty() && excess_ == FieldExcess::kNone) take(packed);
  }

  // The value of a field; `type` is that of a message which is known.
  void skip(std::string_view& rest, std::uint32_t wire, const Descriptor* type, int depth) {
    switch (wire) {
      case kVarint: takeVarint(rest); return;
      case kFixed64: takeBytes(rest, 8); return;
      case kFixed32: takeBytes(rest, 4); return;
      case kBytes: {
        std::string_view bytes = takeBytes(rest, takeVarint(rest));
        if (type && depth < kDeepest) count(bytes, type, depth + 1);
        return;
      }
      case kStartGroup:
        if (depth < kDeepest) return count(rest, type, depth + 1);
        break;
      default: break;
    }
    rest = {};  // the parser refuses it
  }

  std::size_t surplusLeft_;
  std::size_t objectsLeft_;
  FieldExcess excess_ = FieldExcess::kNone;
};

}  // namespace

FieldExcess excessOf(std::string_view bytes, const Descriptor* type, std::size_t surplus,
                     std::size_t objects) {
  constexpr std::size_t kShortest = 2;
  if (bytes.size() / kShortest <= surplus && bytes.size() <= objects) return FieldExcess::kNone;
  FieldCounter fields(surplus, objects);
  fields.count(bytes, type, 0);
  return fields.excess();
}

}  // namespace evmicro::detail

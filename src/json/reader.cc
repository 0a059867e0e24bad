#include "json/reader.h"

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "json/field_names.h"
#include "json/message_reader.h"
#include "json/object_weight.h"
#include "json/scalar.h"
#include "json/text.h"

namespace evmicro::detail {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::OneofDescriptor;

// Tries the JSON name first, then either name by its words.
const FieldDescriptor* findInexactly(const Descriptor& type, std::string_view key) {
  const FieldDescriptor* found = nullptr;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    if (field->json_name() == key) return field;
    if (!found && (sameWords(field->name(), key) || sameWords(field->json_name(), key))) {
      found = field;
    }
  }
  return found;
}

// Members usually come in the order of the fields, so the search begins at `next`, after the
// previously found field.
const FieldDescriptor* findField(const Descriptor& type, std::string_view key, int& next) {
  const int count = type.field_count();
  for (int i = 0; i < count; ++i) {
    const int index = next + i < count ? next + i : next + i - count;
    const FieldDescriptor* field = type.field(index);
    if (field->name() != key) continue;
    next = index + 1;
    return field;
  }
  return findInexactly(type, key);
}

// Go names the oneof `the_kind` TheKind.
bool isGoName(std::string_view key, std::string_view name) {
  return key.find('_') == std::string_view::npos && sameWords(key, name);
}

// The fields of an object that have come: the first 63, and all that are none as one.
class SeenFields {
 public:
  // Whether `field`, null if there is none, is not the first.
  bool again(const FieldDescriptor* field) noexcept {
    constexpr int kUnknown = 63;
    const int index = field ? field->index() : kUnknown;
    if (field && index >= kUnknown) return false;
    const std::uint64_t bit = std::uint64_t{1} << index;
    return (std::exchange(seen_, seen_ | bit) & bit) != 0;
  }

 private:
  std::uint64_t seen_ = 0;
};

const OneofDescriptor* findOneof(const Descriptor& type, std::string_view key) {
  for (int i = 0; i < type.real_oneof_decl_count(); ++i) {
    if (isGoName(key, type.oneof_decl(i)->name())) return type.oneof_decl(i);
  }
  return nullptr;
}

}  // namespace

Status MessageReader::read(Message& message, const JsonPath& root) {
  readMessage(message, root);
  if (problem_.ok() && !scanner_.ok()) refuse(root, scanner_.problem());
  return std::move(problem_);
}

void MessageReader::refuse(const JsonPath& at, const std::string& what) {
  const std::string place = at.toString();
  if (problem_.ok()) problem_ = Status::invalid(place.empty() ? what : place + ": " + what);
  scanner_.stop();
}

void MessageReader::refuseValue(const JsonPath& at, std::string_view expected) {
  const std::string_view value = scanner_.value();
  if (scanner_.ok()) refuse(at, unexpectedJson(expected, value));
}

void MessageReader::countSurplus(const JsonPath& at) {
  if (surplusLeft_ > 0) {
    --surplusLeft_;
  } else {
    refuse(at, "there are more than " + std::to_string(kMostSurplus) +
                   " members that are unknown, or repeated in vain");
  }
}

void MessageReader::countObject(std::size_t weight, const JsonPath& at) {
  if (objectsLeft_ >= weight) {
    objectsLeft_ -= weight;
  } else {
    refuse(at, "there are too many messages and strings for the size of the text");
  }
}

// null, which is possible in a list or map, leaves the message empty.
void MessageReader::readMessage(Message& message, const JsonPath& at) {
  const Descriptor& type = *message.GetDescriptor();
  countObject(messageWeight(type), at);
  if (type.well_known_type() != Descriptor::WELLKNOWNTYPE_UNSPECIFIED) {
    return readWellKnown(message, at);
  }
  switch (scanner_.peek()) {
    case '{': return readObject(message, type, at, Unknown::kSkip);
    case 'n': scanner_.value(); return;
    default: refuseValue(at, "an object");
  }
}

// With a `oneof` only its fields are known.
void MessageReader::readObject(Message& message, const Descriptor& type, const JsonPath& at,
                               Unknown unknown, const OneofDescriptor* oneof) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  std::string scratch;
  int next = 0;
  SeenFields seen;
  scanner_.object([&](std::string_view token) {
    if (!scanner_.ok()) return;
    const std::string_view key = decodeJsonString(token, scratch);
    const FieldDescriptor* field = findField(type, key, next);
    if (seen.again(field)) countSurplus(at);
    if (field && (!oneof || field->containing_oneof() == oneof)) {
      readField({message, reflection, *field}, at.member(key));
    } else if (oneof) {
      scanner_.value();
    } else {
      readUnknown(key, message, at, unknown);
    }
  });
}

// Not a field: one of Go's objects around a oneof, or unknown.
void MessageReader::readUnknown(std::string_view key, Message& message, const JsonPath& at,
                                Unknown unknown) {
  const Descriptor& type = *message.GetDescriptor();
  const OneofDescriptor* const wrapped = scanner_.peek() == '{' ? findOneof(type, key) : nullptr;
  if (wrapped) return readObject(message, type, at.member(key), unknown, wrapped);
  if (unknown == Unknown::kRefuse) {
    return refuse(at.member(key), "unknown in " + type.full_name());
  }
  scanner_.value();
}

void MessageReader::readField(Slot slot, const JsonPath& at) {
  const FieldDescriptor& field = slot.field();
  const bool absent = scanner_.peek() == 'n' && !slot.takesNull();
  // A new message need not be cleared.
  const bool adds = field.is_repeated() || field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
  if (absent || adds) slot.clear();
  if (absent) {
    scanner_.value();
  } else if (field.is_map()) {
    readMap(slot, at);
  } else if (field.is_repeated()) {
    readArray(slot, at);
  } else {
    readValue(slot, at);
  }
}

void MessageReader::readArray(Slot slot, const JsonPath& at) {
  if (scanner_.peek() != '[') return refuseValue(at, "an array");
  if (slot.field().type() == FieldDescriptor::TYPE_STRING) return readStrings(slot, at);
  if (readNumbersOfAnyType(slot, at)) return;
  std::size_t index = 0;
  const bool bytes = slot.field().cpp_type() == FieldDescriptor::CPPTYPE_STRING;
  scanner_.array([&] {
    const JsonPath here = at.element(index++);
    if (bytes) countObject(kStringWeight, here);
    readValue(slot, here);
  });
}

void MessageReader::readStrings(Slot slot, const JsonPath& at) {
  const auto elements = slot.elements<std::string>();
  std::string scratch, element;
  scanner_.array([&] {
    const JsonPath here = at.element(static_cast<std::size_t>(elements.size()));
    countObject(kStringWeight, here);
    const std::string_view value = scanner_.value();
    if (!scanner_.ok()) return;
    std::string_view text;
    const std::string problem = parseString(value, scratch, text);
    if (!problem.empty()) return refuse(here, problem);
    element = text;
    elements.Add(element);
  });
}

// Numbers take as little as two bytes each: millions of them are read without looking for the
// field.
template <typename T>
void MessageReader::readNumbers(Slot slot, const JsonPath& at) {
  const auto elements = slot.elements<T>();
  scanner_.array([&] {
    if (std::uint32_t small = 0; !std::is_same_v<T, bool> && scanner_.smallInteger(small)) {
      elements.Add(static_cast<T>(small));
      return;
    }
    const std::string_view value = scanner_.value();
    if (!scanner_.ok()) return;
    T number{};
    const std::string problem = parseNumber(slot.field(), value, number);
    if (!problem.empty()) {
      return refuse(at.element(static_cast<std::size_t>(elements.size())), problem);
    }
    elements.Add(number);
  });
}

// Returns false for what is not a number.
bool MessageReader::readNumbersOfAnyType(Slot slot, const JsonPath& at) {
  if (slot.isClosedEnum()) return false;
  switch (slot.field().cpp_type()) {
    case FieldDescriptor::CPPTYPE_ENUM:
    case FieldDescriptor::CPPTYPE_INT32: readNumbers<std::int32_t>(slot, at); return true;
    case FieldDescriptor::CPPTYPE_INT64: readNumbers<std::int64_t>(slot, at); return true;
    case FieldDescriptor::CPPTYPE_UINT32: readNumbers<std::uint32_t>(slot, at); return true;
    case FieldDescriptor::CPPTYPE_UINT64: readNumbers<std::uint64_t>(slot, at); return true;
    case FieldDescriptor::CPPTYPE_FLOAT: readNumbers<float>(slot, at); return true;
    case FieldDescriptor::CPPTYPE_DOUBLE: readNumbers<double>(slot, at); return true;
    case FieldDescriptor::CPPTYPE_BOOL: readNumbers<bool>(slot, at); return true;
    default: return false;
  }
}

void MessageReader::readMap(Slot slot, const JsonPath& at) {
  if (scanner_.peek() != '{') return refuseValue(at, "an object");
  const Descriptor& type = *slot.field().message_type();
  std::string scratch;
  scanner_.object([&](std::string_view token) {
    if (!scanner_.ok()) return;
    const std::string_view key = decodeJsonString(token, scratch);
    const JsonPath here = at.mapKey(key);
    countObject(messageWeight(type), here);
    Message& entry = slot.message();
    const std::string problem = readMapKey(key, {entry, *type.map_key()});
    if (!problem.empty()) return refuse(here, problem);
    readValue({entry, *type.map_value()}, here);
  });
}

void MessageReader::readValue(Slot slot, const JsonPath& at) {
  if (slot.field().cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    return readMessage(slot.message(), at);
  }
  const std::string_view value = scanner_.value();
  if (!scanner_.ok()) return;
  const std::string problem = readScalar(value, slot);
  if (!problem.empty()) refuse(at, problem);
}

Status readJson(std::string_view json, std::string_view root, google::protobuf::Message& message) {
  message.Clear();
  return MessageReader(json).read(message, JsonPath(root));
}

}  // namespace evmicro::detail

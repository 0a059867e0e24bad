#include "json/message_writer.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>
#include <vector>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/reflection.h>

#include "json/base64.h"
#include "json/go_float.h"
#include "json/text.h"

namespace evmicro::detail {

namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// One value of a field: the field itself, or one of its elements.
struct Place {
  static constexpr int kSingular = -1;

  const Message& message;
  const Reflection& reflection;  // of `message`; expensive to get
  const FieldDescriptor& field;
  int index = kSingular;

  bool isSingular() const { return index == kSingular; }
};

// Reads the value at `place` with the right one of Reflection's two getters.
template <typename T>
T get(const Place& place, T (Reflection::*one)(const Message&, const FieldDescriptor*) const,
      T (Reflection::*ofMany)(const Message&, const FieldDescriptor*, int) const) {
  const Reflection& reflection = place.reflection;
  return place.isSingular() ? (reflection.*one)(place.message, &place.field)
                            : (reflection.*ofMany)(place.message, &place.field, place.index);
}

double doubleAt(const Place& place) {
  return get(place, &Reflection::GetDouble, &Reflection::GetRepeatedDouble);
}

float floatAt(const Place& place) {
  return get(place, &Reflection::GetFloat, &Reflection::GetRepeatedFloat);
}

const Message& messageAt(const Place& place) {
  const Reflection& reflection = place.reflection;
  return place.isSingular()
             ? reflection.GetMessage(place.message, &place.field)
             : reflection.GetRepeatedMessage(place.message, &place.field, place.index);
}

const std::string& stringAt(const Place& place, std::string& scratch) {
  const Reflection& reflection = place.reflection;
  if (place.isSingular()) {
    return reflection.GetStringReference(place.message, &place.field, &scratch);
  }
  return reflection.GetRepeatedStringReference(place.message, &place.field, place.index, &scratch);
}

template <typename Integer>
void appendInteger(std::string& out, Integer value) {
  char text[24];
  const auto end = std::to_chars(text, text + sizeof text, value);
  out.append(text, end.ptr);
}

// -0 counts as zero in Go, which leaves it out, but not in protobuf.
bool isNegativeZero(const Place& place) {
  switch (place.field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_DOUBLE: return doubleAt(place) == 0;
    case FieldDescriptor::CPPTYPE_FLOAT: return floatAt(place) == 0;
    default: return false;
  }
}

bool isWritten(const Place& place) {
  const auto& [message, reflection, field, index] = place;
  if (field.is_repeated()) return reflection.FieldSize(message, &field) > 0;
  if (!reflection.HasField(message, &field)) return false;
  return field.has_presence() || !isNegativeZero(place);
}

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  Status writeMessage(const Message& message) {
    const auto& descriptor = *message.GetDescriptor();
    const Reflection& reflection = *message.GetReflection();
    out_ += '{';
    bool isFirst = true;
    for (int i = 0; i < descriptor.field_count(); ++i) {
      const FieldDescriptor& field = *descriptor.field(i);
      const Place place{message, reflection, field};
      if (!isWritten(place)) continue;
      out_ += isFirst ? "\"" : ",\"";
      isFirst = false;
      out_.append(field.name()).append("\":");  // identifiers need no escaping
      if (Status status = writeField(place); !status.ok()) return status;
    }
    out_ += '}';
    return {};
  }

 private:
  Status writeField(const Place& place) {
    if (place.field.is_map()) return writeMap(place);
    return place.field.is_repeated() ? writeArray(place) : writeValue(place);
  }

  Status writeArray(const Place& all) {
    switch (all.field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_ENUM:
      case FieldDescriptor::CPPTYPE_INT32: return writeIntegers<std::int32_t>(all);
      case FieldDescriptor::CPPTYPE_INT64: return writeIntegers<std::int64_t>(all);
      case FieldDescriptor::CPPTYPE_UINT32: return writeIntegers<std::uint32_t>(all);
      case FieldDescriptor::CPPTYPE_UINT64: return writeIntegers<std::uint64_t>(all);
      case FieldDescriptor::CPPTYPE_BOOL: return writeBools(all);
      default: return writeElements(all);
    }
  }

  Status writeElements(const Place& all) {
    const int size = all.reflection.FieldSize(all.message, &all.field);
    for (int i = 0; i < size; ++i) {
      out_ += i == 0 ? '[' : ',';
      if (Status status = writeValue({all.message, all.reflection, all.field, i}); !status.ok())
        return status;
    }
    out_ += ']';
    return {};
  }

  template <typename T>
  static google::protobuf::RepeatedFieldRef<T> elementsOf(const Place& all) {
    return all.reflection.GetRepeatedFieldRef<T>(all.message, &all.field);
  }

  // Without looking for the field each time: there may be millions.
  template <typename Integer>
  Status writeIntegers(const Place& all) {
    constexpr std::size_t kLongest = 24;
    char block[1024];
    char* to = block;
    char separator = '[';
    for (const Integer value : elementsOf<Integer>(all)) {
      if (to > block + sizeof block - kLongest) {
        out_.append(block, static_cast<std::size_t>(to - block));
        to = block;
      }
      *to++ = std::exchange(separator, ',');
      to = std::to_chars(to, block + sizeof block, value).ptr;
    }
    out_.append(block, static_cast<std::size_t>(to - block));
    out_ += ']';
    return {};
  }

  Status writeBools(const Place& all) {
    char separator = '[';
    for (const bool value : elementsOf<bool>(all)) {
      out_ += std::exchange(separator, ',');
      out_ += value ? "true" : "false";
    }
    out_ += ']';
    return {};
  }

  Status writeMap(const Place& all) {
    const auto& [message, reflection, field, index] = all;
    const FieldDescriptor& key = *field.message_type()->map_key();
    std::vector<std::pair<std::string, const Message*>> entries;
    for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
      const Message& entry = reflection.GetRepeatedMessage(message, &field, i);
      entries.emplace_back(keyText({entry, *entry.GetReflection(), key}), &entry);
    }
    std::sort(entries.begin(), entries.end());
    char separator = '{';
    for (const auto& [text, entry] : entries) {
      out_ += std::exchange(separator, ',');
      appendJsonString(out_, text);
      out_ += ':';
      const FieldDescriptor& value = *field.message_type()->map_value();
      if (Status status = writeValue({*entry, *entry->GetReflection(), value}); !status.ok())
        return status;
    }
    out_ += '}';
    return {};
  }

  static std::string keyText(const Place& key) {
    std::string text;
    if (key.field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) return stringAt(key, text);
    // Other kinds of keys are written like values, in quotes.
    const Status status = Writer(text).writeValue(key);
    assert(status.ok());
    return text;
  }

  Status writeValue(const Place& place) {
    using R = Reflection;
    switch (place.field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        appendInteger(out_, get(place, &R::GetInt32, &R::GetRepeatedInt32));
        break;
      case FieldDescriptor::CPPTYPE_INT64:
        appendInteger(out_, get(place, &R::GetInt64, &R::GetRepeatedInt64));
        break;
      case FieldDescriptor::CPPTYPE_UINT32:
        appendInteger(out_, get(place, &R::GetUInt32, &R::GetRepeatedUInt32));
        break;
      case FieldDescriptor::CPPTYPE_UINT64:
        appendInteger(out_, get(place, &R::GetUInt64, &R::GetRepeatedUInt64));
        break;
      case FieldDescriptor::CPPTYPE_ENUM:
        appendInteger(out_, get(place, &R::GetEnumValue, &R::GetRepeatedEnumValue));
        break;
      case FieldDescriptor::CPPTYPE_BOOL:
        out_ += get(place, &R::GetBool, &R::GetRepeatedBool) ? "true" : "false";
        break;
      case FieldDescriptor::CPPTYPE_DOUBLE: return writeFloat(doubleAt(place), place.field);
      case FieldDescriptor::CPPTYPE_FLOAT: return writeFloat(floatAt(place), place.field);
      case FieldDescriptor::CPPTYPE_STRING: writeString(place); break;
      case FieldDescriptor::CPPTYPE_MESSAGE: return writeMessage(messageAt(place));
    }
    return {};
  }

  template <typename Float>
  Status writeFloat(Float value, const FieldDescriptor& field) {
    if (!std::isfinite(value)) {
      return Status::invalid(field.full_name() + " is " + (std::isnan(value) ? "NaN" : "infinite") +
                             ", which JSON cannot represent");
    }
    appendGoFloat(out_, value);
    return {};
  }

  void writeString(const Place& place) {
    std::string scratch;
    const std::string& text = stringAt(place, scratch);
    if (place.field.type() != FieldDescriptor::TYPE_BYTES) return appendJsonString(out_, text);
    out_ += '"';
    appendBase64(out_, text);
    out_ += '"';
  }

  std::string& out_;
};

}  // namespace

Status writeJson(const Message& message, std::string& out) {
  return Writer(out).writeMessage(message);
}

}  // namespace evmicro::detail

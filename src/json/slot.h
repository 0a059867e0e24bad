#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/reflection.h>

namespace evmicro::detail {

/// The destination of a value: a field, or a new element of a repeated field. Borrows both.
class Slot {
 public:
  Slot(google::protobuf::Message& message, const google::protobuf::FieldDescriptor& field)
      : Slot(message, *message.GetReflection(), field) {}
  /// With the reflection of `message`, which is expensive to get for each of many fields.
  Slot(google::protobuf::Message& message, const google::protobuf::Reflection& reflection,
       const google::protobuf::FieldDescriptor& field)
      : message_(message), reflection_(reflection), field_(field) {}

  const google::protobuf::FieldDescriptor& field() const { return field_; }

  /// Whether null is a value of the field's type, and not the absence of one.
  bool takesNull() const {
    return !field_.is_repeated() &&
           field_.cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE &&
           field_.message_type()->well_known_type() ==
               google::protobuf::Descriptor::WELLKNOWNTYPE_VALUE;
  }

  void set(std::int32_t v) { put(std::move(v), &R::SetInt32, &R::AddInt32); }
  void set(std::int64_t v) { put(std::move(v), &R::SetInt64, &R::AddInt64); }
  void set(std::uint32_t v) { put(std::move(v), &R::SetUInt32, &R::AddUInt32); }
  void set(std::uint64_t v) { put(std::move(v), &R::SetUInt64, &R::AddUInt64); }
  void set(float v) { put(std::move(v), &R::SetFloat, &R::AddFloat); }
  void set(double v) { put(std::move(v), &R::SetDouble, &R::AddDouble); }
  void set(bool v) { put(std::move(v), &R::SetBool, &R::AddBool); }
  void set(std::string v) { put(std::move(v), &R::SetString, &R::AddString); }
  void setEnum(int v) { put(std::move(v), &R::SetEnumValue, &R::AddEnumValue); }
  /// To append many elements to a repeated field: set() looks for the field each time.
  template <typename T>
  google::protobuf::MutableRepeatedFieldRef<T> elements() {
    return reflection_.GetMutableRepeatedFieldRef<T>(&message_, &field_);
  }
  /// Whether the field is an enum that keeps values which it does not know elsewhere.
  bool isClosedEnum() const {
    return field_.cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_ENUM &&
           !reflection_.SupportsUnknownEnumValues();
  }
  void clear() { reflection_.ClearField(&message_, &field_); }
  google::protobuf::Message& message() {
    return *(field_.is_repeated() ? reflection_.AddMessage(&message_, &field_)
                                  : reflection_.MutableMessage(&message_, &field_));
  }

 private:
  using R = google::protobuf::Reflection;
  template <typename T>
  using Put = void (R::*)(google::protobuf::Message*, const google::protobuf::FieldDescriptor*,
                          T) const;

  template <typename T>
  void put(T&& value, Put<T> setOne, Put<T> addOne) {
    const Put<T> member = field_.is_repeated() ? addOne : setOne;
    (reflection_.*member)(&message_, &field_, std::forward<T>(value));
  }

  google::protobuf::Message& message_;
  const R& reflection_;
  const google::protobuf::FieldDescriptor& field_;
};

}  // namespace evmicro::detail

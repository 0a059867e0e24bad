#pragma once

#include <string>
#include <string_view>

#include <google/protobuf/descriptor.h>

#include "json/slot.h"

namespace evmicro::detail {

/// Stores a value that a JsonScanner has checked in `slot`, whose field is not a message. null is
/// the type's zero. Returns what is wrong with the value, or an empty string.
std::string readScalar(std::string_view value, Slot slot);

/// Parses such a value of a field that is a number, a bool or an enum: `T` is the type that
/// protobuf's repeated fields of it have. null leaves `number` alone, but for an enum.
template <typename T>
std::string parseNumber(const google::protobuf::FieldDescriptor& field, std::string_view value,
                        T& number);

/// Decodes such a value of a string field: `text` is the result, see decodeJsonString().
std::string parseString(std::string_view value, std::string& scratch, std::string_view& text);

/// As readScalar() for a map's key, which has been decoded.
std::string readMapKey(std::string_view key, Slot slot);

/// For error messages: `a string "x"`, `the number 1.5`, `an object`.
std::string describeJson(std::string_view value);

/// `expected a string, got the number 1`
std::string unexpectedJson(std::string_view expected, std::string_view value);

}  // namespace evmicro::detail

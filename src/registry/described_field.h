#pragma once

#include <string_view>
#include <vector>

#include <evmicro/registry.h>

namespace evmicro::detail {

/// The description of the field `name`; null: there is none. Descriptions have the names of Go's
/// structs (`UserId`), whatever the messages have: see sameWords().
const Value* describedField(const std::vector<Value>& fields, std::string_view name);

/// Whether a field is a list. Bytes (`[]uint8`) are none.
bool isList(const Value& field);

/// What a value is; refers to its description.
struct ValueShape {
  std::string_view type;
  const std::vector<Value>& fields;
};
/// @pre isList(list)
ValueShape elementOf(const Value& list);

}  // namespace evmicro::detail

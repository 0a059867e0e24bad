#include "registry/described_field.h"

#include <algorithm>

#include "json/field_names.h"

namespace evmicro::detail {

const Value* describedField(const std::vector<Value>& fields, std::string_view name) {
  const auto find = [&fields](const auto& fits) {
    const auto found = std::find_if(fields.begin(), fields.end(), fits);
    return found == fields.end() ? nullptr : &*found;
  };
  const Value* const same = find([name](const Value& field) { return field.name == name; });
  return same ? same : find([name](const Value& field) { return sameWords(field.name, name); });
}

bool isList(const Value& field) {
  return field.type.rfind("[]", 0) == 0 && field.type != "[]uint8" && field.type != "[]byte";
}

// A list has one value, its element, unless that would be too deep.
ValueShape elementOf(const Value& list) {
  static const std::vector<Value> kNone;
  if (list.values.empty()) return {std::string_view(list.type).substr(2), kNone};
  return {list.values.front().type, list.values.front().values};
}

}  // namespace evmicro::detail

#include "gateway/scalar_type.h"

#include <map>

namespace evmicro::gateway {

const ScalarType* scalarType(std::string_view goType) {
  static const std::map<std::string_view, ScalarType> kTypes = {
      {"string", {"string", nullptr, "\"\""}}, {"bool", {"boolean", nullptr, "false"}},
      {"int", {"integer", "int64", "0"}},      {"int32", {"integer", "int32", "0"}},
      {"int64", {"integer", "int64", "0"}},    {"uint", {"integer", "int64", "0"}},
      {"uint32", {"integer", "int64", "0"}},   {"uint64", {"integer", "int64", "0"}},
      {"float32", {"number", "float", "0"}},   {"float64", {"number", "double", "0"}},
      {"float", {"number", "float", "0"}},     {"double", {"number", "double", "0"}},
      {"[]byte", {"string", "byte", "\"\""}},  {"[]uint8", {"string", "byte", "\"\""}},
  };
  const auto found = kTypes.find(goType);
  return found == kTypes.end() ? nullptr : &found->second;
}

}  // namespace evmicro::gateway

#pragma once

#include <string_view>

namespace evmicro::gateway {

/// A Go type in JSON: the `type` and `format` (may be null) of a JSON Schema, and the value of a
/// field that is left out.
struct ScalarType {
  const char* type;
  const char* format;
  const char* byDefault;
};

/// Null: a message, a list or unknown.
const ScalarType* scalarType(std::string_view goType);

}  // namespace evmicro::gateway

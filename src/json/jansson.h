#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <jansson.h>

#include <evmicro/status.h>

namespace evmicro::detail {

struct ReleaseJson {
  void operator()(json_t* value) const noexcept { json_decref(value); }
};
using Json = std::unique_ptr<json_t, ReleaseJson>;

/// Parses `text`, one JSON value of any kind. The error says what is wrong and where.
Result<Json> readJson(std::string_view text);

/// The text of a JSON string, including NUL bytes. @pre json_is_string(value)
std::string jsonText(const json_t* value);

/// The string at `key`; empty if `object` is not an object, or has no string there.
std::string textAt(const json_t* object, const char* key);

}  // namespace evmicro::detail

#include "json/jansson.h"

namespace evmicro::detail {

Result<Json> readJson(std::string_view text) {
  json_error_t error{};
  Json value(json_loadb(text.data(), text.size(), JSON_DECODE_ANY | JSON_ALLOW_NUL, &error));
  if (value) return value;
  return Status::invalid("not JSON at byte " + std::to_string(error.position) + ": " + error.text);
}

std::string jsonText(const json_t* value) {
  return {json_string_value(value), json_string_length(value)};
}

std::string textAt(const json_t* object, const char* key) {
  const json_t* const value = json_object_get(object, key);
  return json_is_string(value) ? jsonText(value) : std::string();
}

}  // namespace evmicro::detail

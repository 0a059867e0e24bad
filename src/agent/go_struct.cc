#include "agent/go_struct.h"

#include <array>
#include <utility>

#include <strings.h>

#include "agent/go_duration.h"

namespace evmicro::detail {

namespace {

std::string_view textOf(const json_t* value) {
  return {json_string_value(value), json_string_length(value)};
}

std::string kindOf(const json_t* value) {
  switch (json_typeof(value)) {
    case JSON_OBJECT: return "object";
    case JSON_ARRAY: return "array";
    case JSON_STRING: return "string";
    case JSON_INTEGER:
    case JSON_REAL: return "number";
    case JSON_TRUE:
    case JSON_FALSE: return "bool";
    case JSON_NULL: break;
  }
  return "null";
}

// jansson's error texts, and those of Go's decoder for the same error.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kSyntaxErrors = {{
    {"string or '}' expected", "looking for beginning of object key string"},
    {"':' expected", "after object key"},
    {"'}' expected", "after object key:value pair"},
    {"']' expected", "after array element"},
    {"invalid token", "looking for beginning of value"},
    {"unexpected token", "looking for beginning of value"},
}};

Status syntaxError(std::string_view text, const json_error_t& error) {
  const std::string_view reason = error.text;
  switch (json_error_code(&error)) {
    case json_error_premature_end_of_input:
      return Status::invalid(
          text.find_first_not_of(" \t\r\n") == std::string_view::npos ? "EOF" : "unexpected EOF");
    case json_error_stack_overflow: return Status::invalid("exceeded max depth");
    case json_error_numeric_overflow:
      return Status::invalid("json: cannot unmarshal number: " + std::string(reason));
    default: break;
  }
  constexpr std::string_view kNear = " near '";
  const std::size_t near = reason.find(kNear);
  for (const auto& [start, wording] : kSyntaxErrors) {
    if (near == std::string_view::npos || reason.substr(0, start.size()) != start) continue;
    const char found = reason[near + kNear.size()];
    return Status::invalid("invalid character '" + std::string(1, found) + "' " +
                           std::string(wording));
  }
  return Status::invalid("invalid JSON: " + std::string(reason));
}

}  // namespace

Result<Json> parseGoJson(std::string_view text) {
  json_error_t error{};
  Json value(
      json_loadb(text.data(), text.size(), JSON_DISABLE_EOF_CHECK | JSON_DECODE_ANY, &error));
  if (!value) return syntaxError(text, error);
  return value;
}

Status goTypeError(const json_t* value, const std::string& place, std::string_view type) {
  return Status::invalid("json: cannot unmarshal " + kindOf(value) + " into Go struct field " +
                         place + " of type " + std::string(type));
}

void GoStruct::field(std::string_view name, Read read) {
  fields_.push_back({name, std::move(read)});
}

void GoStruct::ignored(std::string_view name) {
  field(name, [](const json_t*, const std::string&) { return Status(); });
}

void GoStruct::field(std::string_view name, std::string& to) {
  field(name, [&to](const json_t* value, const std::string& place) {
    if (!json_is_string(value)) return goTypeError(value, place, "string");
    to = textOf(value);
    return Status();
  });
}

void GoStruct::field(std::string_view name, std::int64_t& to) {
  field(name, [&to](const json_t* value, const std::string& place) {
    if (json_is_real(value)) {
      char number[32];
      std::snprintf(number, sizeof number, "%g", json_real_value(value));
      return Status::invalid("json: cannot unmarshal number " + std::string(number) +
                             " into Go struct field " + place + " of type int");
    }
    if (!json_is_integer(value)) return goTypeError(value, place, "int");
    to = json_integer_value(value);
    return Status();
  });
}

void GoStruct::field(std::string_view name, bool& to) {
  field(name, [&to](const json_t* value, const std::string& place) {
    if (!json_is_boolean(value)) return goTypeError(value, place, "bool");
    to = json_is_true(value);
    return Status();
  });
}

void GoStruct::field(std::string_view name, std::vector<std::string>& to) {
  field(name, [&to](const json_t* value, const std::string& place) {
    if (!json_is_array(value)) return goTypeError(value, place, "[]string");
    to.clear();
    for (std::size_t i = 0; i < json_array_size(value); ++i) {
      const json_t* element = json_array_get(value, i);
      if (json_is_null(element)) {
        to.emplace_back();
      } else if (json_is_string(element)) {
        to.emplace_back(textOf(element));
      } else {
        return goTypeError(element, place, "string");
      }
    }
    return Status();
  });
}

void GoStruct::field(std::string_view name, std::map<std::string, std::string>& to) {
  field(name, [&to](const json_t* value, const std::string& place) {
    if (!json_is_object(value)) return goTypeError(value, place, "map[string]string");
    const char* key = nullptr;
    json_t* element = nullptr;
    json_object_foreach(const_cast<json_t*>(value), key, element) {
      if (!json_is_string(element)) return goTypeError(element, place, "string");
      to[key] = textOf(element);
    }
    return Status();
  });
}

void GoStruct::field(std::string_view name, std::chrono::nanoseconds& to) {
  field(name, [&to](const json_t* value, const std::string&) {
    if (json_is_integer(value)) to = std::chrono::nanoseconds(json_integer_value(value));
    if (!json_is_string(value)) return Status();
    Result<std::chrono::nanoseconds> duration = parseGoDuration(textOf(value));
    if (!duration.ok()) return std::move(duration).status();
    to = *duration;
    return Status();
  });
}

Status GoStruct::read(const json_t* value) const {
  const char* key = nullptr;
  json_t* element = nullptr;
  json_object_foreach(const_cast<json_t*>(value), key, element) {
    const Field* found = nullptr;
    for (const Field& field : fields_) {
      if (strcasecmp(std::string(field.name).c_str(), key) == 0) found = &field;
    }
    if (!found) return Status::invalid("json: unknown field \"" + std::string(key) + "\"");
    if (json_is_null(element)) continue;
    const bool named = !place_.empty() && place_.back() == '.';
    Status status = found->read(element, named ? place_ + std::string(found->name) : place_);
    if (!status.ok()) return status;
  }
  return {};
}

}  // namespace evmicro::detail

#include "gateway/json_request.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/scanner.h"
#include "json/text.h"
#include "json/writer.h"

namespace evmicro::gateway {

namespace {

using detail::JsonScanner;
using detail::JsonWriter;

constexpr char kId[] = "go.micro.api";

Status wrong(int code, std::string detail) { return Status::error(code, kId, std::move(detail)); }

std::string_view mediaTypeOf(const WebRequest& request) {
  std::string_view type = findField(request.headers, "Content-Type").value_or("");
  type = type.substr(0, type.find(';'));
  while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
  return type;
}

// The type of a field in the registry; empty if it is unknown.
std::string_view typeOf(const Endpoint* endpoint, const std::string& field) {
  if (!endpoint || !endpoint->request) return {};
  for (const Value& each : endpoint->request->values) {
    if (each.name == field) return each.type;
  }
  return {};
}

bool isBare(std::string_view type) {
  constexpr std::string_view kTypes[] = {"int32",   "int64",   "uint32", "uint64", "int",   "uint",
                                         "float32", "float64", "bool",   "float",  "double"};
  return std::find(std::begin(kTypes), std::end(kTypes), type) != std::end(kTypes);
}

// Whether `text` is one JSON value as it stands.
bool isJson(const std::string& text) {
  JsonScanner scanner(text);
  const std::string_view value = scanner.value();
  return !value.empty() && scanner.atEnd();
}

void writeValue(JsonWriter& writer, std::string_view type, const std::string& text) {
  if (isBare(type) && isJson(text)) {
    writer.checked(text);
  } else {
    writer.string(text);
  }
}

// The members of the body, each with its text. The last of equal ones counts.
using Members = std::map<std::string, std::string>;

Result<Members> membersOf(const std::string& body) {
  Members members;
  JsonScanner scanner(body);
  if (scanner.peek() != '{') return wrong(400, "the body must be a JSON object");
  scanner.object([&](std::string_view key) {
    std::string scratch;
    const std::string name(detail::decodeJsonString(key, scratch));
    members[name] = scanner.value();
  });
  if (!scanner.ok() || !scanner.atEnd()) return wrong(400, "the body: " + scanner.problem());
  return members;
}

void addParameters(JsonWriter& writer, const WebFields& fields, const Members& members,
                   const Endpoint* endpoint) {
  std::vector<std::string> names;
  for (const auto& field : fields) {
    const std::string& name = field.first;
    const bool had =
        members.count(name) > 0 || std::find(names.begin(), names.end(), name) != names.end();
    if (had) continue;
    names.push_back(name);
    std::string_view type = typeOf(endpoint, name);
    const bool list = type.substr(0, 2) == "[]";
    if (list) type.remove_prefix(2);
    const auto count = std::count_if(fields.begin(), fields.end(),
                                     [&name](const auto& each) { return each.first == name; });
    writer.key(name);
    if (count == 1 && !list) {
      writeValue(writer, type, field.second);
      continue;
    }
    writer.beginArray();
    for (const auto& [each, value] : fields) {
      if (each == name) writeValue(writer, type, value);
    }
    writer.endArray();
  }
}

}  // namespace

Result<JsonDocument> jsonRequest(const WebRequest& request, const Endpoint* endpoint) {
  const std::optional<WebFields> query = parseForm(request.query);
  if (!query) return wrong(400, "malformed percent-encoding in the query");
  WebFields form;
  Members members;
  const std::string_view type = mediaTypeOf(request);
  if (type == "application/x-www-form-urlencoded") {
    std::optional<WebFields> posted = parseForm(request.body);
    if (!posted) return wrong(400, "malformed percent-encoding in the form");
    form = std::move(*posted);
  } else if (!request.body.empty()) {
    if (!type.empty() && type != "application/json") {
      return wrong(415, "the body must be application/json, or a form");
    }
    Result<Members> read = membersOf(request.body);
    if (!read.ok()) return read.status();
    members = std::move(*read);
  }
  if (query->empty() && form.empty() && !members.empty()) return JsonDocument{request.body};
  WebFields fields = form;
  for (const auto& parameter : *query) {
    if (!findField(form, parameter.first)) fields.push_back(parameter);
  }
  JsonWriter writer(JsonWriter::Style::kCompact);
  writer.beginObject();
  for (const auto& [name, value] : members) {
    writer.key(name);
    writer.checked(value);
  }
  addParameters(writer, fields, members, endpoint);
  writer.endObject();
  return JsonDocument{writer.take()};
}

}  // namespace evmicro::gateway

#include "gateway/json_request.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
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

const std::vector<Value> kUnknown;

// The description of a field in the registry; null: unknown.
const Value* describedIn(const std::vector<Value>& fields, std::string_view name) {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [name](const Value& each) { return each.name == name; });
  return found == fields.end() ? nullptr : &*found;
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

// A query can have thousands of dots.
constexpr int kMaxDepth = 16;

// The name up to a dot, and what follows it; no dot: all.
std::pair<std::string_view, std::string_view> splitName(std::string_view name, int depth) {
  const std::size_t dot = depth < kMaxDepth ? name.find('.') : std::string_view::npos;
  if (dot == std::string_view::npos) return {name, {}};
  return {name.substr(0, dot), name.substr(dot + 1)};
}

void writeValues(JsonWriter& writer, const WebFields& fields, const std::string& name,
                 std::string_view type) {
  const bool list = type.substr(0, 2) == "[]";
  if (list) type.remove_prefix(2);
  const auto count = std::count_if(fields.begin(), fields.end(),
                                   [&name](const auto& each) { return each.first == name; });
  if (count > 1 || list) writer.beginArray();
  for (const auto& [each, value] : fields) {
    if (each == name) writeValue(writer, type, value);
  }
  if (count > 1 || list) writer.endArray();
}

// Writes the fields that are not in `members`; `described`: their descriptions.
void addParameters(JsonWriter& writer, const WebFields& fields, const Members& members,
                   const std::vector<Value>& described, int depth = 0) {
  std::set<std::string, std::less<>> written;
  for (const auto& field : fields) {
    const auto [name, inner] = splitName(field.first, depth);
    if (members.count(std::string(name)) > 0 || !written.insert(std::string(name)).second) continue;
    const Value* const description = describedIn(described, name);
    writer.key(name);
    if (inner.empty()) {
      writeValues(writer, fields, field.first,
                  description ? std::string_view(description->type) : std::string_view());
      continue;
    }
    WebFields nested;
    for (const auto& [each, value] : fields) {
      const auto [outer, rest] = splitName(each, depth);
      if (outer == name && !rest.empty()) nested.emplace_back(rest, value);
    }
    writer.beginObject();
    addParameters(writer, nested, {}, description ? description->values : kUnknown, depth + 1);
    writer.endObject();
  }
}

// What the body of a request holds.
struct Body {
  WebFields form;
  Members members;
};

Result<Body> readBody(const WebRequest& request, const JsonBinding& binding) {
  Body body;
  const std::string_view type = mediaTypeOf(request);
  if (binding.body.empty()) {
    if (request.body.empty()) return body;
    return wrong(400, "the method takes no body");
  }
  const bool isForm = type == "application/x-www-form-urlencoded";
  // What `curl -d '{"name":"John"}'` says is a form.
  const bool isObject = isForm && request.body.substr(0, 1) == "{" && isJson(request.body);
  if (isForm && !isObject && binding.body == "*") {
    std::optional<WebFields> posted = parseForm(request.body);
    if (!posted) return wrong(400, "malformed percent-encoding in the form");
    body.form = std::move(*posted);
    return body;
  }
  if (request.body.empty()) return body;
  if (!type.empty() && type != "application/json" && !isObject) {
    return wrong(415, "the body must be application/json, or a form");
  }
  if (binding.body != "*") {
    if (!isJson(request.body)) return wrong(400, "the body is not JSON");
    body.members[binding.body] = request.body;
    return body;
  }
  Result<Members> read = membersOf(request.body);
  if (!read.ok()) return read.status();
  body.members = std::move(*read);
  return body;
}

}  // namespace

Result<JsonDocument> jsonRequest(const WebRequest& request, const Endpoint* endpoint,
                                 const JsonBinding& binding) {
  const std::optional<WebFields> query = parseForm(request.query);
  if (!query) return wrong(400, "malformed percent-encoding in the query");
  Result<Body> body = readBody(request, binding);
  if (!body.ok()) return body.status();
  const bool asItIs = query->empty() && body->form.empty() && binding.fields.empty();
  if (asItIs && binding.body == "*" && !body->members.empty()) return JsonDocument{request.body};
  WebFields fields = binding.fields;
  for (const auto& field : fields) body->members.erase(field.first);
  for (const WebFields* const more : {&std::as_const(body->form), &*query}) {
    const WebFields before = fields;
    for (const auto& parameter : *more) {
      if (!findField(before, parameter.first)) fields.push_back(parameter);
    }
  }
  const bool described = endpoint && endpoint->request;
  JsonWriter writer(JsonWriter::Style::kCompact);
  writer.beginObject();
  for (const auto& [name, value] : body->members) {
    writer.key(name);
    writer.checked(value);
  }
  addParameters(writer, fields, body->members, described ? endpoint->request->values : kUnknown);
  writer.endObject();
  return JsonDocument{writer.take()};
}

}  // namespace evmicro::gateway

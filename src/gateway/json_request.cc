#include "gateway/json_request.h"

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "gateway/media_type.h"
#include "json/scanner.h"
#include "json/text.h"
#include "json/writer.h"

namespace evmicro::gateway {

namespace {

using detail::JsonScanner;
using detail::JsonWriter;

std::string malformed(const char* what) {
  return std::string("malformed percent-encoding in the ") + what + ", or too many parameters";
}

Status wrong(int code, std::string detail) { return Status::error(code, "", std::move(detail)); }

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

// A name as far as it is not written yet, and a value.
using Parameter = std::pair<std::string_view, const std::string*>;

// All parameters with the same name, up to a dot.
struct Named {
  std::string_view name;
  bool nested;  // the first of them decides
  std::vector<const std::string*> values;
  std::vector<Parameter> inner;
};

// In the order of the first of each name. Names are found at once however many there are.
std::vector<Named> byName(const std::vector<Parameter>& parameters, int depth) {
  std::vector<Named> all;
  std::unordered_map<std::string_view, std::size_t> places;
  for (const auto& [whole, value] : parameters) {
    const auto [name, rest] = splitName(whole, depth);
    const auto [place, added] = places.try_emplace(name, all.size());
    if (added) all.push_back({name, !rest.empty(), {}, {}});
    Named& named = all[place->second];
    if (rest.empty()) {
      named.values.push_back(value);
    } else {
      named.inner.emplace_back(rest, value);
    }
  }
  return all;
}

void writeValues(JsonWriter& writer, const std::vector<const std::string*>& values,
                 std::string_view type) {
  const bool list = type.substr(0, 2) == "[]";
  if (list) type.remove_prefix(2);
  if (values.size() > 1 || list) writer.beginArray();
  for (const std::string* const value : values) writeValue(writer, type, *value);
  if (values.size() > 1 || list) writer.endArray();
}

// Writes the parameters that are not in `members`; `described`: their descriptions.
void addParameters(JsonWriter& writer, const std::vector<Parameter>& parameters,
                   const Members& members, const std::vector<Value>& described, int depth = 0) {
  for (const Named& each : byName(parameters, depth)) {
    if (members.count(std::string(each.name)) > 0) continue;
    const Value* const description = describedIn(described, each.name);
    writer.key(each.name);
    if (!each.nested) {
      writeValues(writer, each.values,
                  description ? std::string_view(description->type) : std::string_view());
      continue;
    }
    writer.beginObject();
    addParameters(writer, each.inner, {}, description ? description->values : kUnknown, depth + 1);
    writer.endObject();
  }
}

// Of `fields`, each list takes precedence over those after it.
std::vector<Parameter> parametersOf(std::initializer_list<const WebFields*> lists) {
  std::vector<Parameter> all;
  std::unordered_set<std::string_view> taken;
  for (const WebFields* const fields : lists) {
    const std::size_t before = all.size();
    for (const auto& [name, value] : *fields) {
      if (taken.count(name) == 0) all.emplace_back(name, &value);
    }
    for (std::size_t i = before; i < all.size(); ++i) taken.insert(all[i].first);
  }
  return all;
}

// What the body of a request holds.
struct Body {
  WebFields form;
  Members members;
};

Result<Body> readBody(const WebRequest& request, const JsonBinding& binding) {
  Body body;
  const std::string type = mediaTypeOf(request);
  if (binding.body.empty()) {
    if (request.body.empty()) return body;
    return wrong(400, "the method takes no body");
  }
  const bool isForm = type == "application/x-www-form-urlencoded";
  // What `curl -d '{"name":"John"}'` says is a form.
  const bool isObject = isForm && request.body.substr(0, 1) == "{" && isJson(request.body);
  if (isForm && !isObject && binding.body == "*") {
    std::optional<WebFields> posted = parseForm(request.body);
    if (!posted) return wrong(400, malformed("form"));
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
  if (!query) return wrong(400, malformed("query"));
  Result<Body> body = readBody(request, binding);
  if (!body.ok()) return body.status();
  const bool asItIs = query->empty() && body->form.empty() && binding.fields.empty();
  if (asItIs && binding.body == "*" && !body->members.empty()) return JsonDocument{request.body};
  for (const auto& field : binding.fields) body->members.erase(field.first);
  const auto parameters = parametersOf({&binding.fields, &body->form, &*query});
  const bool described = endpoint && endpoint->request;
  JsonWriter writer(JsonWriter::Style::kCompact);
  writer.beginObject();
  for (const auto& [name, value] : body->members) {
    writer.key(name);
    writer.checked(value);
  }
  addParameters(writer, parameters, body->members,
                described ? endpoint->request->values : kUnknown);
  writer.endObject();
  return JsonDocument{writer.take()};
}

}  // namespace evmicro::gateway

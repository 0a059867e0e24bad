#include "gateway/json_request.h"

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "gateway/media_type.h"
#include "gateway/scalar_type.h"
#include "json/field_names.h"
#include "json/scanner.h"
#include "json/text.h"
#include "json/writer.h"
#include "registry/described_field.h"

namespace evmicro::gateway {

namespace {

using detail::JsonScanner;
using detail::JsonWriter;

std::string malformed(const char* what) {
  return std::string("malformed percent-encoding in the ") + what + ", or too many parameters";
}

Status wrong(int code, std::string detail) { return Status::error(code, "", std::move(detail)); }

const std::vector<Value> kUnknown;

// Whether a type is a number or boolean.
bool isBare(std::string_view type) {
  const ScalarType* const scalar = scalarType(type);
  return scalar && scalar->type != std::string_view("string");
}

// Whether `text` is one JSON value as it stands.
bool isJson(const std::string& text) {
  JsonScanner scanner(text);
  const std::string_view value = scanner.value();
  return !value.empty() && scanner.atEnd();
}

Status checkObject(const std::string& body) {
  JsonScanner scanner(body);
  if (scanner.peek() != '{') return wrong(400, "the body must be a JSON object");
  scanner.value();
  if (scanner.ok() && scanner.atEnd()) return {};
  return wrong(400, "the body: " + scanner.problem());
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
struct Parameter {
  std::string_view name;
  const std::string* value;
  bool fromPath;
};

// All parameters with the same name, up to a dot.
struct Named {
  std::string_view name;
  bool nested;            // the first of them decides
  bool fromPath = false;  // one of them is
  bool inBody = false;
  std::vector<const std::string*> values = {};
  std::vector<Parameter> inner = {};
};

// The parameters of one message, in the order of the first of each name. A name is found at once
// however many there are, and in whatever form it is written: a variable of the path must not be
// overridden by `userId` where it is `user_id`.
class ByName {
 public:
  ByName(const std::vector<Parameter>& parameters, int depth) {
    for (const auto& [whole, value, fromPath] : parameters) {
      const auto [name, rest] = splitName(whole, depth);
      const auto [place, added] = places_.try_emplace(detail::wordsOf(name), all_.size());
      if (added) all_.push_back({name, !rest.empty()});
      Named& named = all_[place->second];
      named.fromPath = named.fromPath || fromPath;
      if (rest.empty()) {
        named.values.push_back(value);
      } else {
        named.inner.push_back({rest, value, fromPath});
      }
    }
  }

  Named* find(std::string_view name) {
    if (all_.empty()) return nullptr;
    const auto place = places_.find(detail::wordsOf(name));
    return place == places_.end() ? nullptr : &all_[place->second];
  }
  const std::vector<Named>& all() const noexcept { return all_; }

 private:
  std::vector<Named> all_;
  std::unordered_map<std::string, std::size_t> places_;
};

// Of `fields`, each list takes precedence over those after it; the first is the path's.
std::vector<Parameter> parametersOf(std::initializer_list<const WebFields*> lists) {
  std::vector<Parameter> all;
  std::unordered_set<std::string> taken;
  bool fromPath = true;
  for (const WebFields* const fields : lists) {
    const std::size_t before = all.size();
    for (const auto& [name, value] : *fields) {
      if (taken.count(detail::wordsOf(name)) == 0) all.push_back({name, &value, fromPath});
    }
    for (std::size_t i = before; i < all.size(); ++i) taken.insert(detail::wordsOf(all[i].name));
    fromPath = false;
  }
  return all;
}

// Writes the members of the body together with the parameters.
class RequestWriter {
 public:
  Result<JsonDocument> write(std::string_view body, const std::vector<Parameter>& parameters,
                             const std::vector<Value>& described) {
    writeMessage(body, parameters, described, 0);
    if (!problem_.ok()) return std::move(problem_);
    return JsonDocument{writer_.take()};
  }

 private:
  // `body`: a checked object, or empty.
  void writeMessage(std::string_view body, const std::vector<Parameter>& parameters,
                    const std::vector<Value>& described, int depth) {
    ByName named(parameters, depth);
    writer_.beginObject();
    writeMembers(body, named, described, depth);
    for (const Named& each : named.all()) {
      if (each.inBody) continue;
      const Value* const description = detail::describedField(described, each.name);
      writer_.key(each.name);
      if (each.nested) {
        writeMessage({}, each.inner, fieldsOf(description), depth + 1);
      } else {
        writeValues(each.values, description);
      }
    }
    writer_.endObject();
  }

  void writeMembers(std::string_view body, ByName& named, const std::vector<Value>& described,
                    int depth) {
    if (body.empty()) return;
    JsonScanner scanner(body);
    std::string scratch;
    scanner.object([&](std::string_view token) {
      const std::string_view name = detail::decodeJsonString(token, scratch);
      const std::string_view value = scanner.value();
      if (!scanner.ok()) return;
      Named* const parameter = named.find(name);
      if (parameter && parameter->fromPath) {
        return writeBound(name, value, *parameter, described, depth);
      }
      if (parameter) parameter->inBody = true;
      writer_.key(name);
      writer_.checked(value);
    });
    // As a field it can be nested too deeply.
    if (!scanner.ok()) problem_ = wrong(400, "the body: " + scanner.problem());
  }

  // A member that a variable of the path is, or is within.
  void writeBound(std::string_view name, std::string_view value, Named& parameter,
                  const std::vector<Value>& described, int depth) {
    if (!parameter.nested || value == "null") return;
    if (value.front() != '{') {
      problem_ = wrong(400, "the body: " + std::string(name) +
                                " must be an object, for the path sets a field of it");
      return;
    }
    parameter.inBody = true;
    writer_.key(name);
    writeMessage(value, parameter.inner, fieldsOf(detail::describedField(described, name)),
                 depth + 1);
  }

  void writeValues(const std::vector<const std::string*>& values, const Value* description) {
    const bool list = description && detail::isList(*description);
    const std::string_view type = list          ? detail::elementOf(*description).type
                                  : description ? std::string_view(description->type)
                                                : std::string_view();
    if (values.size() > 1 || list) writer_.beginArray();
    for (const std::string* const value : values) writeValue(type, *value);
    if (values.size() > 1 || list) writer_.endArray();
  }

  void writeValue(std::string_view type, const std::string& text) {
    if (isBare(type) && isJson(text)) {
      writer_.checked(text);
    } else {
      writer_.string(text);
    }
  }

  static const std::vector<Value>& fieldsOf(const Value* description) {
    return description ? description->values : kUnknown;
  }

  JsonWriter writer_{JsonWriter::Style::kCompact};
  Status problem_;
};

// What the body of a request holds: a form, or a checked object.
struct Body {
  WebFields form;
  std::string object;
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
    body.object = "{" + detail::jsonString(binding.body) + ":" + request.body + "}";
    return body;
  }
  if (Status problem = checkObject(request.body); !problem.ok()) return problem;
  body.object = request.body;
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
  if (asItIs && !body->object.empty()) return JsonDocument{std::move(body->object)};
  const bool described = endpoint && endpoint->request;
  return RequestWriter().write(body->object, parametersOf({&binding.fields, &body->form, &*query}),
                               described ? endpoint->request->values : kUnknown);
}

}  // namespace evmicro::gateway

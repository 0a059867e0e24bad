#include "gateway/open_api.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "config.h"
#include "gateway/errors.h"
#include "gateway/resolve.h"
#include "gateway/rest_routes.h"
#include "gateway/scalar_type.h"
#include "json/field_names.h"
#include "json/writer.h"
#include "registry/described_field.h"
#include "registry/method_kind.h"

namespace evmicro::gateway {

namespace {

using detail::JsonWriter;
using detail::ValueShape;

constexpr int kMaxDepth = 16;  // descriptions come from the registry

void writeObject(JsonWriter& writer, const std::vector<Value>& fields, int depth);
void writeSchema(JsonWriter& writer, const ValueShape& shape, int depth);

// A field's. A message, map or enumeration that is not described can be any value.
void writeSchema(JsonWriter& writer, const Value& field, int depth) {
  if (!detail::isList(field))
    return writeSchema(writer, ValueShape{field.type, field.values}, depth);
  writer.beginObject();
  writer.member("type", "array");
  writer.key("items");
  writeSchema(writer, detail::elementOf(field), depth);
  writer.endObject();
}

void writeSchema(JsonWriter& writer, const ValueShape& shape, int depth) {
  const ScalarType* const scalar = scalarType(shape.type);
  if (!scalar && !shape.fields.empty()) return writeObject(writer, shape.fields, depth);
  writer.beginObject();
  if (scalar) {
    writer.member("type", scalar->type);
    if (scalar->format) writer.member("format", scalar->format);
  }
  writer.endObject();
}

// The registry has the names of Go's structs, the messages those of the .proto.
void writeObject(JsonWriter& writer, const std::vector<Value>& fields, int depth) {
  writer.beginObject();
  writer.member("type", "object");
  if (!fields.empty() && depth < kMaxDepth) {
    writer.key("properties");
    writer.beginObject();
    std::set<std::string> written;
    for (const Value& field : fields) {
      const std::string name = detail::snakeCase(field.name);
      if (!written.insert(name).second) continue;
      writer.key(name);
      writeSchema(writer, field, depth + 1);
    }
    writer.endObject();
  }
  writer.endObject();
}

const std::vector<Value>& fieldsOf(const std::optional<Value>& message) {
  static const std::vector<Value> kUnknown;
  return message ? message->values : kUnknown;
}

// A message, or its field that `part` names unless that is empty, whose type may be unknown.
void writePart(JsonWriter& writer, const std::vector<Value>& fields, const std::string& part) {
  if (part.empty()) return writeObject(writer, fields, 0);
  static const Value kUnknown;
  const Value* const field = detail::describedField(fields, part);
  writeSchema(writer, field ? *field : kUnknown, 1);
}

void writeContent(JsonWriter& writer, const char* type, const std::vector<Value>& fields,
                  const std::string& part = {}) {
  writer.key("content");
  writer.beginObject();
  writer.key(type);
  writer.beginObject();
  writer.key("schema");
  writePart(writer, fields, part);
  writer.endObject();
  writer.endObject();
}

void writeResponses(JsonWriter& writer, const Endpoint& endpoint, const std::string& part = {}) {
  const bool stream = detail::kindOf(endpoint) == detail::MethodKind::kStream;
  writer.key("responses");
  writer.beginObject();
  writer.key("200");
  writer.beginObject();
  writer.member("description", "the reply");
  writeContent(writer, stream ? "application/x-ndjson" : kJson, fieldsOf(endpoint.response), part);
  writer.endObject();
  writer.key("default");
  writer.beginObject();
  writer.member("description", "an error");
  writer.key("content");
  writer.checked(R"({"application/json":{"schema":{"$ref":"#/components/schemas/Error"}}})");
  writer.endObject();
  writer.endObject();
}

struct Operation {
  const ServiceInfo* service;
  const Endpoint* endpoint;
};

void writeMethod(JsonWriter& writer, const Operation& operation) {
  const Endpoint& endpoint = *operation.endpoint;
  const bool stream = detail::kindOf(endpoint) == detail::MethodKind::kStream;
  writer.beginObject();
  writer.key("post");
  writer.beginObject();
  writer.member("operationId", operation.service->name + "." + endpoint.name);
  writer.key("tags");
  writer.beginArray();
  writer.string(operation.service->name);
  writer.endArray();
  if (stream) writer.member("description", "A stream: lines of JSON, or server-sent events.");
  writer.key("requestBody");
  writer.beginObject();
  writeContent(writer, kJson, fieldsOf(endpoint.request));
  writer.endObject();
  writeResponses(writer, endpoint);
  writer.endObject();
  writer.endObject();
}

// A path of a google.api.http annotation, as OpenAPI has it: `/v1/{name=shelves/*}:send` is
// `/v1/{name}:send`, with what the variable may be.
struct RestPath {
  struct Variable {
    std::string name;
    std::string pattern;  // a regular expression; empty: one segment
  };
  std::string path;
  std::vector<Variable> variables;
};

std::string patternOf(std::string_view segments) {
  std::string pattern;
  for (std::size_t at = 0; at < segments.size(); ++at) {
    if (segments.substr(at, 2) == "**") {
      pattern += ".*";
      ++at;
    } else {
      const char c = segments[at];
      if (std::string_view("\\.+?()[]{}|^$").find(c) != std::string_view::npos) pattern += '\\';
      pattern += c == '*' ? "[^/]+" : std::string(1, c);
    }
  }
  return pattern;
}

RestPath restPathOf(std::string_view rule) {
  RestPath rest;
  while (!rule.empty()) {
    const std::size_t open = rule.find_first_of("{*");
    rest.path += rule.substr(0, open);
    if (open == std::string_view::npos) break;
    rule.remove_prefix(open);
    std::string name = "segment" + std::to_string(rest.variables.size() + 1);
    std::string pattern;
    if (rule.front() == '*') {
      const std::size_t stars = rule.substr(0, 2) == "**" ? 2 : 1;
      if (stars == 2) pattern = ".*";
      rule.remove_prefix(stars);
    } else {
      const std::string_view inside = rule.substr(1, rule.find('}') - 1);
      const std::size_t equals = inside.find('=');
      name = inside.substr(0, equals);
      if (equals != std::string_view::npos) pattern = patternOf(inside.substr(equals + 1));
      rule.remove_prefix(std::min(rule.size(), inside.size() + 2));
    }
    rest.path += "{" + name + "}";
    rest.variables.push_back({std::move(name), std::move(pattern)});
  }
  return rest;
}

void writeParameter(JsonWriter& writer, const std::string& name, const char* in, bool required) {
  writer.member("name", name);
  writer.member("in", in);
  writer.member("required", required);
  writer.key("schema");
}

bool isInPath(const Value& field, const RestPath& path) {
  return std::any_of(path.variables.begin(), path.variables.end(), [&field](const auto& variable) {
    return detail::sameWords(variable.name, field.name);
  });
}

// Those of the path; and of the query what is neither there nor in the body, unless it has fields
// of its own.
void writeRestParameters(JsonWriter& writer, const RestPath& path, const std::string& body,
                         const std::vector<Value>& fields) {
  writer.key("parameters");
  writer.beginArray();
  for (const RestPath::Variable& variable : path.variables) {
    writer.beginObject();
    writeParameter(writer, variable.name, "path", true);
    writer.beginObject();
    writer.member("type", "string");
    if (!variable.pattern.empty()) writer.member("pattern", variable.pattern);
    writer.endObject();
    writer.endObject();
  }
  for (const Value& field : fields) {
    const ValueShape shape =
        detail::isList(field) ? detail::elementOf(field) : ValueShape{field.type, field.values};
    const bool inBody = body == "*" || detail::sameWords(body, field.name);
    if (isInPath(field, path) || inBody || !scalarType(shape.type)) continue;
    writer.beginObject();
    writeParameter(writer, detail::snakeCase(field.name), "query", false);
    writeSchema(writer, field, 1);
    writer.endObject();
  }
  writer.endArray();
}

void writeRestBody(JsonWriter& writer, const RestPath& path, const std::string& body,
                   const std::vector<Value>& fields) {
  writer.key("requestBody");
  writer.beginObject();
  if (body == "*") {
    std::vector<Value> rest;
    std::copy_if(fields.begin(), fields.end(), std::back_inserter(rest),
                 [&path](const Value& field) { return !isInPath(field, path); });
    writeContent(writer, kJson, rest);
  } else {
    writeContent(writer, kJson, fields, body);
  }
  writer.endObject();
}

// A method at one of its REST paths.
struct RestOperation {
  Operation operation;
  RestPath path;
  std::string body;
  std::string reply;
};

void writeRest(JsonWriter& writer, const RestOperation& rest) {
  const Endpoint& endpoint = *rest.operation.endpoint;
  const std::vector<Value>& fields = fieldsOf(endpoint.request);
  writer.beginObject();
  writer.member("operationId",
                rest.operation.service->name + "." + endpoint.name + " " + rest.path.path);
  writer.key("tags");
  writer.beginArray();
  writer.string(rest.operation.service->name);
  writer.endArray();
  writeRestParameters(writer, rest.path, rest.body, fields);
  if (!rest.body.empty()) writeRestBody(writer, rest.path, rest.body, fields);
  writeResponses(writer, endpoint, rest.reply);
  writer.endObject();
}

std::string lowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

// The verbs that OpenAPI knows.
bool isVerb(const std::string& verb) {
  static const std::set<std::string_view> kVerbs = {"get",     "put",  "post",  "delete",
                                                    "options", "head", "patch", "trace"};
  return kVerbs.count(verb) > 0;
}

// By path and verb; the first service has a path that two have.
using RestPaths = std::map<std::string, std::map<std::string, RestOperation>>;
void addRest(RestPaths& paths, const ServiceInfo& service, const Endpoint& endpoint) {
  for (const RestRule& rule : restRules(endpoint)) {
    const std::string verb = lowerCase(rule.verb);
    if (!rule.sound || rule.path.substr(0, 1) != "/" || !isVerb(verb)) continue;
    RestPath path = restPathOf(rule.path);
    std::string key = path.path;
    paths[std::move(key)].emplace(
        verb, RestOperation{{&service, &endpoint}, std::move(path), rule.body, rule.reply});
  }
}

// The names of the `{name}` segments of a pattern.
std::vector<std::string> parametersOf(std::string_view pattern) {
  std::vector<std::string> names;
  while (true) {
    const std::size_t open = pattern.find('{');
    const std::size_t close = pattern.find('}', open == std::string_view::npos ? 0 : open);
    if (open == std::string_view::npos || close == std::string_view::npos) return names;
    names.emplace_back(pattern.substr(open + 1, close - open - 1));
    pattern.remove_prefix(close + 1);
  }
}

void writePattern(JsonWriter& writer, const Operation& operation) {
  writer.beginObject();
  const std::vector<std::string> parameters = parametersOf(operation.endpoint->name);
  if (!parameters.empty()) {
    writer.key("parameters");
    writer.beginArray();
    for (const std::string& name : parameters) {
      writer.beginObject();
      writer.member("name", name);
      writer.member("in", "path");
      writer.member("required", true);
      writer.key("schema");
      writer.checked(R"({"type":"string"})");
      writer.endObject();
    }
    writer.endArray();
  }
  writer.key("get");
  writer.beginObject();
  writer.member("operationId", operation.service->name + " " + operation.endpoint->name);
  writer.key("tags");
  writer.beginArray();
  writer.string(operation.service->name);
  writer.endArray();
  writer.key("responses");
  writer.checked(R"({"default":{"description":"the reply of the service"}})");
  writer.endObject();
  writer.endObject();
}

bool speaksHttp(const ServiceInfo& service) {
  return std::any_of(service.nodes.begin(), service.nodes.end(), [](const Node& node) {
    const auto server = node.metadata.find("server");
    return server != node.metadata.end() && server->second == "http";
  });
}

// Whether callers use it: subscribers are endpoints, too.
bool isMethod(const Endpoint& endpoint) { return endpoint.metadata.count("subscriber") == 0; }

std::string lowerFirst(std::string_view text) {
  std::string result(text);
  if (!result.empty() && result[0] >= 'A' && result[0] <= 'Z') {
    result[0] = static_cast<char>(result[0] - 'A' + 'a');
  }
  return result;
}

void writeInfo(JsonWriter& writer, std::string_view nameSpace) {
  writer.member("openapi", "3.0.3");
  writer.key("info");
  writer.beginObject();
  writer.member("title", nameSpace);
  writer.member("version", PACKAGE_VERSION);
  writer.endObject();
  writer.key("components");
  writer.checked(
      R"({"schemas":{"Error":{"type":"object","properties":{"id":{"type":"string"},)"
      R"("code":{"type":"integer"},"detail":{"type":"string"},"status":{"type":"string"}}}}})");
}

}  // namespace

std::string pathOf(std::string_view nameSpace, const std::string& service,
                   const std::string& method) {
  const std::string prefix = std::string(nameSpace) + ".";
  const std::size_t dot = method.find('.');
  if (service.compare(0, prefix.size(), prefix) != 0 || dot == std::string::npos) return {};
  std::string path = "/" + service.substr(prefix.size());
  std::replace(path.begin(), path.end(), '.', '/');
  path += "/" + lowerFirst(method.substr(0, dot)) + "/" + lowerFirst(method.substr(dot + 1));
  const Target target = resolve(nameSpace, path);
  return target.service == service && target.method == method ? path : std::string();
}

std::string openApi(std::string_view nameSpace, const std::vector<ServiceInfo>& services) {
  std::map<std::string, Operation> methods;
  std::map<std::string, Operation> patterns;
  RestPaths rest;
  for (const ServiceInfo& service : services) {
    const bool http = speaksHttp(service);
    for (const Endpoint& endpoint : service.endpoints) {
      if (!isMethod(endpoint)) continue;
      if (!http) addRest(rest, service, endpoint);
      const std::string path =
          http ? endpoint.name : pathOf(nameSpace, service.name, endpoint.name);
      if (path.empty() || path[0] != '/') continue;
      (http ? patterns : methods).emplace(path, Operation{&service, &endpoint});
    }
  }
  JsonWriter writer(JsonWriter::Style::kCompact);
  writer.beginObject();
  writeInfo(writer, nameSpace);
  writer.key("paths");
  writer.beginObject();
  for (const auto& [path, operations] : rest) {
    writer.key(path);
    writer.beginObject();
    for (const auto& [verb, operation] : operations) {
      writer.key(verb);
      writeRest(writer, operation);
    }
    writer.endObject();
  }
  for (const auto& [path, operation] : methods) {
    if (rest.count(path) > 0) continue;
    writer.key(path);
    writeMethod(writer, operation);
  }
  for (const auto& [path, operation] : patterns) {
    if (methods.count(path) > 0 || rest.count(path) > 0) continue;
    writer.key(path);
    writePattern(writer, operation);
  }
  writer.endObject();
  writer.endObject();
  return writer.take();
}

}  // namespace evmicro::gateway

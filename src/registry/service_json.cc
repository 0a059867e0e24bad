#include "registry/service_json.h"

#include <strings.h>

#include "json/jansson.h"
#include "json/writer.h"

namespace evmicro::detail {

namespace {

// Descriptions have at most three levels; a reply must not decide how deep our stack gets.
constexpr int kMaxDepth = 32;

template <typename Item>
void writeList(JsonWriter& out, std::string_view key, const std::vector<Item>& items);

// Empty containers are written as null, like nil maps and slices in Go.
void write(JsonWriter& out, const std::map<std::string, std::string>& metadata) {
  metadata.empty() ? out.null() : out.strings(metadata);
}

void write(JsonWriter& out, const Value& value) {
  out.beginObject();
  out.member("name", value.name);
  out.member("type", value.type);
  writeList(out, "values", value.values);
  out.endObject();
}

void write(JsonWriter& out, const std::optional<Value>& value) {
  value ? write(out, *value) : out.null();
}

void write(JsonWriter& out, const Endpoint& endpoint) {
  out.beginObject();
  out.member("name", endpoint.name);
  write((out.key("request"), out), endpoint.request);
  write((out.key("response"), out), endpoint.response);
  write((out.key("metadata"), out), endpoint.metadata);
  out.endObject();
}

void write(JsonWriter& out, const Node& node) {
  out.beginObject();
  out.member("id", node.id);
  out.member("address", node.address);
  out.member("port", int{node.port});
  write((out.key("metadata"), out), node.metadata);
  out.endObject();
}

void write(JsonWriter& out, const ServiceInfo& service) {
  out.beginObject();
  out.member("name", service.name);
  out.member("version", service.version);
  write((out.key("metadata"), out), service.metadata);
  writeList(out, "endpoints", service.endpoints);
  writeList(out, "nodes", service.nodes);
  out.endObject();
}

template <typename Item>
void writeList(JsonWriter& out, std::string_view key, const std::vector<Item>& items) {
  out.key(key);
  if (items.empty()) return out.null();
  out.beginArray();
  for (const Item& item : items) write(out, item);
  out.endArray();
}

template <typename Thing>
std::string textOf(const Thing& thing) {
  JsonWriter out(JsonWriter::Style::kCompact);
  write(out, thing);
  return out.take();
}

// Decodes a JSON value. Keeps the first error and its position; after that all values are empty.
class Reader {
 public:
  std::string text(const json_t* object, const char* key) {
    const json_t* const value = member(object, key);
    if (!value) return {};
    if (json_is_string(value)) return jsonText(value);
    fail(key, "expected a string");
    return {};
  }

  std::uint16_t port(const json_t* object, const char* key) {
    const json_t* const value = member(object, key);
    if (!value) return 0;
    if (!json_is_integer(value)) {
      fail(key, "expected a number");
      return 0;
    }
    const json_int_t number = json_integer_value(value);
    if (number >= 0 && number <= 65'535) return static_cast<std::uint16_t>(number);
    fail(key, "expected a port from 0 to 65535");
    return 0;
  }

  std::map<std::string, std::string> metadata(const json_t* object, const char* key) {
    std::map<std::string, std::string> result;
    const json_t* const value = member(object, key);
    if (value && !json_is_object(value)) fail(key, "expected an object");
    const char* name = nullptr;
    json_t* entry = nullptr;
    json_object_foreach(const_cast<json_t*>(value), name, entry) {
      if (!json_is_string(entry))
        fail(std::string(key) + "." + name, "expected a string");
      else
        result.emplace(name, jsonText(entry));
    }
    return result;
  }

  template <typename Item, typename Read>
  std::vector<Item> list(const json_t* object, const char* key, Read read) {
    std::vector<Item> result;
    const json_t* const value = member(object, key);
    if (value && !json_is_array(value)) fail(key, "expected an array");
    for (std::size_t i = 0; i < json_array_size(value) && ok(); ++i) {
      const std::string place = std::string(key) + "[" + std::to_string(i) + "]";
      within(place, json_array_get(value, i),
             [&](const json_t* item) { result.push_back(read(item)); });
    }
    return result;
  }

  std::optional<Value> value(const json_t* object, const char* key) {
    std::optional<Value> result;
    if (const json_t* const found = member(object, key)) {
      within(key, found, [&](const json_t* item) { result = value(item); });
    }
    return result;
  }

  Value value(const json_t* object) {
    Value result{text(object, "name"), text(object, "type"), {}};
    if (++depth_ > kMaxDepth)
      fail("values", "nested too deeply");
    else
      result.values = list<Value>(object, "values", [this](const json_t* v) { return value(v); });
    --depth_;
    return result;
  }

  Endpoint endpoint(const json_t* object) {
    return {text(object, "name"), value(object, "request"), value(object, "response"),
            metadata(object, "metadata")};
  }

  Node node(const json_t* object) {
    return {text(object, "id"), text(object, "address"), port(object, "port"),
            metadata(object, "metadata")};
  }

  ServiceInfo service(const json_t* object) {
    return {text(object, "name"), text(object, "version"), metadata(object, "metadata"),
            list<Endpoint>(object, "endpoints", [this](const json_t* v) { return endpoint(v); }),
            list<Node>(object, "nodes", [this](const json_t* v) { return node(v); })};
  }

  bool ok() const { return problem_.empty(); }
  Status problem() const { return Status::invalid(problem_); }

 private:
  // As Go finds it: written as `key`, or else in another case.
  static const json_t* member(const json_t* object, const char* key) {
    const json_t* value = json_object_get(object, key);
    const char* name = nullptr;
    json_t* each = nullptr;
    if (!value) {
      json_object_foreach(const_cast<json_t*>(object), name, each) {
        if (strcasecmp(name, key) == 0) value = each;
      }
    }
    return json_is_null(value) ? nullptr : value;
  }

  template <typename Inside>
  void within(const std::string& place, const json_t* value, Inside inside) {
    if (!json_is_object(value)) {
      fail(place, "expected an object");
      return;
    }
    const std::size_t outer = path_.size();
    path_ += place + ".";
    inside(value);
    path_.resize(outer);
  }

  void fail(const std::string& where, const char* what) {
    if (ok()) problem_ = path_ + where + ": " + what;
  }

  std::string path_;
  std::string problem_;
  int depth_ = 0;
};

}  // namespace

std::string toJson(const Endpoint& endpoint) { return textOf(endpoint); }
std::string toJson(const std::map<std::string, std::string>& metadata) { return textOf(metadata); }

Result<Endpoint> endpointFromJson(const json_t* value) {
  if (!json_is_object(value)) return Status::invalid("expected an object");
  Reader reader;
  Endpoint endpoint = reader.endpoint(value);
  if (!reader.ok()) return reader.problem();
  return endpoint;
}

}  // namespace evmicro::detail

namespace evmicro {

using namespace detail;

std::string toJson(const ServiceInfo& service) { return textOf(service); }

Result<ServiceInfo> serviceFromJson(std::string_view text) {
  const Result<Json> value = readJson(text);
  if (!value.ok()) return value.status();
  if (!json_is_object(value->get())) return Status::invalid("expected a JSON object");
  Reader reader;
  ServiceInfo service = reader.service(value->get());
  if (!reader.ok()) return reader.problem();
  return service;
}

}  // namespace evmicro

#include "registry/consul/messages.h"

#include <algorithm>
#include <unordered_map>

#include "base/duration.h"
#include "http/url.h"
#include "json/jansson.h"
#include "json/writer.h"
#include "net/host_port.h"
#include "registry/consul/tags.h"

namespace evmicro::detail {

namespace {

using std::chrono::milliseconds;

// The minimum that Consul accepts for DeregisterCriticalServiceAfter.
constexpr milliseconds kShortestLinger{60'000};

std::vector<std::string> tagsOf(const json_t* service) {
  std::vector<std::string> tags;
  const json_t* const list = json_object_get(service, "Tags");
  for (std::size_t i = 0; i < json_array_size(list); ++i) {
    const json_t* const tag = json_array_get(list, i);
    if (json_is_string(tag)) tags.push_back(jsonText(tag));
  }
  return tags;
}

// A node and its decoded tags; version and id are always set.
struct Entry {
  Node node;
  DecodedTags tags;
};

// Also control bytes; the path of a Unix socket may have some.
bool hasBlank(std::string_view address) {
  return address.find('/') == std::string_view::npos &&
         std::any_of(address.begin(), address.end(),
                     [](unsigned char c) { return c <= ' ' || c == 0x7f; });
}

std::optional<Entry> readEntry(const json_t* entry, std::string_view name, std::size_t& budget,
                               IgnoredNodes* ignored) {
  const json_t* const service = json_object_get(entry, "Service");
  const json_t* const host = json_object_get(entry, "Node");
  if (textAt(service, "Service") != name) return std::nullopt;
  const json_t* const port = json_object_get(service, "Port");
  const json_int_t number = json_integer_value(port);
  const auto ignore = [&](const char* why) -> std::optional<Entry> {
    if (ignored) ignored->add(name, textAt(service, "ID"), why);
    return std::nullopt;
  };
  if (!json_is_integer(port) || number < 0 || number > 65'535) {
    return ignore("Port: expected a number from 0 to 65535");
  }

  Entry result{
      {textAt(service, "ID"), textAt(service, "Address"), static_cast<std::uint16_t>(number), {}},
      decodeTags(tagsOf(service), budget)};
  Node& node = result.node;
  // Not registered by go-micro or by us: each instance is a version of its own, as in go-micro. But
  // its id and address are those of the service, not of the machine.
  if (!result.tags.version) result.tags.version = node.id;
  if (node.address.empty()) node.address = textAt(host, "Address");
  if (node.address.empty() || node.id.empty()) return ignore("ID or Address: empty");
  if (hasBlank(node.address)) return ignore("Address: not an address");
  node.address = bracketed(node.address);
  node.metadata = std::move(result.tags.metadata);
  return result;
}

void writeCheck(JsonWriter& out, milliseconds ttl) {
  if (ttl.count() <= 0) return out.null();
  out.beginObject();
  out.member("TTL", formatDuration(ttl));
  out.member("DeregisterCriticalServiceAfter", formatDuration(std::max(ttl, kShortestLinger)));
  out.endObject();
}

}  // namespace

std::string registerPath() { return "/v1/agent/service/register"; }

std::string deregisterPath(std::string_view nodeId) {
  return "/v1/agent/service/deregister/" + pathSegment(nodeId);
}

std::string passPath(std::string_view nodeId) {
  return "/v1/agent/check/pass/service:" + pathSegment(nodeId) + "?note=";
}

std::string healthPath(std::string_view service) {
  return "/v1/health/service/" + pathSegment(service) + "?passing=1";
}

std::string instancePath(std::string_view service, std::string_view id) {
  std::string path = "/v1/health/service/" + pathSegment(service);
  // Only a text in back quotes may contain any character: it is taken literally.
  if (id.empty() || id.find('`') != std::string_view::npos) return path;
  return path + "?filter=" + pathSegment("Service.ID==`" + std::string(id) + "`");
}

std::string catalogPath() { return "/v1/catalog/services"; }

std::string blockingPath(const std::string& path, std::uint64_t index, milliseconds wait) {
  const char separator = path.find('?') == std::string::npos ? '?' : '&';
  return path + separator + "index=" + std::to_string(index) + "&wait=" + formatDuration(wait);
}

std::string registerBody(const ServiceInfo& service, const Node& node, milliseconds ttl) {
  JsonWriter out(JsonWriter::Style::kCompact);
  out.beginObject();
  out.member("ID", node.id);
  out.member("Name", service.name);
  out.key("Tags");
  out.beginArray();
  for (const std::string& tag : encodeTags(service, node)) out.string(tag);
  out.endArray();
  out.member("Port", int{node.port});
  // go-micro's clients append ":port" to the address.
  out.member("Address", bracketed(node.address));
  out.key("Check");
  writeCheck(out, ttl);
  out.key("Checks");
  out.null();
  out.endObject();
  return out.take() + "\n";
}

Result<std::vector<ServiceInfo>> readHealth(std::string_view body, std::string_view name,
                                            IgnoredNodes* ignored) {
  const Result<Json> reply = readJson(body);
  if (!reply.ok()) return reply.status();
  if (!json_is_array(reply->get())) return Status::invalid("not a JSON array");
  std::vector<ServiceInfo> services;
  std::unordered_map<std::string, std::size_t> byVersion;
  std::size_t budget = kInflatedPerAnswer;
  for (std::size_t i = 0; i < json_array_size(reply->get()); ++i) {
    std::optional<Entry> entry = readEntry(json_array_get(reply->get(), i), name, budget, ignored);
    if (!entry) continue;
    const std::string& version = *entry->tags.version;
    const auto [place, isNew] = byVersion.emplace(version, services.size());
    if (isNew) {
      services.push_back({std::string(name), version, {}, std::move(entry->tags.endpoints), {}});
    }
    services[place->second].nodes.push_back(std::move(entry->node));
  }
  return services;
}

Result<bool> readInstance(std::string_view body, std::string_view id) {
  const Result<Json> reply = readJson(body);
  if (!reply.ok()) return reply.status();
  if (!json_is_array(reply->get())) return Status::invalid("not a JSON array");
  for (std::size_t i = 0; i < json_array_size(reply->get()); ++i) {
    const json_t* const entry = json_array_get(reply->get(), i);
    if (textAt(json_object_get(entry, "Service"), "ID") == id) return true;
  }
  return false;
}

Result<std::vector<std::string>> readCatalog(std::string_view body) {
  const Result<Json> reply = readJson(body);
  if (!reply.ok()) return reply.status();
  if (!json_is_object(reply->get())) return Status::invalid("not a JSON object");
  std::vector<std::string> names;
  const char* name = nullptr;
  json_t* tags = nullptr;
  json_object_foreach(reply->get(), name, tags) names.emplace_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace evmicro::detail

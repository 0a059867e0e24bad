// What registries send: Consul's and etcd's replies, and the services in them.
#include <string>
#include <vector>

#include <evmicro/service_json.h>

#include "fuzz/target.h"
#include "json/jansson.h"
#include "registry/consul/messages.h"
#include "registry/consul/tags.h"
#include "registry/etcd/messages.h"
#include "registry/etcd/services.h"

namespace evmicro::fuzz {

namespace {

using namespace detail;

// Every error has a text.
void mustExplain(const Status& status) {
  must(status.ok() || !status.detail().empty(), "an error without a text");
}

// What was read can be written and read again, and is the same then.
void mustReturn(const ServiceInfo& service) {
  const std::string text = toJson(service);
  const auto again = serviceFromJson(text);
  must(again.ok(), "a written service cannot be read");
  must(toJson(*again) == text, "a service changes when it is written and read");
}

std::vector<std::string> linesOf(std::string_view bytes) {
  std::vector<std::string> lines(1);
  for (const char c : bytes) {
    if (c == '\n') {
      lines.emplace_back();
    } else {
      lines.back() += c;
    }
  }
  return lines;
}

}  // namespace

void readConsulHealth(std::string_view bytes) {
  const auto services = readHealth(bytes, "greeter");
  mustExplain(services.status());
  if (!services.ok()) return;
  for (const ServiceInfo& service : *services) {
    must(service.name == "greeter", "another service");
    must(!service.nodes.empty(), "a version without nodes");
    mustReturn(service);
  }
}

void readConsulCatalog(std::string_view bytes) {
  const auto names = readCatalog(bytes);
  mustExplain(names.status());
  mustExplain(readInstance(bytes, "greeter-1").status());
}

void readConsulTags(std::string_view bytes) {
  std::size_t budget = kInflatedPerAnswer;
  DecodedTags tags = decodeTags(linesOf(bytes), budget);
  ServiceInfo service;
  service.version = tags.version.value_or("");
  service.endpoints = std::move(tags.endpoints);
  Node node;
  node.metadata = std::move(tags.metadata);
  const auto encoded = encodeTags(service, node);
  const DecodedTags again = decodeTags(encoded, budget);
  must(again.version == service.version, "another version");
  must(encodeTags({service.name, *again.version, {}, again.endpoints, {}},
                  {{}, {}, {}, again.metadata}) == encoded,
       "tags change when they are written and read");
}

void inflateTag(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes) {
    hex += kDigits[static_cast<unsigned char>(c) >> 4];
    hex += kDigits[static_cast<unsigned char>(c) & 15];
  }
  for (const std::string_view text : {std::string_view(hex), bytes}) {
    std::size_t budget = kInflatedPerNode;
    const auto inflated = inflateHex(text, budget);
    must(!inflated || inflated->size() <= 1U << 20, "more than 1 MiB");
  }
}

void readEtcdReply(std::string_view bytes) {
  static_cast<void>(etcdError(std::string(bytes)));
  const auto reply = detail::readJson(bytes);
  mustExplain(reply.status());
  if (!reply.ok()) return;
  const json_t* const value = reply->get();
  mustExplain(readGrant(value).status());
  mustExplain(readKeepAlive(value).status());
  mustExplain(readWrite(value).status());
  mustExplain(readRange(value).status());
  mustExplain(readToken(value).status());
}

void readEtcdWatchLine(std::string_view bytes) { mustExplain(readWatchMessage(bytes).status()); }

void readEtcdService(std::string_view bytes) {
  const auto name = readEtcdName(bytes);
  if (!name) return;
  const auto service = readEtcdValue(bytes, *name);
  must(!service || service->name == *name, "another service");
  if (service) mustReturn(*service);
}

void readService(std::string_view bytes) {
  const auto service = serviceFromJson(bytes);
  mustExplain(service.status());
  if (service.ok()) mustReturn(*service);
}

}  // namespace evmicro::fuzz

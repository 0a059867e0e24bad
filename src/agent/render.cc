#include "agent/render.h"

#include <algorithm>
#include <unordered_set>

#include "net/host_port.h"

namespace evmicro::detail {

namespace {

// The release whose API this agent implements; some clients check it.
constexpr std::string_view kApiVersion = "1.8.7";

constexpr int kServerPort = 8300;  // Consul's port between servers
constexpr int kGossipPort = 8301;

}  // namespace

template <typename Write>
bool Renderer::wants(Write write) const {
  if (!filter_) return true;
  JsonWriter entry(JsonWriter::Style::kCompact);
  Renderer renderer(store_, node_, entry);
  write(renderer);
  return filter_->matches(entry.take());
}

void Renderer::tags(std::string_view key, const std::vector<std::string>& tags) {
  out_.key(key);
  out_.beginArray();
  for (const std::string& tag : tags) out_.string(tag);
  out_.endArray();
}

void Renderer::meta(std::string_view key, const std::map<std::string, std::string>& meta) {
  out_.key(key);
  out_.strings(meta);
}

void Renderer::serviceAddresses(std::string_view key, const StoredService& service) {
  if (service.taggedAddresses.empty()) return;
  out_.key(key);
  out_.beginObject();
  for (const auto& [tag, address] : service.taggedAddresses) {
    out_.key(tag);
    out_.beginObject();
    out_.member("Address", address.address);
    out_.member("Port", address.port);
    out_.endObject();
  }
  out_.endObject();
}

void Renderer::weights(std::string_view key, const StoredService& service) {
  out_.key(key);
  out_.beginObject();
  out_.member("Passing", service.passingWeight);
  out_.member("Warning", service.warningWeight);
  out_.endObject();
}

void Renderer::proxyAndConnect(std::string_view proxyKey, std::string_view connectKey) {
  out_.key(proxyKey);
  out_.beginObject();
  for (const std::string_view name : {"MeshGateway", "Expose"}) {
    out_.key(name);
    out_.beginObject();
    out_.endObject();
  }
  out_.endObject();
  out_.key(connectKey);
  out_.beginObject();
  out_.endObject();
}

void Renderer::nodeAddresses() {
  const bool ipv6 = node_.address.find(':') != std::string::npos;
  out_.key("TaggedAddresses");
  out_.beginObject();
  for (const std::string_view side : {"lan", "wan"}) {
    out_.member(side, node_.address);
    out_.member(std::string(side) + (ipv6 ? "_ipv6" : "_ipv4"), node_.address);
  }
  out_.endObject();
}

void Renderer::nodeObject() {
  out_.beginObject();
  out_.member("ID", node_.id);
  out_.member("Node", node_.name);
  out_.member("Address", node_.address);
  out_.member("Datacenter", node_.datacenter);
  nodeAddresses();
  meta("Meta", {{"consul-network-segment", ""}});
  out_.member("CreateIndex", store_.nodesIndex());
  out_.member("ModifyIndex", store_.nodesIndex());
  out_.endObject();
}

void Renderer::agentServiceMembers(const StoredService& service) {
  out_.member("ID", service.id);
  out_.member("Service", service.name);
  tags("Tags", service.tags);
  meta("Meta", service.meta);
  out_.member("Port", service.port);
  out_.member("Address", service.address);
  serviceAddresses("TaggedAddresses", service);
  weights("Weights", service);
  out_.member("EnableTagOverride", service.enableTagOverride);
}

void Renderer::agentService(const StoredService& service) {
  out_.beginObject();
  agentServiceMembers(service);
  out_.endObject();
}

void Renderer::agentServices() {
  std::map<std::string_view, const StoredService*> byId;  // Go sorts a map's keys by their bytes
  for (const auto& [id, service] : store_.services()) {
    if (service.origin == Origin::kLocal) byId.emplace(id, &service);
  }
  out_.beginObject();
  for (const auto& [id, service] : byId) {
    const StoredService& each = *service;
    if (!wants([&each](Renderer& out) { out.agentService(each); })) continue;
    out_.key(id);
    agentService(each);
  }
  out_.endObject();
}

void Renderer::check(const StoredCheck& check, View view) {
  const bool catalog = view == View::kCatalog;
  out_.beginObject();
  out_.member("Node", node_.name);
  out_.member("CheckID", check.id);
  out_.member("Name", check.name);
  out_.member("Status", healthText(check.health));
  out_.member("Notes", check.notes);
  out_.member("Output", catalog ? check.publishedOutput : check.output);
  out_.member("ServiceID", check.serviceId);
  out_.member("ServiceName", check.serviceName);
  tags("ServiceTags", check.serviceTags);
  out_.member("Type", check.type);
  out_.key("Definition");
  out_.beginObject();
  out_.endObject();
  out_.member("CreateIndex", catalog ? check.createIndex : 0);
  out_.member("ModifyIndex", catalog ? check.modifyIndex : 0);
  out_.endObject();
}

void Renderer::agentChecks() {
  std::map<std::string_view, const StoredCheck*> byId;
  for (const auto& [id, stored] : store_.checks()) {
    if (stored.origin == Origin::kLocal) byId.emplace(id, &stored);
  }
  out_.beginObject();
  for (const auto& [id, stored] : byId) {
    const StoredCheck& each = *stored;
    if (!wants([&each](Renderer& out) { out.check(each, View::kAgent); })) continue;
    out_.key(id);
    check(each, View::kAgent);
  }
  out_.endObject();
}

// A check in the form of Consul's own client library: with a definition that is always empty.
void Renderer::localCheck(const StoredCheck& check) {
  out_.beginObject();
  out_.member("Node", node_.name);
  out_.member("CheckID", check.id);
  out_.member("Name", check.name);
  out_.member("Status", healthText(check.health));
  out_.member("Notes", check.notes);
  out_.member("Output", check.output);
  out_.member("ServiceID", check.serviceId);
  out_.member("ServiceName", check.serviceName);
  out_.key("ServiceTags");
  out_.null();
  out_.member("Type", "");
  out_.key("Definition");
  out_.beginObject();
  for (const char* const time : {"Interval", "Timeout", "DeregisterCriticalServiceAfter"}) {
    out_.member(time, "0s");
  }
  out_.member("HTTP", "");
  out_.key("Header");
  out_.null();
  out_.member("Method", "");
  out_.member("Body", "");
  out_.member("TLSSkipVerify", false);
  out_.member("TCP", "");
  out_.endObject();
  out_.member("CreateIndex", 0);
  out_.member("ModifyIndex", 0);
  out_.endObject();
}

void Renderer::localHealth(const StoredService* service, std::string_view aggregated,
                           const std::vector<const StoredCheck*>& checks) {
  out_.beginObject();
  out_.member("AggregatedStatus", aggregated);
  out_.key("Service");
  service ? agentService(*service) : out_.null();
  out_.key("Checks");
  if (service) {
    list(checks, [this](const StoredCheck* each) { localCheck(*each); });
  } else {
    out_.null();
  }
  out_.endObject();
}

void Renderer::memberObject() {
  out_.beginObject();
  out_.member("Name", node_.name);
  out_.member("Addr", node_.address);
  out_.member("Port", kGossipPort);
  meta("Tags", {{"dc", node_.datacenter}, {"id", node_.id}, {"role", "consul"}});
  out_.member("Status", 1);  // alive
  out_.member("ProtocolMin", 1);
  out_.member("ProtocolMax", 5);
  out_.member("ProtocolCur", 2);
  out_.member("DelegateMin", 2);
  out_.member("DelegateMax", 5);
  out_.member("DelegateCur", 4);
  out_.endObject();
}

void Renderer::agentMembers() {
  out_.beginArray();
  memberObject();
  out_.endArray();
}

void Renderer::agentSelf() {
  out_.beginObject();
  out_.key("Config");
  out_.beginObject();
  out_.member("Datacenter", node_.datacenter);
  out_.member("NodeName", node_.name);
  out_.member("NodeID", node_.id);
  out_.member("Revision", "evmicro");
  out_.member("Server", true);
  out_.member("Version", kApiVersion);
  out_.endObject();
  out_.key("Member");
  memberObject();
  out_.key("Stats");
  out_.beginObject();
  meta("agent", {{"checks", std::to_string(store_.checks().size())},
                 {"services", std::to_string(store_.services().size())}});
  out_.endObject();
  meta("Meta", {{"consul-network-segment", ""}});
  out_.endObject();
}

void Renderer::catalogServices() {
  struct Tags {
    std::vector<std::string> inOrder;
    std::unordered_set<std::string_view> known;
  };
  std::map<std::string_view, Tags> tagsByName;
  for (const auto& [id, service] : store_.services()) {
    Tags& all = tagsByName[service.name];
    for (const std::string& tag : service.tags) {
      if (all.known.insert(tag).second) all.inOrder.push_back(tag);
    }
  }
  out_.beginObject();
  for (const auto& [name, all] : tagsByName) tags(name, all.inOrder);
  out_.endObject();
}

void Renderer::nothing() {
  out_.beginObject();
  out_.endObject();
}

void Renderer::noNode() { out_.null(); }

void Renderer::catalogDatacenters() {
  out_.beginArray();
  out_.string(node_.datacenter);
  out_.endArray();
}

void Renderer::leader() { out_.string(joinHostPort(node_.address, kServerPort)); }

void Renderer::peers() {
  out_.beginArray();
  leader();
  out_.endArray();
}

void Renderer::catalogNodes() {
  out_.beginArray();
  if (wants([](Renderer& out) { out.nodeObject(); })) nodeObject();
  out_.endArray();
}

void Renderer::catalogEntry(const StoredService& service) {
  out_.beginObject();
  out_.member("ID", node_.id);
  out_.member("Node", node_.name);
  out_.member("Address", node_.address);
  out_.member("Datacenter", node_.datacenter);
  nodeAddresses();
  meta("NodeMeta", {{"consul-network-segment", ""}});
  out_.member("ServiceKind", "");
  out_.member("ServiceID", service.id);
  out_.member("ServiceName", service.name);
  tags("ServiceTags", service.tags);
  out_.member("ServiceAddress", service.address);
  serviceAddresses("ServiceTaggedAddresses", service);
  weights("ServiceWeights", service);
  meta("ServiceMeta", service.meta);
  out_.member("ServicePort", service.port);
  out_.member("ServiceEnableTagOverride", service.enableTagOverride);
  proxyAndConnect("ServiceProxy", "ServiceConnect");
  out_.member("CreateIndex", service.createIndex);
  out_.member("ModifyIndex", service.modifyIndex);
  out_.endObject();
}

void Renderer::catalogService(const std::vector<const StoredService*>& instances) {
  out_.beginArray();
  for (const StoredService* service : instances) {
    if (wants([&](Renderer& out) { out.catalogEntry(*service); })) catalogEntry(*service);
  }
  out_.endArray();
}

void Renderer::serviceObject(const StoredService& service) {
  out_.beginObject();
  out_.member("ID", service.id);
  out_.member("Service", service.name);
  tags("Tags", service.tags);
  out_.member("Address", service.address);
  serviceAddresses("TaggedAddresses", service);
  if (service.meta.empty()) {
    out_.key("Meta");
    out_.null();
  } else {
    meta("Meta", service.meta);
  }
  out_.member("Port", service.port);
  weights("Weights", service);
  out_.member("EnableTagOverride", service.enableTagOverride);
  proxyAndConnect("Proxy", "Connect");
  out_.member("CreateIndex", service.createIndex);
  out_.member("ModifyIndex", service.modifyIndex);
  out_.endObject();
}

std::map<std::string_view, const StoredService*> Renderer::servicesById() const {
  std::map<std::string_view, const StoredService*> byId;
  for (const auto& [id, service] : store_.services()) {
    const StoredService& each = service;
    if (wants([&each](Renderer& out) { out.serviceObject(each); })) byId.emplace(id, &each);
  }
  return byId;
}

void Renderer::services() {
  list(servicesById(), [this](const auto& entry) { serviceObject(*entry.second); });
}

void Renderer::catalogNode() {
  out_.beginObject();
  out_.key("Node");
  nodeObject();
  out_.key("Services");
  out_.beginObject();
  for (const auto& [id, service] : servicesById()) {
    out_.key(id);
    serviceObject(*service);
  }
  out_.endObject();
  out_.endObject();
}

void Renderer::catalogNodeServices() {
  out_.beginObject();
  out_.key("Node");
  nodeObject();
  out_.key("Services");
  services();
  out_.endObject();
}

void Renderer::noNodeServices() {
  out_.beginObject();
  for (const std::string_view name : {"Node", "Services"}) {
    out_.key(name);
    out_.null();
  }
  out_.endObject();
}

void Renderer::healthEntry(const StoredService& service) {
  out_.beginObject();
  out_.key("Node");
  nodeObject();
  out_.key("Service");
  serviceObject(service);
  out_.key("Checks");
  out_.beginArray();
  for (const StoredCheck* c : store_.checksOf("")) check(*c, View::kCatalog);
  for (const StoredCheck* c : store_.checksOf(service.id)) check(*c, View::kCatalog);
  out_.endArray();
  out_.endObject();
}

void Renderer::healthService(const std::vector<const StoredService*>& instances) {
  out_.beginArray();
  for (const StoredService* service : instances) {
    if (wants([&](Renderer& out) { out.healthEntry(*service); })) healthEntry(*service);
  }
  out_.endArray();
}

void Renderer::healthChecks(const std::vector<const StoredCheck*>& checks) {
  out_.beginArray();
  for (const StoredCheck* c : checks) {
    if (wants([&](Renderer& out) { out.check(*c, View::kCatalog); })) check(*c, View::kCatalog);
  }
  out_.endArray();
}

}  // namespace evmicro::detail

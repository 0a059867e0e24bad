// The endpoints of the API: the rest of AgentApi.
#include <algorithm>
#include <optional>

#include "agent/api.h"
#include "agent/registration.h"
#include "base/log.h"
#include "json/text.h"

namespace evmicro::detail {

namespace {

using Instances = std::vector<const StoredService*>;
using CheckList = std::vector<const StoredCheck*>;

// Logs one line for everything that a registration requests and the agent does not support.
void warnOfWhatIsMissing(const ServiceRegistration& registration) {
  std::string missing;
  for (const CheckDefinition& check : registration.checks) {
    if (check.type == "ttl") continue;
    missing += (missing.empty() ? "" : ", ") + check.type + " check " + check.id;
  }
  if (registration.connected) missing += missing.empty() ? "Connect" : ", Connect";
  if (missing.empty()) return;
  EVMICRO_LOG_WARN("agent", "Service " << registration.service.id
                                       << ": this agent does not support what it requests ("
                                       << missing << "); its checks are registered as passing");
}

bool hasTags(const StoredService& service, const std::vector<std::string>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&service](const std::string& tag) {
    return std::any_of(service.tags.begin(), service.tags.end(),
                       [&tag](const std::string& own) { return foldCase(own) == foldCase(tag); });
  });
}

// The node has one metadata pair, Consul's own.
bool nodeMatches(const UrlQuery& query) {
  const auto wanted = query.all("node-meta");
  return std::all_of(wanted.begin(), wanted.end(), [](const std::string& pair) {
    return pair == "consul-network-segment:" || pair == "consul-network-segment";
  });
}

Instances select(const AgentStore& store, const std::string& name, const UrlQuery& query) {
  Instances chosen;
  if (!nodeMatches(query)) return chosen;
  const std::vector<std::string> tags = query.all("tag");
  for (const StoredService* service : store.instancesOf(name)) {
    if (hasTags(*service, tags)) chosen.push_back(service);
  }
  return chosen;
}

CheckList selectChecks(const AgentStore& store,
                       const std::function<bool(const StoredCheck&)>& wanted) {
  CheckList chosen;
  for (const auto& [id, check] : store.checks()) {
    if (wanted(check)) chosen.push_back(&check);
  }
  return chosen;
}

}  // namespace

std::optional<bool> parseGoBool(std::string_view text) {
  for (const std::string_view yes : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (text == yes) return true;
  }
  for (const std::string_view no : {"0", "f", "F", "false", "FALSE", "False"}) {
    if (text == no) return false;
  }
  return std::nullopt;
}

AgentApi::Outcome AgentApi::agentSelf(const Args& args) {
  return render(args, [](Renderer& out) { out.agentSelf(); });
}

AgentApi::Outcome AgentApi::agentMembers(const Args& args) {
  return render(args, [](Renderer& out) { out.agentMembers(); });
}

AgentApi::Outcome AgentApi::agentServices(const Args& args) {
  return render(args, [](Renderer& out) { out.agentServices(); });
}

AgentApi::Outcome AgentApi::agentService(const Args& args) {
  const StoredService* service = store_.findService(args.name);
  if (!service || service->origin != Origin::kLocal) {
    return textReply(404, "unknown service ID: " + args.name);
  }
  return render(args, [service](Renderer& out) { out.agentService(*service); });
}

AgentApi::Outcome AgentApi::agentChecks(const Args& args) {
  return render(args, [](Renderer& out) { out.agentChecks(); });
}

AgentApi::Outcome AgentApi::registerService(const Args& args) {
  const Result<ServiceRegistration> read = readServiceRegistration(args.request.body);
  if (!read.ok()) return textReply(400, read.status().detail());
  warnOfWhatIsMissing(*read);
  const UrlQuery& query = args.request.query;
  const bool replace = parseGoBool(query.get("replace-existing-checks")).value_or(false);
  store_.registerService(
      read->service, read->checks,
      replace ? AgentStore::OtherChecks::kRemove : AgentStore::OtherChecks::kKeep, args.now);
  return ApiReply{};
}

AgentApi::Outcome AgentApi::deregisterService(const Args& args) {
  if (args.name.empty()) return textReply(500, "ServiceID missing");
  store_.deregisterService(args.name);
  return ApiReply{};
}

AgentApi::Outcome AgentApi::registerCheck(const Args& args) {
  const Result<CheckDefinition> check = readCheckRegistration(args.request.body);
  if (!check.ok()) return textReply(400, check.status().detail());
  if (!check->serviceId.empty() && !store_.findService(check->serviceId)) {
    return textReply(500, "ServiceID " + jsonString(check->serviceId) + " does not exist");
  }
  if (check->type != "ttl") {
    EVMICRO_LOG_WARN("agent", "Check " << check->id << ": this agent does not run " << check->type
                                       << " checks; it is registered as passing");
  }
  store_.registerCheck(*check, args.now);
  return ApiReply{};
}

AgentApi::Outcome AgentApi::deregisterCheck(const Args& args) {
  if (args.name.empty()) return textReply(500, "CheckID missing");
  store_.deregisterCheck(args.name);
  return ApiReply{};
}

AgentApi::Outcome AgentApi::passCheck(const Args& args) {
  return setCheck(args.name, Health::kPassing, args.request.query.get("note"), args.now);
}

AgentApi::Outcome AgentApi::warnCheck(const Args& args) {
  return setCheck(args.name, Health::kWarning, args.request.query.get("note"), args.now);
}

AgentApi::Outcome AgentApi::failCheck(const Args& args) {
  return setCheck(args.name, Health::kCritical, args.request.query.get("note"), args.now);
}

AgentApi::Outcome AgentApi::updateCheck(const Args& args) {
  const Result<CheckUpdate> update = readCheckUpdate(args.request.body);
  if (!update.ok()) return textReply(400, update.status().detail());
  return setCheck(args.name, update->health, update->output, args.now);
}

AgentApi::Outcome AgentApi::setCheck(const std::string& id, Health health,
                                     const std::string& output, AgentStore::TimePoint now) {
  if (store_.updateCheck(id, health, output, now)) return ApiReply{};
  return textReply(500, "CheckID " + jsonString(id) + " does not have associated TTL");
}

AgentApi::Outcome AgentApi::catalogDatacenters(const Args& args) {
  return render(args, [](Renderer& out) { out.catalogDatacenters(); });
}

AgentApi::Outcome AgentApi::catalogServices(const Args& args) {
  const bool matches = nodeMatches(args.request.query);
  return View{topic::kServices, store_.servicesIndex(),
              [matches](Renderer& out) { matches ? out.catalogServices() : out.nothing(); }};
}

AgentApi::Outcome AgentApi::catalogService(const Args& args) {
  if (args.name.empty()) return textReply(400, "Missing service name");
  return View{topic::instances(args.name),
              store_.serviceIndex(args.name, AgentStore::Including::kInstances),
              [this, &args](Renderer& out) {
                out.catalogService(select(store_, args.name, args.request.query));
              }};
}

AgentApi::Outcome AgentApi::catalogNodes(const Args& args) {
  const bool matches = nodeMatches(args.request.query);
  return View{topic::kNodes, store_.nodesIndex(),
              [matches](Renderer& out) { matches ? out.catalogNodes() : out.healthChecks({}); }};
}

AgentApi::View AgentApi::nodeView(const Args& args, void (Renderer::*known)(),
                                  void (Renderer::*unknown)()) const {
  const bool isKnown = args.name == node_.name || args.name == node_.id;
  return View{topic::kServices, std::max(store_.nodesIndex(), store_.servicesIndex()),
              [write = isKnown ? known : unknown](Renderer& out) { (out.*write)(); }};
}

AgentApi::Outcome AgentApi::catalogNode(const Args& args) {
  if (args.name.empty()) return textReply(400, "Missing node name");
  return nodeView(args, &Renderer::catalogNode, &Renderer::noNode);
}

AgentApi::Outcome AgentApi::catalogNodeServices(const Args& args) {
  if (args.name.empty()) return textReply(400, "Missing node name");
  return nodeView(args, &Renderer::catalogNodeServices, &Renderer::noNodeServices);
}

AgentApi::Outcome AgentApi::healthService(const Args& args) {
  if (args.name.empty()) return textReply(400, "Missing service name");
  const UrlQuery& query = args.request.query;
  bool passingOnly = query.has("passing");
  if (const std::string value = query.get("passing"); !value.empty()) {
    const std::optional<bool> wanted = parseGoBool(value);
    if (!wanted) return textReply(400, "Invalid value for ?passing");
    passingOnly = *wanted;
  }
  return View{topic::health(args.name),
              store_.serviceIndex(args.name, AgentStore::Including::kChecks),
              [this, &args, passingOnly](Renderer& out) {
                Instances chosen = select(store_, args.name, args.request.query);
                const auto ill = [&](const StoredService* s) { return !store_.passing(*s); };
                if (passingOnly) {
                  chosen.erase(std::remove_if(chosen.begin(), chosen.end(), ill), chosen.end());
                }
                out.healthService(chosen);
              }};
}

AgentApi::Outcome AgentApi::healthChecks(const Args& args) {
  if (args.name.empty()) return textReply(400, "Missing service name");
  return View{topic::checks(args.name), store_.checksIndex(), [this, &args](Renderer& out) {
                CheckList chosen;
                for (const StoredService* service : store_.instancesOf(args.name)) {
                  const CheckList own = store_.checksOf(service->id);
                  chosen.insert(chosen.end(), own.begin(), own.end());
                }
                std::sort(chosen.begin(), chosen.end(),
                          [](const StoredCheck* a, const StoredCheck* b) {
                            return FoldedLess()(a->id, b->id);
                          });
                out.healthChecks(chosen);
              }};
}

AgentApi::Outcome AgentApi::healthNode(const Args& args) {
  if (args.name.empty()) return textReply(400, "Missing node name");
  const bool known = args.name == node_.name;
  return View{
      topic::kChecks, store_.checksIndex(), [this, known](Renderer& out) {
        out.healthChecks(selectChecks(store_, [known](const StoredCheck&) { return known; }));
      }};
}

AgentApi::Outcome AgentApi::healthState(const Args& args) {
  if (args.name.empty()) return textReply(400, "Missing check state");
  return View{topic::kChecks, store_.checksIndex(), [this, &args](Renderer& out) {
                out.healthChecks(selectChecks(store_, [&args](const StoredCheck& check) {
                  return args.name == "any" || args.name == healthText(check.health);
                }));
              }};
}

AgentApi::Outcome AgentApi::statusLeader(const Args& args) {
  return render(args, [](Renderer& out) { out.leader(); });
}

AgentApi::Outcome AgentApi::statusPeers(const Args& args) {
  return render(args, [](Renderer& out) { out.peers(); });
}

}  // namespace evmicro::detail

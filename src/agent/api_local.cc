// Endpoints for local services that are not part of the catalog: health for load balancers,
// maintenance mode, and the redirect of Go's HTTP server. The rest of AgentApi.
#include <algorithm>

#include "agent/api.h"
#include "json/text.h"

namespace evmicro::detail {

namespace {

constexpr std::string_view kNodeMaintenance = "_node_maintenance";
constexpr std::string_view kServiceMaintenance = "_service_maintenance:";

bool isMaintenance(const StoredCheck& check) {
  return check.id == kNodeMaintenance || check.id.rfind(kServiceMaintenance, 0) == 0;
}

// The worst of the checks decides.
enum class Aggregate { kPassing, kWarning, kCritical, kMaintenance };

Aggregate aggregateOf(const StoredCheck& check) {
  if (isMaintenance(check)) return Aggregate::kMaintenance;
  switch (check.health) {
    case Health::kPassing: return Aggregate::kPassing;
    case Health::kWarning: return Aggregate::kWarning;
    case Health::kCritical: break;
  }
  return Aggregate::kCritical;
}

int statusOf(Aggregate aggregate) {
  switch (aggregate) {
    case Aggregate::kPassing: return 200;
    case Aggregate::kWarning: return 429;
    case Aggregate::kCritical:
    case Aggregate::kMaintenance: break;
  }
  return 503;
}

std::string_view textOf(Aggregate aggregate) {
  switch (aggregate) {
    case Aggregate::kPassing: return "passing";
    case Aggregate::kWarning: return "warning";
    case Aggregate::kCritical: return "critical";
    case Aggregate::kMaintenance: break;
  }
  return "maintenance";
}

// Checks of an instance and of the node, without the built-in ones.
std::vector<const StoredCheck*> localChecks(const AgentStore& store, const std::string& serviceId) {
  std::vector<const StoredCheck*> checks;
  for (const std::string& of : {serviceId, std::string()}) {
    for (const StoredCheck* check : store.checksOf(of)) {
      if (check->origin == Origin::kLocal) checks.push_back(check);
    }
  }
  return checks;
}

Aggregate aggregate(const std::vector<const StoredCheck*>& checks) {
  Aggregate worst = Aggregate::kPassing;
  for (const StoredCheck* check : checks) worst = std::max(worst, aggregateOf(*check));
  return worst;
}

ApiReply withReason(ApiReply reply, int status, const std::string& reason) {
  reply.status = status;
  reply.headers.emplace_back("X-Consul-Reason", reason);
  return reply;
}

ApiReply plainHealth(int status, const std::string& reason) {
  return withReason({status, {{"Content-Type", "text/plain"}}, reason}, status, reason);
}

// A balancer names no other type before it.
bool wantsText(const ApiRequest& request) {
  return request.accept.rfind("text/plain", 0) == 0 || request.query.get("format") == "text";
}

// Go's path.Clean, with a slash at the end kept.
std::string cleanPath(std::string_view path) {
  std::vector<std::string_view> parts;
  const bool slash = !path.empty() && path.back() == '/';
  while (!path.empty()) {
    const std::string_view part = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(part.size() + 1, path.size()));
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (!parts.empty()) {
      parts.pop_back();
    }
  }
  std::string clean;
  for (const std::string_view part : parts) clean.append("/").append(part);
  return clean.empty() ? "/" : slash ? clean + "/" : clean;
}

std::string encoded(std::string_view path) {
  std::string text;
  while (!path.empty()) {
    const std::string_view part = path.substr(1, path.substr(1).find('/'));
    text += "/" + pathSegment(part);
    path.remove_prefix(part.size() + 1);
  }
  return text;
}

std::string escapeHtml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&#34;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

}  // namespace

std::optional<ApiReply> AgentApi::redirection(const ApiRequest& request) {
  const std::string clean = cleanPath(request.path);
  if (clean == request.path) return std::nullopt;
  std::string location = encoded(clean);
  if (!request.rawQuery.empty()) location += "?" + request.rawQuery;
  ApiReply reply{301, {{"Location", location}}, {}};
  if (request.method != "GET") return reply;
  reply.headers.emplace_back("Content-Type", "text/html; charset=utf-8");
  reply.body = "<a href=\"" + escapeHtml(location) + "\">Moved Permanently</a>.\n\n";
  return reply;
}

AgentApi::Outcome AgentApi::localHealthById(const Args& args) {
  if (args.name.empty()) return textReply(500, "Bad request: Missing serviceID");
  const StoredService* service = store_.findService(args.name);
  if (!service || service->origin != Origin::kLocal) {
    const std::string reason = "ServiceId " + args.name + " not found";
    const auto write = [&](Renderer& out) {
      wantsText(args.request) ? out.text(reason) : out.localHealth(nullptr, "critical", {});
    };
    return withReason(render(args, write), 404, reason);
  }
  const auto checks = localChecks(store_, service->id);
  const Aggregate all = aggregate(checks);
  const std::string reason(textOf(all));
  if (wantsText(args.request)) return plainHealth(statusOf(all), reason);
  const auto write = [&](Renderer& out) { out.localHealth(service, reason, checks); };
  return withReason(render(args, write), statusOf(all), reason);
}

AgentApi::Outcome AgentApi::localHealthByName(const Args& args) {
  if (args.name.empty()) return textReply(500, "Bad request: Missing service Name");
  std::vector<const StoredService*> instances;
  for (const StoredService* service : store_.instancesOf(args.name)) {
    const bool same = service->name == args.name;  // case-sensitive here
    if (same && service->origin == Origin::kLocal) instances.push_back(service);
  }
  Aggregate worst = Aggregate::kPassing;
  for (const StoredService* service : instances) {
    worst = std::max(worst, aggregate(localChecks(store_, service->id)));
  }
  const int status = instances.empty() ? 404 : statusOf(worst);
  const std::string reason =
      instances.empty() ? "ServiceName " + args.name + " Not Found" : std::string(textOf(worst));
  if (wantsText(args.request)) return plainHealth(status, reason);
  const auto write = [&](Renderer& out) {
    out.list(instances, [&](const StoredService* service) {
      const auto checks = localChecks(store_, service->id);
      out.localHealth(service, textOf(aggregate(checks)), checks);
    });
  };
  return withReason(render(args, write), status, reason);
}

AgentApi::Outcome AgentApi::setMaintenance(const Args& args, CheckDefinition check,
                                           std::string_view what) {
  const UrlQuery& query = args.request.query;
  if (!query.has("enable")) return textReply(400, "Missing value for enable");
  const std::string value = query.get("enable");
  const std::optional<bool> enable = parseGoBool(value);
  if (!enable) return textReply(400, "Invalid value for enable: " + jsonString(value));
  if (!check.serviceId.empty() && !store_.findService(check.serviceId)) {
    return textReply(404, "No service registered with ID " + jsonString(check.serviceId));
  }
  if (!*enable) {
    store_.deregisterCheck(check.id);
  } else if (store_.checks().count(check.id) == 0) {
    check.type = "maintenance";
    check.notes = query.get("reason");
    if (check.notes.empty()) {
      check.notes = "Maintenance mode is enabled for this " + std::string(what) +
                    ", but no reason was provided. This is a default message.";
    }
    store_.registerCheck(check, args.now);
  }
  return ApiReply{};
}

AgentApi::Outcome AgentApi::serviceMaintenance(const Args& args) {
  if (args.name.empty()) return textReply(400, "Missing service ID");
  CheckDefinition check;
  check.id = std::string(kServiceMaintenance) + args.name;
  check.name = "Service Maintenance Mode";
  check.serviceId = args.name;
  return setMaintenance(args, std::move(check), "service");
}

AgentApi::Outcome AgentApi::nodeMaintenance(const Args& args) {
  CheckDefinition check;
  check.id = kNodeMaintenance;
  check.name = "Node Maintenance Mode";
  return setMaintenance(args, std::move(check), "node");
}

}  // namespace evmicro::detail

#include "agent/api.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <random>
#include <utility>

#include "agent/go_duration.h"

namespace evmicro::detail {

namespace {

constexpr std::chrono::minutes kDefaultWait(5);
constexpr std::chrono::minutes kLongestWait(10);
constexpr int kJitterFraction = 16;

/// `index` and `wait` of a blocking query.
struct Blocking {
  std::uint64_t index = 0;  // 0: answer immediately
  std::chrono::nanoseconds wait = kDefaultWait;
};

// Errors have Consul's text.
Result<Blocking> readBlocking(const UrlQuery& query) {
  Blocking blocking;
  if (const std::string text = query.get("wait"); !text.empty()) {
    Result<std::chrono::nanoseconds> wait = parseGoDuration(text);
    if (!wait.ok()) return Status::invalid("Invalid wait time");
    if (wait->count() > 0) {
      blocking.wait = std::min<std::chrono::nanoseconds>(*wait, kLongestWait);
    }
  }
  if (const std::string text = query.get("index"); !text.empty()) {
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, blocking.index);
    if (error != std::errc() || stop != end) return Status::invalid("Invalid index");
  }
  return blocking;
}

bool isPrintable(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

}  // namespace

ApiReply textReply(int status, std::string text) {
  return {status, {{"Content-Type", "text/plain; charset=utf-8"}}, std::move(text)};
}

std::optional<ApiReply> ApiRequest::setTarget(std::string_view rawPath, std::string_view search) {
  std::optional<std::string> decoded = decodePath(rawPath);
  std::optional<UrlQuery> parameters = UrlQuery::parse(search);
  if (!decoded || !parameters) return textReply(400, "400 Bad Request");
  if (!isPrintable(*decoded)) return ApiReply{400, {}, {}};
  path = std::move(*decoded);
  query = std::move(*parameters);
  rawQuery = search;
  return std::nullopt;
}

const std::vector<AgentApi::Endpoint>& AgentApi::endpoints() {
  static const std::vector<Endpoint> kEndpoints = {
      {"/v1/agent/self", "GET", &AgentApi::agentSelf},
      {"/v1/agent/members", "GET", &AgentApi::agentMembers},
      {"/v1/agent/services", "GET", &AgentApi::agentServices, Entries::kAgentServices},
      {"/v1/agent/service/", "GET", &AgentApi::agentService},
      {"/v1/agent/checks", "GET", &AgentApi::agentChecks, Entries::kChecks},
      {"/v1/agent/service/register", "PUT", &AgentApi::registerService},
      {"/v1/agent/service/deregister/", "PUT", &AgentApi::deregisterService},
      {"/v1/agent/check/register", "PUT", &AgentApi::registerCheck},
      {"/v1/agent/check/deregister/", "PUT", &AgentApi::deregisterCheck},
      {"/v1/agent/check/pass/", "PUT", &AgentApi::passCheck},
      {"/v1/agent/check/warn/", "PUT", &AgentApi::warnCheck},
      {"/v1/agent/check/fail/", "PUT", &AgentApi::failCheck},
      {"/v1/agent/check/update/", "PUT", &AgentApi::updateCheck},
      {"/v1/agent/health/service/id/", "GET", &AgentApi::localHealthById},
      {"/v1/agent/health/service/name/", "GET", &AgentApi::localHealthByName},
      {"/v1/agent/service/maintenance/", "PUT", &AgentApi::serviceMaintenance},
      {"/v1/agent/maintenance", "PUT", &AgentApi::nodeMaintenance},
      {"/v1/catalog/datacenters", "GET", &AgentApi::catalogDatacenters},
      {"/v1/catalog/services", "GET", &AgentApi::catalogServices},
      {"/v1/catalog/service/", "GET", &AgentApi::catalogService, Entries::kCatalog},
      {"/v1/catalog/nodes", "GET", &AgentApi::catalogNodes, Entries::kNodes},
      {"/v1/catalog/node/", "GET", &AgentApi::catalogNode, Entries::kServices},
      {"/v1/catalog/node-services/", "GET", &AgentApi::catalogNodeServices, Entries::kServices},
      {"/v1/health/service/", "GET", &AgentApi::healthService, Entries::kHealth},
      {"/v1/health/checks/", "GET", &AgentApi::healthChecks, Entries::kChecks},
      {"/v1/health/node/", "GET", &AgentApi::healthNode, Entries::kChecks},
      {"/v1/health/state/", "GET", &AgentApi::healthState, Entries::kChecks},
      {"/v1/status/leader", "GET", &AgentApi::statusLeader},
      {"/v1/status/peers", "GET", &AgentApi::statusPeers},
  };
  return kEndpoints;
}

const AgentApi::Endpoint* AgentApi::find(std::string_view path) {
  const Endpoint* best = nullptr;
  for (const Endpoint& endpoint : endpoints()) {
    if (endpoint.path == path) return &endpoint;
    const bool takesName = endpoint.path.back() == '/';
    if (!takesName || path.substr(0, endpoint.path.size()) != endpoint.path) continue;
    if (!best || endpoint.path.size() > best->path.size()) best = &endpoint;
  }
  return best;
}

AgentApi::Answer AgentApi::handle(const ApiRequest& request, Wait wait, AgentStore::TimePoint now) {
  // `OPTIONS *` asks what the server can do at all; to other methods `*` is no path.
  if (request.path == "*") return ApiReply{request.method == "OPTIONS" ? 200 : 400, {}, {}};
  if (std::optional<ApiReply> elsewhere = redirection(request)) return std::move(*elsewhere);
  if (request.path == "/") return textReply(200, "Consul Agent");
  const Endpoint* endpoint = find(request.path);
  if (!endpoint) return ApiReply{404, {}, {}};
  if (request.method != endpoint->method) {
    const std::string allowed = "OPTIONS," + std::string(endpoint->method);
    if (request.method == "OPTIONS") return ApiReply{200, {{"Allow", allowed}}, {}};
    ApiReply reply = textReply(405, "method " + request.method + " not allowed");
    reply.headers.emplace_back("Allow", allowed);
    return reply;
  }
  const Result<std::optional<Filter>> filter = filterOf(request, endpoint->entries);
  if (!filter.ok()) return textReply(400, filter.status().detail());
  const Args args{request, request.path.substr(endpoint->path.size()), now,
                  filter->has_value() ? &**filter : nullptr};
  Outcome outcome = (this->*endpoint->handler)(args);
  if (auto* reply = std::get_if<ApiReply>(&outcome)) return std::move(*reply);
  return answer(args, std::get<View>(outcome), wait);
}

Result<std::optional<Filter>> AgentApi::filterOf(const ApiRequest& request, Entries entries) const {
  const std::string expression = request.query.get("filter");
  if (entries == Entries::kNone || expression.empty()) return std::optional<Filter>();
  Result<Filter> filter = Filter::parse(expression, sampleOf(entries));
  if (!filter.ok()) return std::move(filter).status();
  return std::optional<Filter>(std::move(*filter));
}

std::string AgentApi::sampleOf(Entries entries) const {
  AgentStore store({});
  ServiceInstance service;
  service.id = service.name = "sample";
  service.tags = {"tag"};
  service.meta = {{"key", "value"}};
  service.taggedAddresses = {{"lan", {"127.0.0.1", 1}}};
  CheckDefinition check;
  check.id = "check";
  check.serviceId = service.id;
  store.registerService(service, {check}, AgentStore::OtherChecks::kKeep, {});
  JsonWriter out(JsonWriter::Style::kCompact);
  Renderer renderer(store, node_, out);
  switch (entries) {
    case Entries::kNone: renderer.nothing(); break;
    case Entries::kAgentServices: renderer.agentServices(); break;
    case Entries::kChecks: renderer.healthChecks(store.checksOf(service.id)); break;
    case Entries::kNodes: renderer.catalogNodes(); break;
    case Entries::kServices: renderer.services(); break;
    case Entries::kCatalog: renderer.catalogService({store.findService(service.id)}); break;
    case Entries::kHealth: renderer.healthService({store.findService(service.id)}); break;
  }
  return out.take();
}

AgentApi::AgentApi(AgentStore& store, const AgentNode& node)
    : store_(store), node_(node), random_(std::random_device{}()) {}

// Watchers that started together must not all return together.
std::chrono::nanoseconds AgentApi::withJitter(std::chrono::nanoseconds wait) {
  std::uniform_int_distribution<std::int64_t> jitter(0, wait.count() / kJitterFraction);
  return wait + std::chrono::nanoseconds(jitter(random_));
}

AgentApi::Answer AgentApi::answer(const Args& args, const View& view, Wait wait) {
  const ApiRequest& request = args.request;
  const Result<Blocking> blocking = readBlocking(request.query);
  if (!blocking.ok()) return textReply(400, blocking.status().detail());
  const std::string datacenter = request.query.get("dc");
  if (!datacenter.empty() && datacenter != node_.datacenter) {
    return textReply(500, "No path to datacenter");
  }
  const bool stale = request.query.has("stale");
  const bool consistent = request.query.has("consistent");
  if (stale && consistent) {
    return textReply(400, "Cannot specify ?stale with ?consistent, conflicting semantics.");
  }
  if (wait == Wait::kAllowed && blocking->index != 0 && view.index <= blocking->index) {
    return ApiHold{view.topic, withJitter(blocking->wait)};
  }
  ApiReply reply = render(args, view.write);
  reply.headers.emplace_back("X-Consul-Effective-Consistency", stale        ? "stale"
                                                               : consistent ? "consistent"
                                                                            : "leader");
  reply.headers.emplace_back("X-Consul-Index", std::to_string(view.index));
  reply.headers.emplace_back("X-Consul-Knownleader", "true");
  reply.headers.emplace_back("X-Consul-Lastcontact", "0");
  return reply;
}

ApiReply AgentApi::render(const Args& args, const std::function<void(Renderer&)>& write) const {
  JsonWriter out(args.request.query.has("pretty") ? JsonWriter::Style::kPretty
                                                  : JsonWriter::Style::kCompact);
  Renderer renderer(store_, node_, out, args.filter);
  write(renderer);
  return {200, {{"Content-Type", "application/json"}}, out.take()};
}

}  // namespace evmicro::detail

#include "agent/store.h"

#include <algorithm>
#include <utility>

namespace evmicro::detail {

namespace {

constexpr std::size_t kMaxOutput = 4096;  // consul's check_output_max_size

std::string cutOutput(std::string_view output) {
  if (output.size() <= kMaxOutput) return std::string(output);
  return std::string(output.substr(0, kMaxOutput)) + " ... (captured " +
         std::to_string(kMaxOutput) + " of " + std::to_string(output.size()) + " bytes)";
}

// `after` comes from a registration and may be very large: the sum must not overflow.
AgentStore::TimePoint later(AgentStore::TimePoint now, std::chrono::nanoseconds after) {
  return now + std::min<std::chrono::nanoseconds>(after, std::chrono::hours(24 * 365 * 100));
}

std::string expiredOutput(const std::string& lastReport) {
  if (lastReport.empty()) return "TTL expired";
  return "TTL expired (last output before timeout follows): " + lastReport;
}

}  // namespace

std::string topic::instances(std::string_view service) { return "instances/" + foldCase(service); }
std::string topic::health(std::string_view service) { return "health/" + foldCase(service); }
std::string topic::checks(std::string_view service) { return "checks/" + foldCase(service); }

/// One change of the store: everything it touches gets the same index, and the index increases only
/// if it touches anything.
class AgentStore::Write {
 public:
  explicit Write(AgentStore& store) : store_(store) {}
  std::uint64_t index() {
    if (index_ == 0) index_ = ++store_.index_;
    return index_;
  }

 private:
  AgentStore& store_;
  std::uint64_t index_ = 0;
};

AgentStore::AgentStore(Options options)
    : options_(options), index_(std::max<std::uint64_t>(options.firstIndex, 1) - 1) {
  addBuiltIns();
  changes_.clear();
}

void AgentStore::addBuiltIns() {
  Write write(*this);
  nodesIndex_ = write.index();
  ServiceInstance consul;
  consul.id = consul.name = "consul";
  consul.port = 8300;
  putService(write, consul);
  services_.at("consul").origin = Origin::kBuiltIn;

  StoredCheck serf;
  serf.id = "serfHealth";
  serf.type.clear();
  serf.name = "Serf Health Status";
  serf.health = Health::kPassing;
  serf.output = serf.publishedOutput = "Agent alive and reachable";
  serf.origin = Origin::kBuiltIn;
  serf.createIndex = serf.modifyIndex = write.index();
  checksByService_[serf.serviceId].insert(serf.id);
  const StoredCheck& stored = checks_.emplace(serf.id, serf).first->second;
  noteCheckChange(write, stored);
}

void AgentStore::registerService(const ServiceInstance& service,
                                 const std::vector<CheckDefinition>& checks, OtherChecks others,
                                 TimePoint now) {
  Write write(*this);
  putService(write, service);
  std::set<std::string> named;
  for (const CheckDefinition& check : checks) {
    putCheck(write, check, now);
    named.insert(check.id);
  }
  if (others == OtherChecks::kKeep) return;
  const auto present = checksByService_[service.id];  // a copy: removing changes the original
  for (const std::string& id : present) {
    if (named.count(id) == 0) removeCheck(write, checks_.find(id));
  }
}

void AgentStore::putService(Write& write, const ServiceInstance& service) {
  auto found = services_.find(service.id);
  if (found == services_.end()) {
    found = services_.emplace(service.id, StoredService{}).first;
    found->second.createIndex = write.index();
  } else if (static_cast<const ServiceInstance&>(found->second) == service) {
    found->second.origin = Origin::kLocal;
    return;
  } else if (foldCase(found->second.name) != foldCase(service.name)) {
    forgetName(write, found->second.name, service.id);
  }
  StoredService& stored = found->second;
  static_cast<ServiceInstance&>(stored) = service;
  stored.origin = Origin::kLocal;
  stored.modifyIndex = write.index();
  idsByName_[foldCase(service.name)].insert(service.id);
  noteServiceChange(write, service.name);
  for (const std::string& id : checksByService_[service.id]) {
    StoredCheck& check = checks_.at(id);
    if (check.serviceName == service.name) continue;
    check.serviceName = service.name;  // tags stay as they were at the check's registration
    check.modifyIndex = write.index();
    noteCheckChange(write, check);
  }
}

void AgentStore::registerCheck(const CheckDefinition& check, TimePoint now) {
  Write write(*this);
  putCheck(write, check, now);
}

void AgentStore::putCheck(Write& write, const CheckDefinition& definition, TimePoint now) {
  StoredCheck fresh;
  static_cast<CheckDefinition&>(fresh) = definition;
  if (const StoredService* service = findService(definition.serviceId)) {
    fresh.serviceName = service->name;
    fresh.serviceTags = service->tags;
  }
  const auto old = checks_.find(definition.id);
  bool changed = true;
  if (old == checks_.end()) {
    fresh.createIndex = write.index();
  } else {
    changed = inherit(write, old->second, fresh);
  }
  checksByService_[fresh.serviceId].insert(fresh.id);
  if (changed) fresh.modifyIndex = write.index();
  StoredCheck& stored = checks_[definition.id] = std::move(fresh);
  if (stored.type == "ttl") schedule(stored, Due::kTtl, later(now, stored.ttl));
  if (changed) noteCheckChange(write, stored);
}

// Keeps the state of a check that is registered again. True: the difference is visible to watchers.
bool AgentStore::inherit(Write& write, StoredCheck& old, StoredCheck& fresh) {
  fresh.health = old.health;
  fresh.output = fresh.publishedOutput = old.output;
  fresh.createIndex = old.createIndex;
  fresh.modifyIndex = old.modifyIndex;
  dropDeadlines(old);
  if (old.serviceId != fresh.serviceId) {
    noteCheckChange(write, old);
    checksByService_[old.serviceId].erase(old.id);
  }
  const auto shown = [](const StoredCheck& c) {
    return std::tie(c.name, c.notes, c.serviceId, c.serviceName, c.serviceTags, c.publishedOutput,
                    c.type, c.origin);
  };
  return shown(old) != shown(fresh);
}

void AgentStore::dropDeadlines(StoredCheck& check) {
  for (const Due due : {Due::kTtl, Due::kDeregister, Due::kPublish}) {
    schedule(check, due, std::nullopt);
  }
}

void AgentStore::deregisterService(const std::string& id) {
  const auto found = services_.find(id);
  if (found == services_.end()) return;
  Write write(*this);
  removeService(write, found);
}

void AgentStore::removeService(Write& write, Services::iterator service) {
  const std::string id = service->first;
  const auto present = checksByService_[id];  // a copy: removing changes the original
  for (const std::string& check : present) removeCheck(write, checks_.find(check));
  checksByService_.erase(id);
  const std::string name = service->second.name;
  services_.erase(service);
  forgetName(write, name, id);
}

// An instance has left the name: if it was the last one, the name's index is removed.
void AgentStore::forgetName(Write& write, const std::string& name, const std::string& id) {
  noteServiceChange(write, name);
  const auto ids = idsByName_.find(foldCase(name));
  if (ids == idsByName_.end()) return;
  ids->second.erase(id);
  if (!ids->second.empty()) return;
  indexByName_.erase(ids->first);
  idsByName_.erase(ids);
  extinctionIndex_ = write.index();
}

void AgentStore::deregisterCheck(const std::string& id) {
  const auto found = checks_.find(id);
  if (found == checks_.end()) return;
  Write write(*this);
  removeCheck(write, found);
}

void AgentStore::removeCheck(Write& write, Checks::iterator check) {
  noteCheckChange(write, check->second);
  dropDeadlines(check->second);
  checksByService_[check->second.serviceId].erase(check->first);
  checks_.erase(check);
}

bool AgentStore::updateCheck(const std::string& id, Health health, std::string_view output,
                             TimePoint now) {
  const auto found = checks_.find(id);
  if (found == checks_.end() || found->second.type != "ttl") return false;
  StoredCheck& check = found->second;
  check.lastReport = cutOutput(output);
  schedule(check, Due::kTtl, later(now, check.ttl));
  setHealth(check, health, check.lastReport, now);
  return true;
}

void AgentStore::setHealth(StoredCheck& check, Health health, std::string output, TimePoint now) {
  if (health != Health::kCritical) {
    check.critical = false;
    schedule(check, Due::kDeregister, std::nullopt);
  } else if (!std::exchange(check.critical, true) && check.deregisterAfter.count() > 0 &&
             !check.serviceId.empty()) {
    const auto after = std::max(check.deregisterAfter, options_.minDeregisterAfter);
    schedule(check, Due::kDeregister, later(now, after));
  }
  if (check.health == health && check.output == output) return;
  check.output = std::move(output);
  if (check.health == health) {
    // Services may put a new text into each report: waking all watchers for that would be wasteful.
    if (!check.deadlines[static_cast<std::size_t>(Due::kPublish)]) {
      schedule(check, Due::kPublish, now + options_.publishOutputAfter);
    }
    return;
  }
  check.health = health;
  publish(check);
}

void AgentStore::publish(StoredCheck& check) {
  schedule(check, Due::kPublish, std::nullopt);
  check.publishedOutput = check.output;
  Write write(*this);
  check.modifyIndex = write.index();
  noteCheckChange(write, check);
}

void AgentStore::noteServiceChange(Write& write, std::string_view name) {
  servicesIndex_ = write.index();
  changes_.insert(topic::kServices);
  changes_.insert(topic::instances(name));
  noteHealthChange(write, foldCase(name));
}

void AgentStore::noteCheckChange(Write& write, const StoredCheck& check) {
  checksIndex_ = write.index();
  changes_.insert(topic::kChecks);
  if (!check.serviceId.empty()) {
    changes_.insert(topic::checks(check.serviceName));
    noteHealthChange(write, foldCase(check.serviceName));
    return;
  }
  for (const auto& [name, ids] : idsByName_) noteHealthChange(write, name);
}

void AgentStore::noteHealthChange(Write& write, const std::string& foldedName) {
  if (idsByName_.count(foldedName) != 0) indexByName_[foldedName] = write.index();
  changes_.insert(topic::health(foldedName));
}

void AgentStore::schedule(StoredCheck& check, Due due, std::optional<TimePoint> when) {
  std::optional<TimePoint>& slot = check.deadlines[static_cast<std::size_t>(due)];
  if (slot) deadlines_.erase({*slot, due, check.id});
  slot = when;
  if (slot) deadlines_.insert({*slot, due, check.id});
}

std::optional<AgentStore::TimePoint> AgentStore::nextDeadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return std::get<TimePoint>(*deadlines_.begin());
}

void AgentStore::expire(TimePoint now) {
  while (!deadlines_.empty() && std::get<TimePoint>(*deadlines_.begin()) <= now) {
    const auto [when, due, checkId] = *deadlines_.begin();
    runDue(due, checkId, now);
  }
}

void AgentStore::runDue(Due due, const std::string& checkId, TimePoint now) {
  StoredCheck& check = checks_.at(checkId);
  schedule(check, due, std::nullopt);
  switch (due) {
    case Due::kTtl:
      setHealth(check, Health::kCritical, expiredOutput(check.lastReport), now);
      break;
    case Due::kDeregister: deregisterService(std::string(check.serviceId)); break;
    case Due::kPublish: publish(check); break;
  }
}

const StoredService* AgentStore::findService(const std::string& id) const {
  const auto found = services_.find(id);
  return found == services_.end() ? nullptr : &found->second;
}

std::vector<const StoredService*> AgentStore::instancesOf(std::string_view name) const {
  std::vector<const StoredService*> instances;
  const auto ids = idsByName_.find(foldCase(name));
  if (ids == idsByName_.end()) return instances;
  for (const std::string& id : ids->second) instances.push_back(&services_.at(id));
  return instances;
}

std::vector<const StoredCheck*> AgentStore::checksOf(const std::string& serviceId) const {
  std::vector<const StoredCheck*> checks;
  const auto ids = checksByService_.find(serviceId);
  if (ids == checksByService_.end()) return checks;
  for (const std::string& id : ids->second) checks.push_back(&checks_.at(id));
  return checks;
}

bool AgentStore::passing(const StoredService& service) const {
  const auto allPass = [](const std::vector<const StoredCheck*>& checks) {
    return std::all_of(checks.begin(), checks.end(),
                       [](const StoredCheck* check) { return check->health == Health::kPassing; });
  };
  return allPass(checksOf("")) && allPass(checksOf(service.id));
}

std::uint64_t AgentStore::serviceIndex(std::string_view name, Including what) const {
  const auto found = indexByName_.find(foldCase(name));
  if (found != indexByName_.end()) return found->second;
  if (extinctionIndex_ != 0) return extinctionIndex_;
  const std::uint64_t highest = std::max(nodesIndex_, servicesIndex_);
  return what == Including::kChecks ? std::max(highest, checksIndex_) : highest;
}

std::set<std::string> AgentStore::takeChanges() { return std::exchange(changes_, {}); }

}  // namespace evmicro::detail

#include <evmicro/memory_registry.h>

#include <algorithm>
#include <map>
#include <set>

#include <evmicro/check_service.h>
#include <evmicro/event_loop.h>
#include <evmicro/lifetime.h>
#include <evmicro/subject.h>
#include <evmicro/timer.h>

namespace evmicro {

namespace {

class MemoryRegistry final : public Registry {
 public:
  explicit MemoryRegistry(EventLoop& loop) : loop_(loop) {}

  std::string_view name() const override { return "memory"; }
  std::string address() const override { return {}; }

  Call registerService(const ServiceInfo& service, RegisterOptions options, Done done) override;
  Call renew(const ServiceInfo& service, Done done) override;
  Call deregister(const ServiceInfo& service, Done done) override;
  Call getService(std::string_view name, Found found) override;
  Call listServices(Listed listed) override;
  Subscription follow(std::string_view name, Changed changed) override;
  Subscription followNames(NamesChanged changed) override;

 private:
  using Versions = std::vector<ServiceInfo>;
  using Names = std::vector<std::string>;

  /// The registration of one node: `service` has that node only.
  struct Entry {
    ServiceInfo service;
    std::chrono::milliseconds ttl{0};
    std::unique_ptr<Timer> expiry;  // null: stays until it is deregistered
  };
  using Entries = std::map<std::string, Entry, std::less<>>;  // by the node's id

  void add(ServiceInfo service, const Node& node, std::chrono::milliseconds ttl);
  void remove(const std::string& id);
  Status renewNode(const Node& node);
  Versions versionsOf(std::string_view name) const;
  Names names() const;
  void touched(const std::string& name);
  void settle();
  template <typename Callback, typename Outcome>
  Call finish(Callback done, Outcome outcome);

  EventLoop& loop_;
  std::map<std::string, std::string> nameOf_;          // by the node's id
  std::map<std::string, Entries, std::less<>> names_;  // by the service's name
  std::map<std::string, std::unique_ptr<Subject<Versions>>, std::less<>> followed_;
  std::unique_ptr<Subject<Names>> followedNames_;
  std::set<std::string> touched_;  // names with changes that have not been published
  Call settling_;
  Lifetime lifetime_;
};

// Reports an outcome in a later turn.
template <typename Callback, typename Outcome>
Call MemoryRegistry::finish(Callback done, Outcome outcome) {
  return loop_.defer(
      lifetime_.guard([done = std::move(done), outcome = std::move(outcome)]() mutable {
        done(std::move(outcome));
      }));
}

Call MemoryRegistry::registerService(const ServiceInfo& service, RegisterOptions options,
                                     Done done) {
  Status status = checkAnnouncement(service);
  if (status.ok()) {
    for (const Node& node : service.nodes) add(service, node, options.ttl);
  }
  return finish(std::move(done), std::move(status).withContext("registry: memory"));
}

void MemoryRegistry::add(ServiceInfo service, const Node& node, std::chrono::milliseconds ttl) {
  remove(node.id);  // it may have been registered under another name
  service.nodes = {node};
  service.metadata.clear();  // as in Consul, where metadata belongs to nodes
  nameOf_[node.id] = service.name;
  Entry& entry = names_[service.name][node.id];
  entry.service = std::move(service);
  entry.ttl = ttl;
  touched(nameOf_[node.id]);
  if (ttl.count() <= 0) return;
  entry.expiry = std::make_unique<Timer>(loop_, [this, id = node.id] { remove(id); });
  entry.expiry->start(ttl);
}

void MemoryRegistry::remove(const std::string& id) {
  const auto known = nameOf_.find(id);
  if (known == nameOf_.end()) return;
  const auto service = names_.find(known->second);
  service->second.erase(id);
  touched(service->first);
  if (service->second.empty()) names_.erase(service);
  nameOf_.erase(known);
}

Call MemoryRegistry::renew(const ServiceInfo& service, Done done) {
  Status status = checkNodes(service);
  for (const Node& node : service.nodes) {
    if (status.ok()) status = renewNode(node);
  }
  return finish(std::move(done), std::move(status).withContext("registry: memory"));
}

Status MemoryRegistry::renewNode(const Node& node) {
  const auto known = nameOf_.find(node.id);
  if (known == nameOf_.end()) return Status::notFound("node " + node.id + " is not registered");
  const Entry& entry = names_.find(known->second)->second.find(node.id)->second;
  if (!entry.expiry) return Status::notFound("node " + node.id + " was registered without a TTL");
  entry.expiry->start(entry.ttl);
  return {};
}

Call MemoryRegistry::deregister(const ServiceInfo& service, Done done) {
  Status status = checkNodes(service);
  if (status.ok()) {
    for (const Node& node : service.nodes) remove(node.id);
  }
  return finish(std::move(done), std::move(status).withContext("registry: memory"));
}

Call MemoryRegistry::getService(std::string_view name, Found found) {
  using Outcome = Result<Versions>;
  Versions versions = versionsOf(name);
  if (!versions.empty()) return finish(std::move(found), Outcome(std::move(versions)));
  return finish(std::move(found), Outcome(serviceNotFound(name).withContext("registry: memory")));
}

MemoryRegistry::Versions MemoryRegistry::versionsOf(std::string_view name) const {
  const auto known = names_.find(name);
  if (known == names_.end()) return {};
  std::map<std::string, ServiceInfo> versions;
  for (const auto& [id, entry] : known->second) {
    const auto [group, isNew] = versions.try_emplace(entry.service.version, entry.service);
    if (!isNew) group->second.nodes.push_back(entry.service.nodes.front());
  }
  Versions services;
  for (auto& [version, service] : versions) services.push_back(std::move(service));
  return services;
}

Call MemoryRegistry::listServices(Listed listed) {
  return finish(std::move(listed), Result<Names>(names()));
}

MemoryRegistry::Names MemoryRegistry::names() const {
  Names names;
  for (const auto& [name, entries] : names_) names.push_back(name);
  return names;
}

Subscription MemoryRegistry::follow(std::string_view name, Changed changed) {
  auto place = followed_.find(name);
  if (place == followed_.end()) {
    std::string key(name);
    auto subject =
        std::make_unique<Subject<Versions>>(loop_, [this, key] { followed_.erase(key); });
    place = followed_.emplace(std::move(key), std::move(subject)).first;
    place->second->publish(versionsOf(name));
  }
  return place->second->add(std::move(changed));
}

Subscription MemoryRegistry::followNames(NamesChanged changed) {
  if (!followedNames_) {
    followedNames_ = std::make_unique<Subject<Names>>(loop_, [this] { followedNames_.reset(); });
    followedNames_->publish(names());
  }
  return followedNames_->add(std::move(changed));
}

// All changes of one turn are published together.
void MemoryRegistry::touched(const std::string& name) {
  if (followed_.empty() && !followedNames_) return;
  if (touched_.empty()) settling_ = loop_.defer([this] { settle(); });
  touched_.insert(name);
}

void MemoryRegistry::settle() {
  for (const std::string& name : std::exchange(touched_, {})) {
    const auto place = followed_.find(name);
    if (place != followed_.end()) place->second->publish(versionsOf(name));
  }
  if (followedNames_) followedNames_->publish(names());
}

}  // namespace

std::unique_ptr<Registry> makeMemoryRegistry(EventLoop& loop) {
  return std::make_unique<MemoryRegistry>(loop);
}

}  // namespace evmicro

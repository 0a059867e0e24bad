#include <evmicro/consul_registry.h>

#include <map>

#include <evmicro/check_service.h>
#include <evmicro/event_loop.h>
#include <evmicro/lifetime.h>

#include "registry/consul/agents.h"
#include "registry/consul/environment.h"
#include "registry/consul/followed.h"
#include "registry/consul/messages.h"
#include "registry/consul/watch_slots.h"

namespace evmicro {

namespace {

using detail::ConsulAgents;
using detail::ConsulReply;
using detail::ConsulRequest;
using detail::WatchSlots;

WatchSlots::Options slotOptions(const ConsulOptions& options) {
  WatchSlots::Options slots;
  slots.wait = options.watchWait;
  return slots;
}

ConsulAgents::Options agentOptions(ConsulOptions options) {
  Status problem = detail::applyConsulEnvironment(options);
  if (options.addresses.empty()) options.addresses.emplace_back("none");
  return {std::move(options.addresses), options.timeout, std::move(options.token),
          std::move(options.tls), std::move(problem)};
}

// The agent has no such node, or no TTL check of it: 404 today, 500 with a text from older ones.
bool isUnknown(const ConsulReply& reply) {
  const auto says = [&](const char* text) { return reply.body.find(text) != std::string::npos; };
  if (reply.http == 500) {
    return says("nknown service") || says("nknown check") || says("does not have associated TTL");
  }
  return reply.http == 404;
}

/// Several requests one after the other, for one callback: a registration is up to two for each
/// node. Owned by the Call.
struct Errand {
  enum class What { kRegister, kPass, kDeregister };
  struct Step {
    What what;
    std::string node;
    ConsulRequest request;
  };

  std::vector<Step> steps;
  std::size_t next = 0;
  Status firstError;
  Registry::Done done;
  Call waiting;  // last: its callback uses all of the above
};

class ConsulRegistry final : public Registry {
 public:
  ConsulRegistry(EventLoop& loop, ConsulOptions options)
      : loop_(loop),
        slots_(slotOptions(options)),
        agents_(loop, agentOptions(std::move(options)), [this] { followSwitch(); }) {}

  std::string_view name() const override { return "consul"; }
  std::string address() const override { return agents_.address(); }

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
  using FollowedService = detail::ConsulFollowed<Versions>;
  using FollowedNames = detail::ConsulFollowed<Names>;

  Call run(std::vector<Errand::Step> steps, Done done);
  Call refuse(const Status& status, Done done);
  void proceed(Errand& errand);
  void stepped(Errand& errand, ConsulReply reply);
  void note(const Errand::Step& step, std::size_t agent);
  void followSwitch();
  Status unusable(std::size_t agent, const std::string& path, const Status& why) const;

  EventLoop& loop_;
  WatchSlots slots_;
  ConsulAgents agents_;
  // Which agent took a node: only that one can renew it and take it back.
  std::map<std::string, std::size_t> takenBy_;
  std::map<std::string, std::unique_ptr<FollowedService>, std::less<>> followed_;  // by name
  std::unique_ptr<FollowedNames> followedNames_;
  Lifetime lifetime_;
};

Call ConsulRegistry::registerService(const ServiceInfo& service, RegisterOptions options,
                                     Done done) {
  if (const Status bad = checkAnnouncement(service); !bad.ok()) return refuse(bad, done);
  std::vector<Errand::Step> steps;
  for (const Node& node : service.nodes) {
    steps.push_back({Errand::What::kRegister,
                     node.id,
                     {"PUT",
                      detail::registerPath(),
                      detail::registerBody(service, node, options.ttl),
                      std::nullopt,
                      {}}});
    // A TTL check begins as critical: nobody would find the service before its first heartbeat.
    if (options.ttl.count() > 0) {
      steps.push_back(
          {Errand::What::kPass, node.id, {"PUT", detail::passPath(node.id), {}, std::nullopt, {}}});
    }
  }
  return run(std::move(steps), std::move(done));
}

Call ConsulRegistry::renew(const ServiceInfo& service, Done done) {
  if (const Status bad = checkNodes(service); !bad.ok()) return refuse(bad, done);
  std::vector<Errand::Step> steps;
  for (const Node& node : service.nodes) {
    steps.push_back(
        {Errand::What::kPass, node.id, {"PUT", detail::passPath(node.id), {}, std::nullopt, {}}});
  }
  return run(std::move(steps), std::move(done));
}

Call ConsulRegistry::deregister(const ServiceInfo& service, Done done) {
  if (const Status bad = checkNodes(service); !bad.ok()) return refuse(bad, done);
  std::vector<Errand::Step> steps;
  for (const Node& node : service.nodes) {
    steps.push_back({Errand::What::kDeregister,
                     node.id,
                     {"PUT", detail::deregisterPath(node.id), {}, std::nullopt, {}}});
  }
  return run(std::move(steps), std::move(done));
}

Call ConsulRegistry::refuse(const Status& status, Done done) {
  return loop_.defer(lifetime_.guard([status = Status(status).withContext("registry: consul"),
                                      done = std::move(done)] { done(status); }));
}

Call ConsulRegistry::run(std::vector<Errand::Step> steps, Done done) {
  auto errand = std::make_shared<Errand>();
  errand->steps = std::move(steps);
  errand->done = std::move(done);
  proceed(*errand);
  return Call(std::move(errand));
}

void ConsulRegistry::proceed(Errand& errand) {
  const Errand::Step& step = errand.steps[errand.next];
  ConsulRequest request = step.request;
  const auto taker = takenBy_.find(step.node);
  if (step.what != Errand::What::kRegister && taker != takenBy_.end()) {
    request.agent = taker->second;
  }
  errand.waiting = agents_.send(std::move(request), [this, &errand](ConsulReply reply) {
    stepped(errand, std::move(reply));
  });
}

void ConsulRegistry::stepped(Errand& errand, ConsulReply reply) {
  const Errand::Step& step = errand.steps[errand.next++];
  const bool takesBack = step.what == Errand::What::kDeregister;
  const bool unknown = isUnknown(reply);
  if (takesBack && unknown) reply.status = Status();
  const bool agentFailed = !reply.status.ok() && !unknown && (reply.http == 0 || reply.http >= 500);
  // What follows, as a rule a new registration, need not wait for its silence once more.
  if (agentFailed && step.what == Errand::What::kPass) agents_.avoid(reply.agent);
  if (reply.status.ok()) {
    note(step, reply.agent);
  } else if (errand.firstError.ok()) {
    errand.firstError = std::move(reply.status).withContext("registry");
    if (unknown) errand.firstError = Status::notFound(errand.firstError.detail());
  }
  // Taking back goes on after an error: the other nodes are to go all the same.
  const bool goOn = errand.firstError.ok() || takesBack;
  if (goOn && errand.next < errand.steps.size()) {
    proceed(errand);
    return;
  }
  const Done done = std::move(errand.done);
  const Status result = std::move(errand.firstError);
  done(result);  // may destroy the errand and this object
}

void ConsulRegistry::note(const Errand::Step& step, std::size_t agent) {
  if (step.what == Errand::What::kRegister) takenBy_[step.node] = agent;
  if (step.what == Errand::What::kDeregister) takenBy_.erase(step.node);
}

Call ConsulRegistry::getService(std::string_view name, Found found) {
  std::string path = detail::healthPath(name);
  ConsulRequest request{"GET", path, {}, std::nullopt, {}};
  return agents_.send(std::move(request), [this, path = std::move(path), wanted = std::string(name),
                                           found = std::move(found)](ConsulReply reply) {
    if (!reply.status.ok()) return found(std::move(reply.status).withContext("registry"));
    Result<Versions> services = detail::readHealth(reply.body, wanted);
    if (!services.ok()) {
      return found(unusable(reply.agent, path, services.status()).withContext("registry"));
    }
    if (!services->empty()) return found(std::move(services));
    found(serviceNotFound(wanted).withContext("registry: consul " + agents_.address(reply.agent)));
  });
}

Call ConsulRegistry::listServices(Listed listed) {
  ConsulRequest request{"GET", detail::catalogPath(), {}, std::nullopt, {}};
  return agents_.send(std::move(request), [this, listed = std::move(listed)](ConsulReply reply) {
    if (!reply.status.ok()) return listed(std::move(reply.status).withContext("registry"));
    Result<Names> names = detail::readCatalog(reply.body);
    if (names.ok()) return listed(std::move(names));
    listed(unusable(reply.agent, detail::catalogPath(), names.status()).withContext("registry"));
  });
}

Subscription ConsulRegistry::follow(std::string_view name, Changed changed) {
  auto place = followed_.find(name);
  if (place == followed_.end()) {
    std::string key(name);
    const std::string path = detail::healthPath(key);
    const auto read = [this, key, path](const std::string& body,
                                        std::size_t agent) -> Result<Versions> {
      Result<Versions> versions = detail::readHealth(body, key);
      if (!versions.ok()) return unusable(agent, path, versions.status());
      sortVersions(*versions);
      return versions;
    };
    auto followed = std::make_unique<FollowedService>(loop_, agents_, slots_, path, read,
                                                      [this, key] { followed_.erase(key); });
    place = followed_.emplace(std::move(key), std::move(followed)).first;
  }
  return place->second->add(std::move(changed));
}

Subscription ConsulRegistry::followNames(NamesChanged changed) {
  if (!followedNames_) {
    const auto read = [this](const std::string& body, std::size_t agent) -> Result<Names> {
      Result<Names> names = detail::readCatalog(body);
      if (!names.ok()) return unusable(agent, detail::catalogPath(), names.status());
      return names;
    };
    followedNames_ = std::make_unique<FollowedNames>(loop_, agents_, slots_, detail::catalogPath(),
                                                     read, [this] { followedNames_.reset(); });
  }
  return followedNames_->add(std::move(changed));
}

// Registrations go to another agent now: their followers must not stay behind.
void ConsulRegistry::followSwitch() {
  for (const auto& [name, followed] : followed_) followed->followSwitch();
  if (followedNames_) followedNames_->followSwitch();
}

// Whoever answered is no consul, or a broken one: not the caller's fault, as the readers say.
Status ConsulRegistry::unusable(std::size_t agent, const std::string& path,
                                const Status& why) const {
  return Status::internal("consul " + agents_.address(agent) + ": unusable answer to GET " +
                          path.substr(0, path.find('?')) + ": " + why.detail());
}

}  // namespace

std::unique_ptr<Registry> makeConsulRegistry(EventLoop& loop, ConsulOptions options) {
  return std::make_unique<ConsulRegistry>(loop, std::move(options));
}

}  // namespace evmicro

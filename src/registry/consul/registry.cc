#include <evmicro/consul_registry.h>

#include <algorithm>
#include <map>

#include <sys/resource.h>

#include <evmicro/check_service.h>
#include <evmicro/event_loop.h>
#include <evmicro/http_endpoints.h>
#include <evmicro/lifetime.h>
#include <evmicro/subject.h>

#include "base/log.h"
#include "http/url.h"
#include "registry/consul/endpoints.h"
#include "registry/consul/followed.h"
#include "registry/consul/messages.h"
#include "registry/consul/watch_slots.h"
#include "registry/request_sequence.h"

namespace evmicro {

namespace {

using detail::RequestSequence;
using detail::WatchSlots;

WatchSlots::Options slotOptions(const ConsulOptions& options) {
  WatchSlots::Options slots;
  slots.wait = options.watchWait;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) slots.slots = WatchSlots::slotsFor(limit.rlim_cur);
  return slots;
}

EndpointRequest put(std::string path, std::string body = {}) {
  EndpointRequest request;
  request.method = "PUT";
  request.path = std::move(path);
  request.body = std::move(body);
  return request;
}

EndpointRequest get(std::string path) {
  EndpointRequest request;
  request.path = std::move(path);
  return request;
}

// Whether a service of this name can be looked up. Callers may have got it from outside.
bool isReachable(std::string_view name) { return !name.empty() && !detail::problemInPath(name); }

bool isAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x80; });
}

// The agent has no such node, or no TTL check of it: 404, or 500 with a text from older agents.
bool isUnknown(const EndpointReply& reply) {
  const auto says = [&](const char* text) { return reply.body.find(text) != std::string::npos; };
  if (reply.http == 500) {
    return says("nknown service") || says("nknown check") || says("does not have associated TTL");
  }
  return reply.http == 404;
}

// The agent does not answer, or with a server error: another one may succeed.
bool agentFailed(const EndpointReply& reply) {
  return !reply.status.ok() && !isUnknown(reply) && (reply.http == 0 || reply.http >= 500);
}

class ConsulRegistry final : public Registry {
 public:
  ConsulRegistry(EventLoop& loop, ConsulOptions options)
      : loop_(loop),
        slots_(slotOptions(options)),
        agents_(loop, agentOptions(std::move(options))),
        nobody_(loop, [] {}) {
    nobody_.publish({});
  }

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

  using Sequence = RequestSequence;
  using Step = Sequence::Step;
  /// The registration of one node by this object.
  struct Registered {
    std::string service;  // its name
    std::string body;     // of the registration
    bool hasTtl = false;
    // The agent that has it: only that one can renew and deregister it.
    std::size_t agent = 0;
    bool wasMissing = false;  // from the catalogue, at the last heartbeat
    bool warned = false;      // that the token may not read the catalogue
  };

  HttpEndpoints::Options agentOptions(ConsulOptions options);
  Call run(std::vector<Step> steps, Sequence::OnError onError, Done done);
  Call refuse(const Status& status, Done done);
  Call tell(std::string path, const std::string& node, HttpEndpoints::Done done);
  Step enter(std::string node, std::shared_ptr<Registered> registration);
  Step pass(std::string node);
  Step prove(std::string node, std::shared_ptr<Registered> known);
  Step remove(std::string node);
  void passed(Sequence& sequence, EndpointReply reply);
  void proved(Sequence& sequence, const std::string& node, const std::shared_ptr<Registered>& known,
              EndpointReply reply);
  void missing(Sequence& sequence, const std::string& node,
               const std::shared_ptr<Registered>& known);
  void followSwitch();
  Result<Versions> versionsIn(EndpointReply reply, const std::string& path,
                              const std::string& wanted);
  Status unusable(std::size_t agent, const std::string& path, const Status& why) const;

  EventLoop& loop_;
  WatchSlots slots_;
  HttpEndpoints agents_;
  std::map<std::string, std::shared_ptr<Registered>> registered_;  // by the node's id
  std::map<std::string, std::unique_ptr<FollowedService>, std::less<>> followed_;  // by name
  std::unique_ptr<FollowedNames> followedNames_;
  Subject<Versions> nobody_;  // of names that no path of Consul leads to
  detail::IgnoredNodes ignored_;
  Lifetime lifetime_;
};

Call ConsulRegistry::registerService(const ServiceInfo& service, RegisterOptions options,
                                     Done done) {
  if (const Status bad = checkAnnouncement(service); !bad.ok()) return refuse(bad, done);
  std::vector<Step> steps;
  for (const Node& node : service.nodes) {
    auto registration = std::make_shared<Registered>();
    registration->service = service.name;
    registration->body = detail::registerBody(service, node, options.ttl);
    registration->hasTtl = options.ttl.count() > 0;
    steps.push_back(enter(node.id, std::move(registration)));
    // A TTL check starts as critical: the service would not be found before its first heartbeat.
    if (options.ttl.count() > 0) steps.push_back(pass(node.id));
  }
  return run(std::move(steps), Sequence::OnError::kStop, std::move(done));
}

// The agent accepts a check even if the catalogue, which callers use, has lost the node. So the
// catalogue is queried, too.
Call ConsulRegistry::renew(const ServiceInfo& service, Done done) {
  if (const Status bad = checkNodes(service); !bad.ok()) return refuse(bad, done);
  std::vector<Step> steps;
  for (const Node& node : service.nodes) {
    steps.push_back(pass(node.id));
    const auto known = registered_.find(node.id);
    if (known != registered_.end()) steps.push_back(prove(node.id, known->second));
  }
  return run(std::move(steps), Sequence::OnError::kStop, std::move(done));
}

Call ConsulRegistry::deregister(const ServiceInfo& service, Done done) {
  if (const Status bad = checkNodes(service); !bad.ok()) return refuse(bad, done);
  std::vector<Step> steps;
  for (const Node& node : service.nodes) steps.push_back(remove(node.id));
  return run(std::move(steps), Sequence::OnError::kContinue, std::move(done));
}

Call ConsulRegistry::refuse(const Status& status, Done done) {
  return loop_.defer(lifetime_.guard([status = Status(status).withContext("registry: consul"),
                                      done = std::move(done)] { done(status); }));
}

Call ConsulRegistry::run(std::vector<Step> steps, Sequence::OnError onError, Done done) {
  return Sequence::run(std::move(steps), onError, [done = std::move(done)](Status status) {
    done(status.ok() ? std::move(status) : std::move(status).withContext("registry"));
  });
}

HttpEndpoints::Options ConsulRegistry::agentOptions(ConsulOptions options) {
  HttpEndpoints::Options agents = detail::consulEndpoints(std::move(options));
  agents.onSwitch = [this] { followSwitch(); };
  return agents;
}

// Sends to the agent that has the node, if that is known.
Call ConsulRegistry::tell(std::string path, const std::string& node, HttpEndpoints::Done done) {
  EndpointRequest request = put(std::move(path));
  const auto known = registered_.find(node);
  if (known != registered_.end()) request.endpoint = known->second->agent;
  return agents_.send(std::move(request), std::move(done));
}

ConsulRegistry::Step ConsulRegistry::enter(std::string node,
                                           std::shared_ptr<Registered> registration) {
  return
      [this, node = std::move(node), registration = std::move(registration)](Sequence& sequence) {
        return agents_.send(put(detail::registerPath(), registration->body),
                            [this, &sequence, node, registration](EndpointReply reply) {
                              if (reply.status.ok()) {
                                registration->agent = reply.endpoint;
                                registered_[node] = registration;
                              }
                              sequence.ended(std::move(reply.status));
                            });
      };
}

ConsulRegistry::Step ConsulRegistry::pass(std::string node) {
  return [this, node = std::move(node)](Sequence& sequence) {
    return tell(detail::passPath(node), node,
                [this, &sequence](EndpointReply reply) { passed(sequence, std::move(reply)); });
  };
}

void ConsulRegistry::passed(Sequence& sequence, EndpointReply reply) {
  if (isUnknown(reply)) return sequence.ended(Status::notFound(reply.status.detail()));
  // So that the next request, usually a new registration, does not wait for it again.
  if (agentFailed(reply)) agents_.avoid(reply.endpoint);
  sequence.ended(std::move(reply.status));
}

ConsulRegistry::Step ConsulRegistry::remove(std::string node) {
  return [this, node = std::move(node)](Sequence& sequence) {
    return tell(detail::deregisterPath(node), node, [this, &sequence, node](EndpointReply reply) {
      if (isUnknown(reply)) reply.status = Status();
      if (reply.status.ok()) registered_.erase(node);
      sequence.ended(std::move(reply.status));
    });
  };
}

ConsulRegistry::Step ConsulRegistry::prove(std::string node, std::shared_ptr<Registered> known) {
  return [this, node = std::move(node), known = std::move(known)](Sequence& sequence) {
    EndpointRequest request = get(detail::instancePath(known->service, node));
    request.endpoint = known->agent;
    return agents_.send(std::move(request), [this, &sequence, node, known](EndpointReply reply) {
      proved(sequence, node, known, std::move(reply));
    });
  };
}

void ConsulRegistry::proved(Sequence& sequence, const std::string& node,
                            const std::shared_ptr<Registered>& known, EndpointReply reply) {
  const std::string path = detail::instancePath(known->service, node);
  const Status readable = detail::checkReadable(agents_, reply, path);
  if (!readable.ok()) {  // whether the node is there, nobody knows
    if (!std::exchange(known->warned, true)) {
      EVMICRO_LOG_WARN("registry", readable.detail()
                                       << ": heartbeats do not see whether callers find " << node);
    }
    return sequence.ended({});
  }
  if (agentFailed(reply)) agents_.avoid(reply.endpoint);
  if (!reply.status.ok()) return sequence.ended(std::move(reply.status));
  const Result<bool> listed = detail::readInstance(reply.body, node);
  if (!listed.ok()) {
    return sequence.ended(unusable(reply.endpoint, path, listed.status()));
  }
  known->warned = false;
  if (!*listed) return missing(sequence, node, known);
  known->wasMissing = false;
  sequence.ended({});
}

// Registering again makes the agent restore the node in the catalogue. That takes a moment, so only
// the next heartbeat can see whether it worked.
void ConsulRegistry::missing(Sequence& sequence, const std::string& node,
                             const std::shared_ptr<Registered>& known) {
  const std::string what = "consul " + agents_.address(known->agent) + ": node " + node +
                           " is missing from the catalogue";
  if (std::exchange(known->wasMissing, true)) {
    return sequence.ended(Status::notFound(
        what + " although its agent has it, or the token may not read it (node:read)"));
  }
  EVMICRO_LOG_WARN("registry", what << "; registering again");
  std::vector<Step> steps{enter(node, known)};
  if (known->hasTtl) steps.push_back(pass(node));
  sequence.insert(std::move(steps));
  sequence.ended({});
}

Call ConsulRegistry::getService(std::string_view name, Found found) {
  if (!isReachable(name)) {
    return loop_.defer(lifetime_.guard(
        [why = serviceNotFound(name).withContext("registry: consul " + agents_.address()),
         found = std::move(found)] { found(why); }));
  }
  std::string path = detail::healthPath(name);
  EndpointRequest request = get(path);
  return agents_.send(std::move(request), [this, path = std::move(path), wanted = std::string(name),
                                           found = std::move(found)](EndpointReply reply) {
    Result<Versions> services = versionsIn(std::move(reply), path, wanted);
    if (services.ok()) return found(std::move(services));
    found(std::move(services).status().withContext("registry"));
  });
}

// Never empty.
Result<ConsulRegistry::Versions> ConsulRegistry::versionsIn(EndpointReply reply,
                                                            const std::string& path,
                                                            const std::string& wanted) {
  const auto nobody = [&] {
    return serviceNotFound(wanted).withContext("consul " + agents_.address(reply.endpoint));
  };
  // A path with a letter that cannot be printed, of which Unicode has many.
  if (reply.http == 400 && !isAscii(wanted)) return nobody();
  if (!reply.status.ok()) return std::move(reply.status);
  if (Status hidden = detail::checkReadable(agents_, reply, path); !hidden.ok()) return hidden;
  Result<Versions> services = detail::readHealth(reply.body, wanted, &ignored_);
  if (!services.ok()) return unusable(reply.endpoint, path, services.status());
  if (services->empty()) return nobody();
  return services;
}

Call ConsulRegistry::listServices(Listed listed) {
  return agents_.send(get(detail::catalogPath()), [this, listed = std::move(listed)](
                                                      EndpointReply reply) {
    if (!reply.status.ok()) return listed(std::move(reply.status).withContext("registry"));
    Result<Names> names = detail::readCatalog(reply.body);
    if (names.ok()) return listed(std::move(names));
    listed(unusable(reply.endpoint, detail::catalogPath(), names.status()).withContext("registry"));
  });
}

Subscription ConsulRegistry::follow(std::string_view name, Changed changed) {
  if (!isReachable(name)) return nobody_.add(std::move(changed));
  auto place = followed_.find(name);
  if (place == followed_.end()) {
    std::string key(name);
    const std::string path = detail::healthPath(key);
    const auto read = [this, key, path](const std::string& body,
                                        std::size_t agent) -> Result<Versions> {
      Result<Versions> versions = detail::readHealth(body, key, &ignored_);
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

// Registrations go to another agent now, so watches must move as well.
void ConsulRegistry::followSwitch() {
  for (const auto& [name, followed] : followed_) followed->followSwitch();
  if (followedNames_) followedNames_->followSwitch();
}

// The answer is not from a sound Consul: an internal error, although the decoders report kInvalid.
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

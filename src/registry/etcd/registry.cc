#include <evmicro/etcd_registry.h>

#include <cstdlib>
#include <map>

#include <evmicro/check_service.h>
#include <evmicro/event_loop.h>
#include <evmicro/lifetime.h>

#include "registry/etcd/client.h"
#include "registry/etcd/followed.h"
#include "registry/etcd/messages.h"
#include "registry/etcd/services.h"
#include "registry/etcd/watch.h"

namespace evmicro {

namespace {

using detail::EtcdClient;
using detail::Json;

constexpr const char* kGrantPath = "/v3/lease/grant";
constexpr const char* kKeepAlivePath = "/v3/lease/keepalive";
constexpr const char* kPutPath = "/v3/kv/put";
constexpr const char* kDeletePath = "/v3/kv/deleterange";
constexpr const char* kRangePath = "/v3/kv/range";

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

EtcdClient::Options clientOptions(EtcdOptions options) {
  if (options.addresses.empty()) options.addresses.emplace_back("127.0.0.1:2379");
  if (options.user.empty()) {
    options.user = environment("ETCD_USERNAME");
    options.password = environment("ETCD_PASSWORD");
  }
  return {std::move(options.addresses), options.timeout, std::move(options.user),
          std::move(options.password), std::move(options.tls)};
}

/// Several requests one after the other, for one callback. Owned by the Call.
struct Errand {
  enum class What { kGrant, kPut, kKeepAlive, kDelete };
  struct Step {
    What what;
    std::string node;   // its id
    std::string key;    // of kPut and kDelete
    std::string value;  // of kPut
  };

  std::vector<Step> steps;
  std::chrono::milliseconds ttl{0};
  std::size_t next = 0;
  std::int64_t lease = 0;  // the last that was granted
  Status firstError;
  Registry::Done done;
  Call waiting;  // last: its callback uses all of the above
};

class EtcdRegistry final : public Registry {
 public:
  EtcdRegistry(EventLoop& loop, EtcdOptions options)
      : loop_(loop),
        client_(loop, clientOptions(options)),
        watch_(loop, client_, options.probeInterval) {}

  std::string_view name() const override { return "etcd"; }
  std::string address() const override { return client_.address(); }

  Call registerService(const ServiceInfo& service, RegisterOptions options, Done done) override;
  Call renew(const ServiceInfo& service, Done done) override;
  Call deregister(const ServiceInfo& service, Done done) override;
  Call getService(std::string_view name, Found found) override;
  Call listServices(Listed listed) override;
  Subscription follow(std::string_view name, Changed changed) override;
  Subscription followNames(NamesChanged changed) override;

 private:
  using What = Errand::What;
  using FollowedService = detail::EtcdFollowed<detail::EtcdNodes>;
  using FollowedNames = detail::EtcdFollowed<detail::EtcdNames>;
  /// What this object has registered.
  struct Registered {
    std::string key;
    std::int64_t lease = 0;  // 0: none
  };

  Call run(std::vector<Errand::Step> steps, std::chrono::milliseconds ttl, Done done);
  Call refuse(const Status& status, Done done);
  void proceed(Errand& errand);
  void stepped(Errand& errand, Result<Json> reply);
  Status note(Errand& errand, const Errand::Step& step, const json_t* reply);
  std::int64_t leaseOf(const std::string& node) const;
  template <typename Read>
  Call range(std::string_view prefix, std::function<void(Status)> failed, Read read);

  EventLoop& loop_;
  EtcdClient client_;
  detail::EtcdWatch watch_;
  std::map<std::string, std::unique_ptr<FollowedService>, std::less<>> followed_;  // by name
  std::unique_ptr<FollowedNames> followedNames_;
  std::map<std::string, Registered> registered_;  // by the node's id
  Lifetime lifetime_;
};

// The key first gets a lease of its own: it moves from the old one, which then ends with no key.
Call EtcdRegistry::registerService(const ServiceInfo& service, RegisterOptions options, Done done) {
  if (const Status bad = checkAnnouncement(service); !bad.ok()) return refuse(bad, done);
  std::vector<Errand::Step> steps;
  for (const Node& node : service.nodes) {
    const std::string key = detail::etcdKey(service.name, node.id);
    if (options.ttl.count() > 0) steps.push_back({What::kGrant, node.id, {}, {}});
    const auto known = registered_.find(node.id);
    if (known != registered_.end() && known->second.key != key) {
      steps.push_back({What::kDelete, node.id, known->second.key, {}});
    }
    steps.push_back({What::kPut, node.id, key, detail::etcdValue(service, node)});
  }
  return run(std::move(steps), options.ttl, std::move(done));
}

Call EtcdRegistry::renew(const ServiceInfo& service, Done done) {
  if (const Status bad = checkNodes(service); !bad.ok()) return refuse(bad, done);
  std::vector<Errand::Step> steps;
  for (const Node& node : service.nodes) {
    if (leaseOf(node.id) == 0) {
      return refuse(Status::notFound("node " + node.id + " was not registered with a TTL"), done);
    }
    steps.push_back({What::kKeepAlive, node.id, {}, {}});
  }
  return run(std::move(steps), {}, std::move(done));
}

Call EtcdRegistry::deregister(const ServiceInfo& service, Done done) {
  if (const Status bad = checkNodes(service); !bad.ok()) return refuse(bad, done);
  std::vector<Errand::Step> steps;
  for (const Node& node : service.nodes) {
    steps.push_back({What::kDelete, node.id, detail::etcdKey(service.name, node.id), {}});
  }
  return run(std::move(steps), {}, std::move(done));
}

Call EtcdRegistry::refuse(const Status& status, Done done) {
  return loop_.defer(lifetime_.guard([status = Status(status).withContext("registry: etcd"),
                                      done = std::move(done)] { done(status); }));
}

std::int64_t EtcdRegistry::leaseOf(const std::string& node) const {
  const auto known = registered_.find(node);
  return known == registered_.end() ? 0 : known->second.lease;
}

Call EtcdRegistry::run(std::vector<Errand::Step> steps, std::chrono::milliseconds ttl, Done done) {
  auto errand = std::make_shared<Errand>();
  errand->steps = std::move(steps);
  errand->ttl = ttl;
  errand->done = std::move(done);
  proceed(*errand);
  return Call(std::move(errand));
}

void EtcdRegistry::proceed(Errand& errand) {
  const Errand::Step& step = errand.steps[errand.next];
  const auto send = [&](const char* path, std::string body) {
    errand.waiting = client_.send(path, std::move(body), [this, &errand](Result<Json> reply) {
      stepped(errand, std::move(reply));
    });
  };
  switch (step.what) {
    case What::kGrant: return send(kGrantPath, detail::grantBody(errand.ttl));
    case What::kPut: return send(kPutPath, detail::putBody(step.key, step.value, errand.lease));
    case What::kKeepAlive: return send(kKeepAlivePath, detail::keepAliveBody(leaseOf(step.node)));
    case What::kDelete: return send(kDeletePath, detail::deleteBody(step.key));
  }
}

void EtcdRegistry::stepped(Errand& errand, Result<Json> reply) {
  const Errand::Step& step = errand.steps[errand.next++];
  Status status = reply.ok() ? note(errand, step, reply->get()) : std::move(reply).status();
  if (!status.ok() && errand.firstError.ok()) {
    errand.firstError = std::move(status).withContext("registry");
  }
  // Taking back goes on after an error: the other nodes are to go all the same.
  const bool goOn = errand.firstError.ok() || step.what == What::kDelete;
  if (goOn && errand.next < errand.steps.size()) {
    proceed(errand);
    return;
  }
  const Done done = std::move(errand.done);
  const Status result = std::move(errand.firstError);
  done(result);  // may destroy the errand and this object
}

Status EtcdRegistry::note(Errand& errand, const Errand::Step& step, const json_t* reply) {
  if (step.what == What::kGrant) {
    const Result<std::int64_t> lease = detail::readGrant(reply);
    if (!lease.ok()) return client_.unusable(kGrantPath, lease.status());
    errand.lease = *lease;
  } else if (step.what == What::kPut) {
    registered_[step.node] = {step.key, errand.lease};
  } else if (step.what == What::kDelete) {
    registered_.erase(step.node);
  } else {
    const Result<std::int64_t> ttl = detail::readKeepAlive(reply);
    if (!ttl.ok()) return client_.unusable(kKeepAlivePath, ttl.status());
    if (*ttl > 0) return {};
    registered_.erase(step.node);
    return Status::notFound("etcd " + client_.address() + ": the lease of node " + step.node +
                            " has ended");
  }
  return {};
}

template <typename Read>
Call EtcdRegistry::range(std::string_view prefix, std::function<void(Status)> failed, Read read) {
  return client_.send(
      kRangePath, detail::rangeBody(prefix),
      [this, failed = std::move(failed), read = std::move(read)](Result<Json> reply) {
        if (!reply.ok()) return failed(std::move(reply).status().withContext("registry"));
        Result<detail::EtcdRange> range = detail::readRange(reply->get());
        if (range.ok()) return read(std::move(range->entries));
        failed(client_.unusable(kRangePath, range.status()).withContext("registry"));
      });
}

Call EtcdRegistry::getService(std::string_view name, Found found) {
  return range(detail::etcdPrefix(name), found,
               [this, found, wanted = std::string(name)](std::vector<detail::EtcdEntry> entries) {
                 std::map<std::string, ServiceInfo> nodes;
                 for (detail::EtcdEntry& entry : entries) {
                   auto node = detail::readEtcdValue(entry.value, wanted);
                   if (node) nodes.emplace(std::move(entry.key), std::move(*node));
                 }
                 std::vector<ServiceInfo> versions = detail::groupByVersion(nodes);
                 if (!versions.empty()) return found(std::move(versions));
                 found(serviceNotFound(wanted).withContext("registry: etcd " + client_.address()));
               });
}

Call EtcdRegistry::listServices(Listed listed) {
  return range(detail::kEtcdPrefix, listed, [listed](std::vector<detail::EtcdEntry> entries) {
    std::map<std::string, std::string> names;
    for (detail::EtcdEntry& entry : entries) {
      auto name = detail::readEtcdName(entry.value);
      if (name) names.emplace(std::move(entry.key), std::move(*name));
    }
    listed(detail::namesOf(names));
  });
}

Subscription EtcdRegistry::follow(std::string_view name, Changed changed) {
  auto place = followed_.find(name);
  if (place == followed_.end()) {
    std::string key(name);
    auto followed = std::make_unique<FollowedService>(loop_, watch_, detail::EtcdNodes{key},
                                                      [this, key] { followed_.erase(key); });
    place = followed_.emplace(std::move(key), std::move(followed)).first;
  }
  return place->second->add(std::move(changed));
}

Subscription EtcdRegistry::followNames(NamesChanged changed) {
  if (!followedNames_) {
    followedNames_ = std::make_unique<FollowedNames>(loop_, watch_, detail::EtcdNames(),
                                                     [this] { followedNames_.reset(); });
  }
  return followedNames_->add(std::move(changed));
}

}  // namespace

std::unique_ptr<Registry> makeEtcdRegistry(EventLoop& loop, EtcdOptions options) {
  return std::make_unique<EtcdRegistry>(loop, std::move(options));
}

}  // namespace evmicro

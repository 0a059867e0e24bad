#include <evmicro/etcd_registry.h>

#include <cstdlib>
#include <map>

#include <evmicro/check_service.h>
#include <evmicro/event_loop.h>
#include <evmicro/lifetime.h>

#include "base/log.h"
#include "registry/etcd/client.h"
#include "registry/etcd/followed.h"
#include "registry/etcd/messages.h"
#include "registry/etcd/services.h"
#include "registry/etcd/watch.h"
#include "registry/request_sequence.h"

namespace evmicro {

namespace {

using detail::EtcdClient;
using detail::Json;
using detail::RequestSequence;

constexpr const char* kGrantPath = "/v3/lease/grant";
constexpr const char* kKeepAlivePath = "/v3/lease/keepalive";
constexpr const char* kWritePath = "/v3/kv/txn";
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
  using Sequence = RequestSequence;
  using Step = Sequence::Step;
  using FollowedService = detail::EtcdFollowed<detail::EtcdNodes>;
  using FollowedNames = detail::EtcdFollowed<detail::EtcdNames>;
  /// What this object has registered.
  struct Registered {
    std::string key;
    std::string value;
    std::int64_t lease = 0;  // 0: none
  };

  Call run(std::vector<Step> steps, Sequence::OnError onError, Done done);
  Call refuse(const Status& status, Done done);
  Step grant(std::chrono::milliseconds ttl, std::shared_ptr<Registered> target);
  Step write(std::string node, std::shared_ptr<Registered> target);
  Step keepAlive(std::string node, std::int64_t lease);
  Step rewrite(Registered known);
  Step erase(std::string node, std::string key);
  Status keptAlive(const std::string& node, const json_t* reply);
  Result<bool> wrote(const json_t* reply) const;
  template <typename Ended>
  Call post(Sequence& sequence, const char* path, std::string body, Ended ended);
  template <typename Read>
  Call range(std::string_view prefix, std::function<void(Status)> failed, Read read);

  EventLoop& loop_;
  EtcdClient client_;
  detail::EtcdWatch watch_;
  detail::IgnoredNodes ignored_;
  std::map<std::string, std::unique_ptr<FollowedService>, std::less<>> followed_;  // by name
  std::unique_ptr<FollowedNames> followedNames_;
  std::map<std::string, Registered> registered_;  // by the node's id
  Lifetime lifetime_;
};

// A new lease is granted first; the key moves to it, and the old lease expires without a key.
Call EtcdRegistry::registerService(const ServiceInfo& service, RegisterOptions options, Done done) {
  if (const Status bad = checkAnnouncement(service); !bad.ok()) return refuse(bad, done);
  std::vector<Step> steps;
  for (const Node& node : service.nodes) {
    auto target = std::make_shared<Registered>();
    target->key = detail::etcdKey(service.name, node.id);
    target->value = detail::etcdValue(service, node);
    if (options.ttl.count() > 0) steps.push_back(grant(options.ttl, target));
    const auto known = registered_.find(node.id);
    if (known != registered_.end() && known->second.key != target->key) {
      steps.push_back(erase(node.id, known->second.key));
    }
    steps.push_back(write(node.id, std::move(target)));
  }
  return run(std::move(steps), Sequence::OnError::kStop, std::move(done));
}

// A valid lease does not prove that the key exists: it may have been deleted or changed. So each
// renewal writes the key again if it is not as registered.
Call EtcdRegistry::renew(const ServiceInfo& service, Done done) {
  if (const Status bad = checkNodes(service); !bad.ok()) return refuse(bad, done);
  std::vector<Step> steps;
  for (const Node& node : service.nodes) {
    const auto known = registered_.find(node.id);
    if (known == registered_.end() || known->second.lease == 0) {
      return refuse(Status::notFound("node " + node.id + " was not registered with a TTL"), done);
    }
    steps.push_back(keepAlive(node.id, known->second.lease));
    steps.push_back(rewrite(known->second));
  }
  return run(std::move(steps), Sequence::OnError::kStop, std::move(done));
}

Call EtcdRegistry::deregister(const ServiceInfo& service, Done done) {
  if (const Status bad = checkNodes(service); !bad.ok()) return refuse(bad, done);
  std::vector<Step> steps;
  for (const Node& node : service.nodes) {
    steps.push_back(erase(node.id, detail::etcdKey(service.name, node.id)));
  }
  return run(std::move(steps), Sequence::OnError::kContinue, std::move(done));
}

Call EtcdRegistry::refuse(const Status& status, Done done) {
  return loop_.defer(lifetime_.guard([status = Status(status).withContext("registry: etcd"),
                                      done = std::move(done)] { done(status); }));
}

Call EtcdRegistry::run(std::vector<Step> steps, Sequence::OnError onError, Done done) {
  return Sequence::run(std::move(steps), onError, [done = std::move(done)](Status status) {
    done(status.ok() ? std::move(status) : std::move(status).withContext("registry"));
  });
}

// `ended` gets the reply, a JSON object, and returns the outcome of the step.
template <typename Ended>
Call EtcdRegistry::post(Sequence& sequence, const char* path, std::string body, Ended ended) {
  return client_.send(
      path, std::move(body), [&sequence, ended = std::move(ended)](Result<Json> reply) {
        sequence.ended(reply.ok() ? ended(reply->get()) : std::move(reply).status());
      });
}

EtcdRegistry::Step EtcdRegistry::grant(std::chrono::milliseconds ttl,
                                       std::shared_ptr<Registered> target) {
  return [this, ttl, target = std::move(target)](Sequence& sequence) {
    const auto granted = [this, target](const json_t* reply) -> Status {
      const Result<std::int64_t> lease = detail::readGrant(reply);
      if (!lease.ok()) return client_.unusable(kGrantPath, lease.status());
      target->lease = *lease;
      return {};
    };
    return post(sequence, kGrantPath, detail::grantBody(ttl), granted);
  };
}

EtcdRegistry::Step EtcdRegistry::write(std::string node, std::shared_ptr<Registered> target) {
  return [this, node = std::move(node), target = std::move(target)](Sequence& sequence) {
    const auto written = [this, node, target](const json_t* reply) -> Status {
      const Result<bool> isNew = wrote(reply);
      if (!isNew.ok()) return isNew.status();
      registered_[node] = *target;
      return {};
    };
    return post(sequence, kWritePath, detail::writeBody(target->key, target->value, target->lease),
                written);
  };
}

EtcdRegistry::Step EtcdRegistry::keepAlive(std::string node, std::int64_t lease) {
  return [this, node = std::move(node), lease](Sequence& sequence) {
    return post(sequence, kKeepAlivePath, detail::keepAliveBody(lease),
                [this, node](const json_t* reply) { return keptAlive(node, reply); });
  };
}

Status EtcdRegistry::keptAlive(const std::string& node, const json_t* reply) {
  const Result<std::int64_t> ttl = detail::readKeepAlive(reply);
  if (!ttl.ok()) return client_.unusable(kKeepAlivePath, ttl.status());
  if (*ttl > 0) return {};
  registered_.erase(node);
  return Status::notFound("etcd " + client_.address() + ": the lease of node " + node +
                          " has ended");
}

EtcdRegistry::Step EtcdRegistry::rewrite(Registered known) {
  return [this, known = std::move(known)](Sequence& sequence) {
    const auto written = [this, key = known.key](const json_t* reply) -> Status {
      const Result<bool> wasMissing = wrote(reply);
      if (!wasMissing.ok()) return wasMissing.status();
      if (*wasMissing) {
        EVMICRO_LOG_WARN("registry", "etcd " << client_.address() << ": key " << key
                                             << " was missing or changed; written again");
      }
      return {};
    };
    return post(sequence, kWritePath, detail::writeBody(known.key, known.value, known.lease),
                written);
  };
}

// True: the key has been written, because it was missing or different.
Result<bool> EtcdRegistry::wrote(const json_t* reply) const {
  const Result<bool> written = detail::readWrite(reply);
  if (!written.ok()) return client_.unusable(kWritePath, written.status());
  return *written;
}

EtcdRegistry::Step EtcdRegistry::erase(std::string node, std::string key) {
  return [this, node = std::move(node), key = std::move(key)](Sequence& sequence) {
    const auto erased = [this, node](const json_t*) {
      registered_.erase(node);
      return Status();
    };
    return post(sequence, kDeletePath, detail::deleteBody(key), erased);
  };
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
                   auto node = detail::readEtcdValue(entry.value, wanted, entry.key, &ignored_);
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
    auto followed = std::make_unique<FollowedService>(
        loop_, watch_, detail::EtcdNodes{key, &ignored_}, [this, key] { followed_.erase(key); });
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

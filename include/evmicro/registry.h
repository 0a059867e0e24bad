#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <evmicro/call.h>
#include <evmicro/export.h>
#include <evmicro/status.h>

namespace evmicro {

/// The shape of a message in an endpoint's description. `type` is a Go type name (`string`,
/// `int64`, `[]HelloRequest`); `values` are its fields.
struct Value {
  std::string name;
  std::string type;
  std::vector<Value> values;

  friend bool operator==(const Value& a, const Value& b) {
    return a.name == b.name && a.type == b.type && a.values == b.values;
  }
};

/// A method or a subscriber that a service has.
struct Endpoint {
  std::string name;  ///< `Greeter.Hello`
  std::optional<Value> request;
  std::optional<Value> response;
  std::map<std::string, std::string> metadata;

  friend bool operator==(const Endpoint& a, const Endpoint& b) {
    return a.name == b.name && a.request == b.request && a.response == b.response &&
           a.metadata == b.metadata;
  }
};

/// One running instance.
struct Node {
  std::string id;       ///< unique, `greeter-<uuid>`
  std::string address;  ///< host or IP; IPv6 in brackets
  std::uint16_t port = 0;
  std::map<std::string, std::string> metadata;

  /// What a Transport dials: `address:port`.
  std::string dialAddress() const { return address + ":" + std::to_string(port); }

  friend bool operator==(const Node& a, const Node& b) {
    return a.id == b.id && a.address == b.address && a.port == b.port && a.metadata == b.metadata;
  }
};

/// All instances of one version of a service.
struct ServiceInfo {
  std::string name;
  std::string version;
  std::map<std::string, std::string> metadata;
  std::vector<Endpoint> endpoints;
  std::vector<Node> nodes;

  friend bool operator==(const ServiceInfo& a, const ServiceInfo& b) {
    return a.name == b.name && a.version == b.version && a.metadata == b.metadata &&
           a.endpoints == b.endpoints && a.nodes == b.nodes;
  }
};

struct RegisterOptions {
  /// The registration ends unless it is renewed within this time; 0: it stays until deregistered.
  std::chrono::milliseconds ttl{0};
};

/// What has happened to one version of a service.
struct ServiceEvent {
  enum class What {
    kCreate,  ///< it has its first healthy nodes
    kUpdate,  ///< its nodes or their data are others
    kDelete,  ///< it has no healthy node any more
  } what;
  ServiceInfo service;  ///< as it is now; after kDelete as it was
};

/// Where the nodes of a service are found. One per process is enough; not thread-safe.
///
/// Every function starts its work and returns; the callback runs exactly once in a later turn of
/// the loop, or never when the Call is dropped. Errors name the registry and what it answered.
class EVMICRO_EXPORT Registry {
 public:
  using Done = std::function<void(Status)>;
  using Found = std::function<void(Result<std::vector<ServiceInfo>>)>;
  using Listed = std::function<void(Result<std::vector<std::string>>)>;
  using Changed = std::function<void(Result<std::vector<ServiceInfo>>)>;
  using OnEvent = std::function<void(Result<ServiceEvent>)>;
  using NamesChanged = std::function<void(Result<std::vector<std::string>>)>;

  Registry() = default;
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;
  virtual ~Registry() = default;

  /// "consul", "etcd", "memory".
  virtual std::string_view name() const = 0;
  /// `host:port` of the registry that is in use, empty when it has none.
  virtual std::string address() const = 0;

  /// Announces `service.nodes` (one, as a rule). Announcing the same id again replaces it.
  virtual Call registerService(const ServiceInfo& service, RegisterOptions options, Done done) = 0;
  /// Renews the TTL of what was registered, and proves what callers look up: what the registry has
  /// lost or changed is written again, or the error says so. kNotFound or any other error: register
  /// again.
  virtual Call renew(const ServiceInfo& service, Done done) = 0;
  /// Takes `service.nodes` back. A node that is not there is no error.
  virtual Call deregister(const ServiceInfo& service, Done done) = 0;

  /// Looks `name` up: one entry per version, with the nodes that are healthy. An unknown name, or
  /// one without a healthy node, is kNotFound, never an empty list.
  virtual Call getService(std::string_view name, Found found) = 0;
  /// The names of all services, sorted.
  virtual Call listServices(Listed listed) = 0;

  /// Follows `name`: `changed` runs in a later turn with all versions that have healthy nodes,
  /// sorted by version and their nodes by id; an empty vector when there are none. First as soon as
  /// that is known, then after every real change. With an error when the registry stops answering,
  /// once per outage; the next success tells the versions again, even when nothing has changed.
  /// All who follow the same name share one watch. Dropping the token ends it.
  virtual Subscription follow(std::string_view name, Changed changed) = 0;
  /// The same for the names of all services, sorted.
  virtual Subscription followNames(NamesChanged changed) = 0;

  /// Tells what happens to `name`, or to all services when it is empty, as events: kCreate for each
  /// version that there is, then each true change. With an error when the registry stops answering,
  /// once per outage; what happened meanwhile is told when it is back. Dropping the token ends it.
  Subscription watch(std::string_view name, OnEvent onEvent);
};

}  // namespace evmicro

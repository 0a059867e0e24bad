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

/// The schema of a message or field in an endpoint's description. `type` is a Go type name
/// (`string`, `int64`, `[]HelloRequest`); `values` are its fields.
struct Value {
  std::string name;           ///< of the field; of the message, in the outermost
  std::string type;           ///< `string`, `int64`, the name of a message
  std::vector<Value> values;  ///< the fields of a message

  friend bool operator==(const Value& a, const Value& b) {
    return a.name == b.name && a.type == b.type && a.values == b.values;
  }
};

/// A method or a subscriber of a service.
struct Endpoint {
  std::string name;                             ///< `Greeter.Hello`
  std::optional<Value> request;                 ///< the shapes of its messages, if they are known
  std::optional<Value> response;                ///< see request
  std::map<std::string, std::string> metadata;  ///< `stream` is `true` for streaming methods

  friend bool operator==(const Endpoint& a, const Endpoint& b) {
    return a.name == b.name && a.request == b.request && a.response == b.response &&
           a.metadata == b.metadata;
  }
};

/// One running instance.
struct Node {
  std::string id;          ///< unique, `greeter-<uuid>`
  std::string address;     ///< host or IP; IPv6 in brackets; or `unix:///path`, with the port 0
  std::uint16_t port = 0;  ///< 0: the address is a Unix socket
  std::map<std::string, std::string> metadata;  ///< labels, and what the node can do

  /// The address to dial: `address:port`, or the address alone if the port is 0.
  std::string dialAddress() const {
    return port == 0 ? address : address + ":" + std::to_string(port);
  }

  friend bool operator==(const Node& a, const Node& b) {
    return a.id == b.id && a.address == b.address && a.port == b.port && a.metadata == b.metadata;
  }
};

/// All instances of one version of a service.
struct ServiceInfo {
  std::string name;                             ///< by which callers find it
  std::string version;                          ///< a service may have nodes of several
  std::map<std::string, std::string> metadata;  ///< of this version
  std::vector<Endpoint> endpoints;              ///< methods and subscriptions
  std::vector<Node> nodes;                      ///< the running instances of this version

  friend bool operator==(const ServiceInfo& a, const ServiceInfo& b) {
    return a.name == b.name && a.version == b.version && a.metadata == b.metadata &&
           a.endpoints == b.endpoints && a.nodes == b.nodes;
  }
};

/// How long a registration lasts.
struct RegisterOptions {
  /// The registration expires unless it is renewed within this time; 0: it stays until it is
  /// deregistered.
  std::chrono::milliseconds ttl{0};
};

/// A change of one version of a service.
struct ServiceEvent {
  /// What has happened to the service.
  enum class What {
    kCreate,  ///< its first healthy nodes have appeared
    kUpdate,  ///< its nodes or their data have changed
    kDelete,  ///< it has no healthy node any more
  } what;
  ServiceInfo service;  ///< the current state; for kDelete the last one
};

/// Stores and finds the nodes of services. One per process is enough; not thread-safe.
///
/// Every function starts its work and returns. The callback runs exactly once, in a later turn of
/// the loop, or never if the returned token is dropped. Errors name the registry and quote its
/// answer.
class EVMICRO_EXPORT Registry {
 public:
  /// The outcome of an operation, and what was asked for.
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
  /// `host:port` of the registry server in use; empty if there is none.
  virtual std::string address() const = 0;

  /// Registers `service.nodes` (usually one). Registering an id again replaces the node.
  virtual Call registerService(const ServiceInfo& service, RegisterOptions options, Done done) = 0;
  /// Renews the TTL of a registration, and verifies that lookups still return it: anything the
  /// registry has lost or changed is written again, or reported as an error. After any error,
  /// kNotFound included, register again.
  virtual Call renew(const ServiceInfo& service, Done done) = 0;
  /// Removes `service.nodes`. A node that is not registered is not an error.
  virtual Call deregister(const ServiceInfo& service, Done done) = 0;

  /// Looks up `name`: one entry per version, with its healthy nodes. If the name is unknown or has
  /// no healthy node, the result is kNotFound, never an empty list.
  virtual Call getService(std::string_view name, Found found) = 0;
  /// The names of all services, sorted.
  virtual Call listServices(Listed listed) = 0;

  /// Follows `name`: `changed` runs in a later turn with all versions that have healthy nodes,
  /// sorted by version and their nodes by id; the vector is empty if there are none. It runs as
  /// soon as they are known, then after every real change. When the registry stops answering it
  /// runs with an error, once per outage, and after recovery with the versions again, even if
  /// nothing has changed. All followers of one name share one watch. Dropping the token
  /// unsubscribes.
  virtual Subscription follow(std::string_view name, Changed changed) = 0;
  /// The same for the names of all services, sorted.
  virtual Subscription followNames(NamesChanged changed) = 0;

  /// Reports changes of `name`, or of all services if it is empty, as events: kCreate for each
  /// existing version, then every real change. When the registry stops answering, `onEvent` runs
  /// with an error, once per outage; the changes made meanwhile are reported after recovery.
  /// Dropping the token unsubscribes.
  Subscription watch(std::string_view name, OnEvent onEvent);
};

}  // namespace evmicro

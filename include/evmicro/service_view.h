#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <evmicro/call.h>
#include <evmicro/export.h>
#include <evmicro/registry.h>
#include <evmicro/status.h>

namespace evmicro {

class EventLoop;

/// What is known of one service at one moment. Immutable.
struct EVMICRO_EXPORT ServiceSnapshot {
  /// A node and the version that it belongs to; both point into `versions`.
  struct Entry {
    const ServiceInfo* version;  ///< what the node is registered with
    const Node* node;            ///< never null
  };

  /// `lastResort` has the nodes to call when there are no others.
  explicit ServiceSnapshot(std::vector<ServiceInfo> versions,
                           std::shared_ptr<const ServiceSnapshot> lastResort = nullptr);
  ServiceSnapshot(const ServiceSnapshot&) = delete;  // `nodes` points into it
  ServiceSnapshot& operator=(const ServiceSnapshot&) = delete;

  const std::vector<ServiceInfo> versions;  ///< sorted by version, their nodes by id
  const std::vector<Entry> nodes;           ///< the nodes of all versions
  /// Nodes to use when none of `nodes` can be called, see ServiceViewOptions::keepLost. Null: none.
  const std::shared_ptr<const ServiceSnapshot> lastResort;
};

/// How long a view remembers.
struct ServiceViewOptions {
  /// How long an unknown name is answered with kNotFound without another lookup.
  std::chrono::milliseconds notFoundFor{1'000};
  /// A service that has not been used for this long is no longer followed.
  std::chrono::milliseconds idleAfter{300'000};
  /// How long to keep nodes that the registry no longer lists although they may be healthy, counted
  /// from their last answer. Two cases: nodes missing after an outage of the registry stay among
  /// `nodes`; if the registry drops most or all nodes of a service, the dropped ones become the
  /// last resort. In both cases a node is removed as soon as it refuses a connection, and is an
  /// ordinary node again when the registry lists it. 0: nothing is kept. The default is the default
  /// TTL of a registration.
  std::chrono::milliseconds keepLost{30'000};
  /// Such nodes are not kept longer than this even if they answer.
  std::chrono::milliseconds keepAnswering{300'000};
};

/// What the process knows of services, for metrics.
struct ServiceViewStats {
  std::size_t services = 0;   ///< followed at present
  std::size_t stale = 0;      ///< of these, with data from before the registry stopped answering
  std::size_t lostNodes = 0;  ///< kept although the registry does not list them, see keepLost
  std::chrono::milliseconds staleFor{0};  ///< duration of the longest outage in progress
  std::uint64_t lookUps = 0;              ///< requests for services that were not known yet
  std::uint64_t notFound = 0;             ///< of these, for unknown names
  std::uint64_t outages = 0;              ///< how often a service became stale
};

/// What a process knows of the services that it uses: each is looked up at its first use, followed
/// from then on, and forgotten when it is no longer used. Later calls neither wait for the registry
/// nor fail while it is unavailable: the last known state stays in use. One view is shared by
/// everything that needs nodes. Not thread-safe.
class EVMICRO_EXPORT ServiceView {
 public:
  /// A state of a service; it does not change.
  using Snapshot = std::shared_ptr<const ServiceSnapshot>;
  /// What get() has found.
  using Found = std::function<void(Result<Snapshot>)>;

  /// `loop` and `registry` must outlive it.
  ServiceView(EventLoop& loop, Registry& registry, ServiceViewOptions options = {});
  ServiceView(const ServiceView&) = delete;
  ServiceView& operator=(const ServiceView&) = delete;
  /// Tokens of get() may outlive it; their callbacks do not run then.
  ~ServiceView();

  /// Returns what is known of `name`. Null: nothing yet, use get(). A snapshot without nodes means
  /// that the service has lost its last one; it may have a last resort.
  Snapshot known(std::string_view name);
  /// Looks up `name`; `found` runs exactly once, in a later turn, unless the token is dropped.
  /// Concurrent requests for one service share one lookup. `found` never gets a snapshot without
  /// nodes: the error is kNotFound then, or the registry's if it does not answer and nothing is
  /// known.
  Call get(std::string_view name, Found found);

  /// Reports how a call to `node` of `name` ended, as Selector::mark does. Decides whether a node
  /// that the registry no longer lists is kept: kUnavailable means that it refused. Very cheap
  /// while no such node is kept.
  void mark(std::string_view name, const Node& node, const Status& outcome);

  /// As it is now.
  ServiceViewStats stats() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace evmicro

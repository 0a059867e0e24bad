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

/// What is known of one service at one moment. Never changes once it is made.
struct EVMICRO_EXPORT ServiceSnapshot {
  /// One node and the version that it belongs to; both are in `versions`.
  struct Entry {
    const ServiceInfo* version;
    const Node* node;
  };

  explicit ServiceSnapshot(std::vector<ServiceInfo> versions,
                           std::shared_ptr<const ServiceSnapshot> lastResort = nullptr);
  ServiceSnapshot(const ServiceSnapshot&) = delete;  // `nodes` points into it
  ServiceSnapshot& operator=(const ServiceSnapshot&) = delete;

  const std::vector<ServiceInfo> versions;  ///< sorted by version, their nodes by id
  const std::vector<Entry> nodes;           ///< of all versions
  /// Nodes to call when none of `nodes` can be: see ServiceViewOptions::keepLost. Null: none.
  const std::shared_ptr<const ServiceSnapshot> lastResort;
};

struct ServiceViewOptions {
  /// For so long a name that nobody has is answered with kNotFound without asking again.
  std::chrono::milliseconds notFoundFor{1'000};
  /// A service that nobody has asked for in so long is not followed any more.
  std::chrono::milliseconds idleAfter{300'000};
  /// How long nodes are kept that the registry no longer names although they may be well; counted
  /// from their last answer. Two cases: what it does not name when it is back after an outage stays
  /// among the nodes; when it drops most nodes of a service, all of them included, they become the
  /// last resort. Either way a node goes at once when it refuses a connection, and is a full node
  /// again when the registry names it. 0: nothing is kept. By default the default TTL of a
  /// registration.
  std::chrono::milliseconds keepLost{30'000};
  /// Nodes that answer are kept no longer than this either.
  std::chrono::milliseconds keepAnswering{300'000};
};

struct ServiceViewStats {
  std::size_t services = 0;   ///< followed now
  std::size_t stale = 0;      ///< of these, known from before the registry stopped answering
  std::size_t lostNodes = 0;  ///< kept although the registry does not name them: keepLost
  std::chrono::milliseconds staleFor{0};  ///< age of the oldest outage that lasts
  std::uint64_t lookUps = 0;              ///< services asked for that were not known
  std::uint64_t notFound = 0;             ///< of these, names that nobody had
  std::uint64_t outages = 0;              ///< times that a service became stale
};

/// What a process knows of the services that it uses: looked up at the first use, followed from
/// then on, forgotten when unused. So no call waits for the registry, and none fails because it is
/// away: what was known then is used on. Shared by all who need nodes. Not thread-safe.
class EVMICRO_EXPORT ServiceView {
 public:
  using Snapshot = std::shared_ptr<const ServiceSnapshot>;
  using Found = std::function<void(Result<Snapshot>)>;

  /// `loop` and `registry` must outlive it.
  ServiceView(EventLoop& loop, Registry& registry, ServiceViewOptions options = {});
  ServiceView(const ServiceView&) = delete;
  ServiceView& operator=(const ServiceView&) = delete;
  /// Tokens of get() may be kept for longer; their callbacks do not run any more.
  ~ServiceView();

  /// What is known of `name` now, at once. Null when nothing is known yet: use get(). Without nodes
  /// when the service has lost its last one, but perhaps with a last resort.
  Snapshot known(std::string_view name);
  /// Finds `name`; `found` runs exactly once in a later turn, unless the Call is dropped. Everybody
  /// who waits for the same service shares one look-up. Never a snapshot without nodes: kNotFound
  /// then, and the registry's error when it does not answer and nothing is known.
  Call get(std::string_view name, Found found);

  /// How a call to `node` of `name` ended, as Selector::mark was told: decides whether a node is
  /// kept that the registry no longer names. kUnavailable: it refused. Costs next to nothing while
  /// no node is kept.
  void mark(std::string_view name, const Node& node, const Status& outcome);

  ServiceViewStats stats() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace evmicro

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

  explicit ServiceSnapshot(std::vector<ServiceInfo> versions);
  ServiceSnapshot(const ServiceSnapshot&) = delete;  // `nodes` points into it
  ServiceSnapshot& operator=(const ServiceSnapshot&) = delete;

  const std::vector<ServiceInfo> versions;  ///< sorted by version, their nodes by id
  const std::vector<Entry> nodes;           ///< of all versions
};

struct ServiceViewOptions {
  /// For so long a name that nobody has is answered with kNotFound without asking again.
  std::chrono::milliseconds notFoundFor{1'000};
  /// A service that nobody has asked for in so long is not followed any more.
  std::chrono::milliseconds idleAfter{300'000};
  /// For so long nodes are kept that the registry does not name any more after it was away: it may
  /// have lost them, and they come back with their next heartbeat.
  std::chrono::milliseconds keepLost{15'000};
};

struct ServiceViewStats {
  std::size_t services = 0;   ///< followed now
  std::size_t stale = 0;      ///< of these, known from before the registry stopped answering
  std::size_t lostNodes = 0;  ///< kept although the registry does not name them, see keepLost
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
  /// when the service has lost its last one.
  Snapshot known(std::string_view name);
  /// Finds `name`; `found` runs exactly once in a later turn, unless the Call is dropped. Everybody
  /// who waits for the same service shares one look-up. Never a snapshot without nodes: kNotFound
  /// then, and the registry's error when it does not answer and nothing is known.
  Call get(std::string_view name, Found found);

  ServiceViewStats stats() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace evmicro

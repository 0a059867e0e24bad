#pragma once

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

/// Says whether `node` of `service` (one version of it) may be chosen.
using NodeFilter = std::function<bool(const ServiceInfo& service, const Node& node)>;

/// Filters for SelectOptions.
EVMICRO_EXPORT NodeFilter versionFilter(std::string version);
EVMICRO_EXPORT NodeFilter endpointFilter(std::string endpoint);
EVMICRO_EXPORT NodeFilter labelFilter(std::string key, std::string value);

struct SelectOptions {
  std::vector<NodeFilter> filters;
  /// Ids of nodes that have been tried: taken again only when there is no other.
  std::vector<std::string> tried;
};

/// Chooses the node that a call goes to. Not thread-safe.
class EVMICRO_EXPORT Selector {
 public:
  using Selected = std::function<void(Result<Node>)>;

  Selector() = default;
  Selector(const Selector&) = delete;
  Selector& operator=(const Selector&) = delete;
  virtual ~Selector() = default;

  virtual std::string_view name() const = 0;

  /// Chooses a node of `service`; `selected` runs in a later turn, exactly once unless the Call is
  /// dropped. kNotFound: no such service, or no node passes the filters.
  virtual Call select(std::string_view service, const SelectOptions& options,
                      Selected selected) = 0;
  /// Tells how a call to `node` ended.
  virtual void mark(std::string_view service, const Node& node, const Status& outcome) = 0;
};

/// A node at random, each with the same chance whatever its version. Calls that wait for the same
/// service share one look-up. `registry` must outlive it.
EVMICRO_EXPORT std::unique_ptr<Selector> makeRandomSelector(Registry& registry);

}  // namespace evmicro

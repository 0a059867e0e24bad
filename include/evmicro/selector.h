#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <evmicro/call.h>
#include <evmicro/export.h>
#include <evmicro/registry.h>
#include <evmicro/status.h>

namespace evmicro {

class ServiceView;

/// Returns whether `node` of `service` (one version of it) may be chosen.
using NodeFilter = std::function<bool(const ServiceInfo& service, const Node& node)>;

/// A filter for CallOptions: nodes of a version.
EVMICRO_EXPORT NodeFilter versionFilter(std::string version);
/// Nodes that have an endpoint, such as `Greeter.Hello`.
EVMICRO_EXPORT NodeFilter endpointFilter(std::string endpoint);
/// Nodes with a value in their metadata.
EVMICRO_EXPORT NodeFilter labelFilter(std::string key, std::string value);

/// Constraints on the choice. Borrows its members for one choose().
struct SelectCriteria {
  const std::vector<NodeFilter>& filters;  ///< all must return true
  /// Ids of nodes to avoid: chosen only if there is no other.
  const std::vector<std::string>& tried;
};

/// Chooses the node that a call goes to. Not thread-safe.
class EVMICRO_EXPORT Selector {
 public:
  /// A node as it was when it was chosen; remains valid and unchanged while it is held.
  using NodePtr = std::shared_ptr<const Node>;

  Selector() = default;
  Selector(const Selector&) = delete;
  Selector& operator=(const Selector&) = delete;
  virtual ~Selector() = default;

  /// The name in flags: "random".
  virtual std::string_view name() const = 0;

  /// Chooses a node of `service` synchronously, from what is known of it. nullopt: nothing is known
  /// yet; call prepare(), and choose again when it is done. kNotFound: no node passes the filters.
  ///
  /// A chosen node counts as having a call in progress until mark().
  virtual std::optional<Result<NodePtr>> choose(std::string_view service,
                                                const SelectCriteria& criteria) = 0;
  /// Looks up `service`; `ready` runs exactly once, in a later turn, unless the token is dropped.
  /// ok(): choose() has nodes now. kNotFound: there is no such service.
  virtual Call prepare(std::string_view service, std::function<void(Status)> ready) = 0;
  /// Reports how the call to `node` ended. Must be called once for each choice. kCancelled says
  /// nothing about the node.
  virtual void mark(std::string_view service, const Node& node, const Status& outcome) = 0;
};

/// Options of all selectors.
struct SelectorOptions {
  /// Seed of the random choices, for tests; not set: a different one each time.
  std::optional<std::uint32_t> seed;
  /// How long the blacklist selector avoids a node that has failed.
  std::chrono::milliseconds avoidFor{60'000};
};

// For all that follow: `view` must outlive the selector. The nodes of all versions are treated
// alike; without filters, the time for a choice does not grow with the number of nodes.

/// A random node, all with equal probability.
EVMICRO_EXPORT std::unique_ptr<Selector> makeRandomSelector(ServiceView& view,
                                                            SelectorOptions options = {});
/// The nodes in turn, beginning with a random one.
EVMICRO_EXPORT std::unique_ptr<Selector> makeRoundRobinSelector(ServiceView& view,
                                                                SelectorOptions options = {});
/// The node with the fewest calls and streams of this process in progress; a random one of several.
EVMICRO_EXPORT std::unique_ptr<Selector> makeLeastConnSelector(ServiceView& view,
                                                               SelectorOptions options = {});
/// A random node, avoiding those that recently could not be reached, broke the connection or did
/// not answer in time; if all have, any of them. Any reply, even an error, clears a node.
EVMICRO_EXPORT std::unique_ptr<Selector> makeBlacklistSelector(ServiceView& view,
                                                               SelectorOptions options = {});

}  // namespace evmicro

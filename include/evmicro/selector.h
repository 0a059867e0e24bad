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

/// Says whether `node` of `service` (one version of it) may be chosen.
using NodeFilter = std::function<bool(const ServiceInfo& service, const Node& node)>;

/// Filters for CallOptions.
EVMICRO_EXPORT NodeFilter versionFilter(std::string version);
EVMICRO_EXPORT NodeFilter endpointFilter(std::string endpoint);
EVMICRO_EXPORT NodeFilter labelFilter(std::string key, std::string value);

/// What a chosen node must meet. Only borrows its parts, for one choose().
struct SelectCriteria {
  const std::vector<NodeFilter>& filters;  ///< all must say yes
  /// Ids of nodes that have been tried: taken again only when there is no other.
  const std::vector<std::string>& tried;
};

/// Chooses the node that a call goes to. Not thread-safe.
class EVMICRO_EXPORT Selector {
 public:
  /// A node as it was when it was chosen; stays as it is for as long as it is held.
  using NodePtr = std::shared_ptr<const Node>;

  Selector() = default;
  Selector(const Selector&) = delete;
  Selector& operator=(const Selector&) = delete;
  virtual ~Selector() = default;

  /// The name in flags: "random".
  virtual std::string_view name() const = 0;

  /// Chooses a node of `service` at once, from what is known. Nothing when nothing is known yet:
  /// wait by prepare(), then choose again. kNotFound: no node passes the filters.
  ///
  /// A chosen node counts as having a call from now on: mark() ends it.
  virtual std::optional<Result<NodePtr>> choose(std::string_view service,
                                                const SelectCriteria& criteria) = 0;
  /// Finds out about `service`; `ready` runs in a later turn, exactly once unless the Call is
  /// dropped. ok(): choose() has nodes now. kNotFound: there is no such service.
  virtual Call prepare(std::string_view service, std::function<void(Status)> ready) = 0;
  /// Tells how the call to `node` ended: once for each choice. kCancelled says nothing of the node.
  virtual void mark(std::string_view service, const Node& node, const Status& outcome) = 0;
};

struct SelectorOptions {
  /// Of the random choices; not set: another one each time. For tests.
  std::optional<std::uint32_t> seed;
  /// How long the blacklist selector spares a node that has failed.
  std::chrono::milliseconds sparedFor{60'000};
};

/// `view` must outlive each of these. They choose among the nodes of all versions alike, in a time
/// that does not grow with the number of nodes as long as there are no filters.

/// Any node, each with the same chance.
EVMICRO_EXPORT std::unique_ptr<Selector> makeRandomSelector(ServiceView& view,
                                                            SelectorOptions options = {});
/// One node after the other, beginning with any.
EVMICRO_EXPORT std::unique_ptr<Selector> makeRoundRobinSelector(ServiceView& view,
                                                                SelectorOptions options = {});
/// The node with the least calls and streams of this process in progress; of several, any.
EVMICRO_EXPORT std::unique_ptr<Selector> makeLeastConnSelector(ServiceView& view,
                                                               SelectorOptions options = {});
/// Any node but those that could not be reached, broke off or did not answer in time lately; when
/// there is no other, any. An answer, also an error, ends the sparing at once.
EVMICRO_EXPORT std::unique_ptr<Selector> makeBlacklistSelector(ServiceView& view,
                                                               SelectorOptions options = {});

}  // namespace evmicro

#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <evmicro/event_loop.h>
#include <evmicro/registry.h>

namespace evmicro::detail {

using Versions = std::vector<ServiceInfo>;

/// Merges the nodes of `more` into `all`, keeping the order.
void addNodes(Versions& all, const Versions& more);
std::size_t countNodes(const Versions& versions);

/// The nodes of one service that the registry no longer lists, until it is certain that they are
/// gone. Nodes are identified by their ids.
class LostNodes {
 public:
  using Time = EventLoop::Clock::time_point;
  using Duration = std::chrono::milliseconds;
  /// Why the registry does not list them: an outage of its own, or possibly because the node has
  /// deregistered.
  enum class Cause { kOutage, kDropped };

  /// Keeps each node for `keep` after it was lost or last answered, and for `longest` in total.
  LostNodes(Duration keep, Duration longest) : keep_(keep), longest_(longest) {}

  /// The registry lists the nodes of `now`, and listed those of `before` until now. After an
  /// outage, the time of nodes that were lost earlier starts again.
  void update(const Versions& before, const Versions& now, Cause cause, Time time);
  /// Returns whether it was one of them.
  bool remove(const std::string& id);
  void answered(const std::string& id, Time time);
  /// Returns whether any were removed.
  bool expire(Time time);
  /// When to call expire() next; nullopt if no node is left.
  std::optional<Time> nextEnd() const;

  bool empty() const noexcept { return nodes_.empty(); }
  /// The nodes lost in an outage.
  Versions stillMembers() const { return lostBy(Cause::kOutage); }
  /// The other lost nodes, if they outnumber the `left` nodes that are still listed: a service that
  /// shrinks by less is assumed to do so in an orderly way.
  Versions lastResort(std::size_t left) const;

 private:
  struct Lost {
    ServiceInfo version;  // with this node alone
    Cause cause;
    Time since;
    Time until;
    const std::string& id() const { return version.nodes.front().id; }
  };

  Versions lostBy(Cause cause) const;

  const Duration keep_;
  const Duration longest_;
  std::vector<Lost> nodes_;
};

}  // namespace evmicro::detail

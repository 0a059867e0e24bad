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

/// Adds the nodes of `more` to `all`, in order.
void addNodes(Versions& all, const Versions& more);
std::size_t countNodes(const Versions& versions);

/// The nodes of one service that the registry has stopped naming, until it is certain that it was
/// right. Nodes are the same when their ids are.
class LostNodes {
 public:
  using Time = EventLoop::Clock::time_point;
  using Duration = std::chrono::milliseconds;
  /// Why the registry does not name them: its own trouble, or perhaps the node's wish.
  enum class Cause { kOutage, kDropped };

  /// Keeps each for `keep` since it was lost or answered last, and for `longest` in all.
  LostNodes(Duration keep, Duration longest) : keep_(keep), longest_(longest) {}

  /// The registry names the nodes of `now`; until now it named those of `before`. After an outage
  /// all that were lost earlier are kept anew.
  void update(const Versions& before, const Versions& now, Cause cause, Time time);
  /// Whether it was one of them.
  bool remove(const std::string& id);
  void answered(const std::string& id, Time time);
  /// Whether some have gone.
  bool expire(Time time);
  /// When to call expire(); nothing when none is left.
  std::optional<Time> nextEnd() const;

  bool empty() const noexcept { return nodes_.empty(); }
  /// What was lost in an outage.
  Versions stillMembers() const { return lostBy(Cause::kOutage); }
  /// The others, if they are more than the `left` nodes that there are. A service that shrinks by
  /// less does so in order.
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

#include "discovery/lost_nodes.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include <evmicro/check_service.h>

namespace evmicro::detail {

namespace {

std::set<std::string_view> idsOf(const Versions& versions) {
  std::set<std::string_view> ids;
  for (const ServiceInfo& version : versions) {
    for (const Node& node : version.nodes) ids.insert(node.id);
  }
  return ids;
}

}  // namespace

void addNodes(Versions& all, const Versions& more) {
  for (const ServiceInfo& version : more) {
    const auto same = std::find_if(all.begin(), all.end(), [&](const ServiceInfo& known) {
      return known.version == version.version;
    });
    if (same == all.end()) {
      all.push_back(version);
    } else {
      same->nodes.insert(same->nodes.end(), version.nodes.begin(), version.nodes.end());
    }
  }
  sortVersions(all);
}

std::size_t countNodes(const Versions& versions) {
  std::size_t count = 0;
  for (const ServiceInfo& version : versions) count += version.nodes.size();
  return count;
}

void LostNodes::update(const Versions& before, const Versions& now, Cause cause, Time time) {
  if (keep_.count() <= 0) return;
  const auto named = idsOf(now);
  const auto isNamed = [&](const Lost& lost) { return named.count(lost.id()) > 0; };
  nodes_.erase(std::remove_if(nodes_.begin(), nodes_.end(), isNamed), nodes_.end());
  if (cause == Cause::kOutage) {
    for (Lost& lost : nodes_) {
      lost.since = time;
      lost.until = time + keep_;
    }
  }
  for (const ServiceInfo& version : before) {
    for (const Node& node : version.nodes) {
      if (named.count(node.id) > 0) continue;
      ServiceInfo alone{version.name, version.version, version.metadata, version.endpoints, {node}};
      nodes_.push_back({std::move(alone), cause, time, time + keep_});
    }
  }
}

bool LostNodes::remove(const std::string& id) {
  const auto place =
      std::find_if(nodes_.begin(), nodes_.end(), [&](const Lost& lost) { return lost.id() == id; });
  if (place == nodes_.end()) return false;
  nodes_.erase(place);
  return true;
}

void LostNodes::answered(const std::string& id, Time time) {
  for (Lost& lost : nodes_) {
    if (lost.id() == id) lost.until = std::min(time + keep_, lost.since + longest_);
  }
}

bool LostNodes::expire(Time time) {
  const auto rest = std::remove_if(nodes_.begin(), nodes_.end(),
                                   [time](const Lost& lost) { return lost.until <= time; });
  const bool some = rest != nodes_.end();
  nodes_.erase(rest, nodes_.end());
  return some;
}

std::optional<LostNodes::Time> LostNodes::nextEnd() const {
  const auto first = std::min_element(
      nodes_.begin(), nodes_.end(), [](const Lost& a, const Lost& b) { return a.until < b.until; });
  if (first == nodes_.end()) return std::nullopt;
  return first->until;
}

Versions LostNodes::lostBy(Cause cause) const {
  Versions versions;
  for (const Lost& lost : nodes_) {
    if (lost.cause == cause) addNodes(versions, {lost.version});
  }
  return versions;
}

Versions LostNodes::lastResort(std::size_t left) const {
  const auto dropped = std::count_if(
      nodes_.begin(), nodes_.end(), [](const Lost& lost) { return lost.cause == Cause::kDropped; });
  if (static_cast<std::size_t>(dropped) <= left) return {};
  return lostBy(Cause::kDropped);
}

}  // namespace evmicro::detail

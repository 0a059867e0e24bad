#include <algorithm>
#include <map>
#include <random>
#include <utility>

#include <evmicro/selector.h>

namespace evmicro {

namespace {

using Versions = std::vector<ServiceInfo>;

bool passes(const SelectOptions& options, const ServiceInfo& service, const Node& node) {
  return std::all_of(options.filters.begin(), options.filters.end(),
                     [&](const NodeFilter& filter) { return filter(service, node); });
}

bool wasTried(const SelectOptions& options, const Node& node) {
  return std::find(options.tried.begin(), options.tried.end(), node.id) != options.tried.end();
}

class RandomSelector final : public Selector {
 public:
  explicit RandomSelector(Registry& registry)
      : registry_(registry), random_(std::random_device{}()) {}

  std::string_view name() const override { return "random"; }
  Call select(std::string_view service, const SelectOptions& options, Selected selected) override;
  void mark(std::string_view, const Node&, const Status&) override {}

 private:
  struct Waiting {
    SelectOptions options;
    Selected selected;
  };
  struct Lookup {
    std::vector<std::weak_ptr<Waiting>> waiting;
    Call call;
  };

  void found(const std::string& service, const Result<Versions>& versions);
  Result<Node> choose(const std::string& service, const Versions& versions,
                      const SelectOptions& options);

  Registry& registry_;
  std::minstd_rand random_;
  std::map<std::string, Lookup, std::less<>> lookups_;  // one per service in question
};

Call RandomSelector::select(std::string_view service, const SelectOptions& options,
                            Selected selected) {
  auto waiting = std::make_shared<Waiting>(Waiting{options, std::move(selected)});
  std::string name(service);
  Lookup& lookup = lookups_[name];
  const bool first = lookup.waiting.empty();
  lookup.waiting.push_back(waiting);
  if (first) {
    lookup.call = registry_.getService(
        service,
        [this, name = std::move(name)](Result<Versions> versions) { found(name, versions); });
  }
  return Call(std::move(waiting));
}

// Tells everyone who waits; any of them may destroy the selector.
void RandomSelector::found(const std::string& service, const Result<Versions>& versions) {
  const auto entry = lookups_.extract(service);
  std::vector<std::pair<std::weak_ptr<Waiting>, Result<Node>>> answers;
  for (const auto& each : entry.mapped().waiting) {
    const auto waiting = each.lock();
    if (!waiting) continue;
    if (versions.ok()) {
      answers.emplace_back(each, choose(entry.key(), *versions, waiting->options));
    } else {
      answers.emplace_back(each, versions.status());
    }
  }
  for (auto& [each, answer] : answers) {
    const auto waiting = each.lock();
    if (!waiting) continue;
    const Selected selected = std::move(waiting->selected);
    selected(std::move(answer));
  }
}

Result<Node> RandomSelector::choose(const std::string& service, const Versions& versions,
                                    const SelectOptions& options) {
  std::vector<const Node*> fresh;
  std::vector<const Node*> tried;
  for (const ServiceInfo& version : versions) {
    for (const Node& node : version.nodes) {
      if (passes(options, version, node))
        (wasTried(options, node) ? tried : fresh).push_back(&node);
    }
  }
  const std::vector<const Node*>& nodes = fresh.empty() ? tried : fresh;
  if (nodes.empty()) {
    return Status::notFound("selector: service \"" + service + "\": no node passes the filters");
  }
  return *nodes[std::uniform_int_distribution<std::size_t>(0, nodes.size() - 1)(random_)];
}

}  // namespace

std::unique_ptr<Selector> makeRandomSelector(Registry& registry) {
  return std::make_unique<RandomSelector>(registry);
}

}  // namespace evmicro

// `evmicro watch`: what changes in the registry.
#include <map>
#include <memory>

#include <CLI/CLI.hpp>

#include <evmicro/service.h>

#include "tool/command.h"
#include "tool/output.h"
#include "tool/printable.h"
#include "tool/waiting.h"

namespace evmicro::tool {

namespace {

struct WatchArguments {
  std::string service;    // empty: all
  std::size_t count = 0;  // 0: no end
};

// The nodes of one service as they were last, and a line for each that has changed since.
class Nodes {
 public:
  explicit Nodes(std::string name) : name_(std::move(name)) {}

  std::vector<std::string> changes(const std::vector<ServiceInfo>& versions) {
    std::map<std::string, Known> now;
    for (const ServiceInfo& service : versions) {
      for (const Node& node : service.nodes) now[node.id] = {service.version, node};
    }
    std::vector<std::string> lines;
    for (const auto& [id, known] : now) {
      const auto before = known_.find(id);
      if (before == known_.end()) {
        lines.push_back(line("create", known));
      } else if (!(before->second == known)) {
        lines.push_back(line("update", known));
      }
    }
    for (const auto& [id, known] : known_) {
      if (now.count(id) == 0) lines.push_back(line("delete", known));
    }
    known_ = std::move(now);
    return lines;
  }

 private:
  struct Known {
    std::string version;
    Node node;
    friend bool operator==(const Known& a, const Known& b) {
      return a.version == b.version && a.node == b.node;
    }
  };

  std::string line(const char* action, const Known& known) const {
    return std::string(action) + "\t" + printable(name_) + "\t" + printable(known.version) + "\t" +
           printable(known.node.id) + "\t" + printable(known.node.dialAddress()) + "\n";
  }

  const std::string name_;
  std::map<std::string, Known> known_;
};

// Prints changes until there have been enough of them, or something fails.
class Watching {
 public:
  Watching(Registry& registry, const WatchArguments& arguments)
      : registry_(registry), left_(arguments.count) {
    if (!arguments.service.empty()) {
      follow(arguments.service);
      return;
    }
    names_ = registry.followNames([this](Result<std::vector<std::string>> names) {
      if (!names.ok()) return lost(names.status());
      answered_ = true;
      for (const std::string& name : *names) {
        if (services_.count(name) == 0) follow(name);
      }
    });
  }

  bool over() const noexcept { return over_; }
  const Status& outcome() const noexcept { return outcome_; }

 private:
  struct Followed {
    explicit Followed(const std::string& name) : nodes(name) {}
    Nodes nodes;
    Subscription subscription;
  };

  // For ever, so that a service that has gone is seen to come back.
  void follow(const std::string& name) {
    Followed& followed = services_.emplace(name, name).first->second;
    followed.subscription =
        registry_.follow(name, [this, &followed](Result<std::vector<ServiceInfo>> versions) {
          if (!versions.ok()) return lost(versions.status());
          answered_ = true;
          for (const std::string& line : followed.nodes.changes(*versions)) tell(line);
        });
  }

  void tell(const std::string& line) {
    if (over_) return;
    Status printed = print(line);
    if (!printed.ok()) return end(std::move(printed));
    if (left_ > 0 && --left_ == 0) end({});
  }

  // A registry that was there will come back.
  void lost(const Status& why) {
    if (answered_) {
      fail(why);
    } else {
      end(why);
    }
  }

  void end(Status how) {
    if (std::exchange(over_, true)) return;
    outcome_ = std::move(how);
  }

  Registry& registry_;
  std::size_t left_;
  bool answered_ = false;
  bool over_ = false;
  Status outcome_;
  std::map<std::string, Followed> services_;
  Subscription names_;
};

ExitCode watch(const ServiceOptions& options, const WatchArguments& arguments) {
  Service service(options);
  const Watching watching(service.registry(), arguments);
  const Status turned =
      runUntilInterrupted(service.loop(), [&watching] { return watching.over(); });
  if (!turned.ok()) return fail(turned);
  return watching.outcome().ok() ? kDone : fail(watching.outcome());
}

}  // namespace

Action defineWatch(CLI::App& app) {
  app.description(
      "Print the nodes of a service, or of all, and then what changes, until interrupted: create, "
      "update or delete, name, version, id and address, separated by tabs");
  const auto arguments = std::make_shared<WatchArguments>();
  app.add_option("SERVICE", arguments->service, "Name of the service");
  app.add_option("--count", arguments->count, "End after so many lines")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  return [arguments](const ServiceOptions& options) { return watch(options, *arguments); };
}

}  // namespace evmicro::tool

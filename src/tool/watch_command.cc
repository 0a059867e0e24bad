// `evmicro watch`: changes in the registry.
#include <memory>

#include <evmicro/service.h>
#include <evmicro/service_json.h>

#include "tool/arguments.h"
#include "tool/command.h"
#include "tool/json_output.h"
#include "tool/nodes.h"
#include "tool/output.h"
#include "tool/printable.h"
#include "tool/waiting.h"

namespace evmicro::tool {

namespace {

struct WatchArguments {
  std::string service;    // empty: all
  std::size_t count = 0;  // 0: no limit
  Format format = Format::kText;
};

const char* nameOf(ServiceEvent::What what) {
  switch (what) {
    case ServiceEvent::What::kCreate: return "create";
    case ServiceEvent::What::kUpdate: return "update";
    case ServiceEvent::What::kDelete: break;
  }
  return "delete";
}

std::string lineFor(const ServiceEvent& event) {
  std::string nodes;
  for (const Node& node : event.service.nodes) {
    nodes += (nodes.empty() ? "" : ",") + printable(node.id) + "=" + printable(node.dialAddress());
  }
  return std::string(nameOf(event.what)) + "\t" + printable(event.service.name) + "\t" +
         printable(event.service.version) + "\t" + nodes + "\n";
}

std::string jsonFor(const ServiceEvent& event) {
  return jsonLine([&event](detail::JsonWriter& out) {
    out.member("event", nameOf(event.what));
    out.key("service");
    out.checked(toJson(event.service));
  });
}

// Prints events until the requested count is reached, or something fails.
class Watching {
 public:
  Watching(Registry& registry, const WatchArguments& arguments)
      : format_(arguments.format),
        left_(arguments.count),
        events_(registry.watch(arguments.service,
                               [this](Result<ServiceEvent> event) { take(std::move(event)); })) {}

  bool over() const noexcept { return over_; }
  const Status& outcome() const noexcept { return outcome_; }

 private:
  void take(Result<ServiceEvent> event) {
    if (over_) return;
    if (!event.ok()) {
      fail(event.status());  // and continue: it may recover
      return;
    }
    Status printed = print(format_ == Format::kJson ? jsonFor(*event) : lineFor(*event));
    if (!printed.ok()) return end(std::move(printed));
    if (left_ > 0 && --left_ == 0) end({});
  }

  void end(Status how) {
    over_ = true;
    outcome_ = std::move(how);
  }

  const Format format_;
  std::size_t left_;
  bool over_ = false;
  Status outcome_;
  Subscription events_;
};

ExitCode watch(const ServiceOptions& options, const WatchArguments& arguments) {
  Service service(options);
  // A registry that does not answer at the start is more often a wrong address than an outage.
  const auto names = listNames(service);
  if (!names.ok()) return fail(names.status());
  const Watching watching(service.registry(), arguments);
  const Status turned =
      runUntilInterrupted(service.loop(), [&watching] { return watching.over(); });
  if (!turned.ok()) return fail(turned);
  return watching.outcome().ok() ? kDone : fail(watching.outcome());
}

}  // namespace

Action defineWatch(Arguments& arguments) {
  arguments.describe(
      "Print the versions of a service, or of all, and then the changes, until interrupted: lines "
      "of create, update or delete, the name and version of the service, and ID=HOST:PORT of each "
      "node, separated by tabs. With --json each line is an object of event and service");
  const auto parsed = std::make_shared<WatchArguments>();
  arguments.addWord("SERVICE", parsed->service, "Name of the service", Arguments::Need::kOptional);
  arguments.addCount("--count", parsed->count, "Exit after N lines");
  addJsonFlag(arguments, parsed->format);
  return [parsed](const ServiceOptions& options) { return watch(options, *parsed); };
}

}  // namespace evmicro::tool

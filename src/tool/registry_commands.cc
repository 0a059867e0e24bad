// `evmicro list`, `get`, `register` and `deregister`: the content of the registry.
#include <algorithm>
#include <memory>

#include <evmicro/service.h>
#include <evmicro/service_json.h>

#include "json/text.h"
#include "tool/arguments.h"
#include "tool/command.h"
#include "tool/json_argument.h"
#include "tool/json_output.h"
#include "tool/nodes.h"
#include "tool/output.h"
#include "tool/printable.h"
#include "tool/service_text.h"
#include "tool/waiting.h"

namespace evmicro::tool {

namespace {

using Need = Arguments::Need;

// Topics are services, too: a subscriber is registered under the topic's name.
bool isTopic(const std::string& name) { return name.rfind("topic:", 0) == 0; }

std::string lines(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += printable(name) + "\n";
  return text;
}

ExitCode listServices(const ServiceOptions& options, bool all, Format format) {
  Service service(options);
  Result<std::vector<std::string>> names = listNames(service);
  if (!names.ok()) return fail(names.status());
  if (!all) names->erase(std::remove_if(names->begin(), names->end(), isTopic), names->end());
  if (format == Format::kText) return show(lines(*names));
  return show(jsonArray(
      *names, [](detail::JsonWriter& out, const std::string& name) { out.string(name); }));
}

ExitCode getService(const ServiceOptions& options, const std::string& name, Format format) {
  Service service(options);
  const Result<std::vector<ServiceInfo>> found = lookUp(service, name);
  if (!found.ok()) return failLookUp(found.status());
  if (format == Format::kText) return show(describeServices(*found));
  return show(jsonArray(
      *found, [](detail::JsonWriter& out, const ServiceInfo& info) { out.checked(toJson(info)); }));
}

ExitCode changeRegistry(const ServiceOptions& options, const std::string& argument,
                        const std::function<Call(Registry&, ServiceInfo, Registry::Done)>& change) {
  const Result<std::string> text = readArgument(argument);
  if (!text.ok()) return fail(text.status());
  const Result<ServiceInfo> info = serviceFromJson(*text);
  if (!info.ok()) return refuse("the service", info.status());
  Service service(options);
  const Status changed = waitFor<Status>(service.loop(), [&](Registry::Done done) {
    return change(service.registry(), *info, std::move(done));
  });
  return changed.ok() ? show("ok\n") : fail(changed);
}

std::shared_ptr<std::string> addServiceArgument(Arguments& arguments) {
  auto json = std::make_shared<std::string>();
  arguments.addWord("JSON", *json,
                    R"({"name", "version", "metadata", "endpoints", "nodes": [{"id", "address", )"
                    R"("port", "metadata"}]}; - reads it from stdin)",
                    Need::kRequired);
  return json;
}

}  // namespace

Action defineListServices(Arguments& arguments) {
  struct Flags {
    bool all = false;
    Format format = Format::kText;
  };
  arguments.describe(
      "Print the names of all services, sorted, one per line. A topic with subscribers is a "
      "service, "
      "too, named topic:NAME");
  const auto flags = std::make_shared<Flags>();
  arguments.addSwitch(
      "--all", [flags] { flags->all = true; }, "Include topics");
  addJsonFlag(arguments, flags->format);
  return [flags](const ServiceOptions& o) { return listServices(o, flags->all, flags->format); };
}

Action defineGetService(Arguments& arguments) {
  struct Flags {
    std::string name;
    Format format = Format::kText;
  };
  arguments.describe("Print the nodes of a service by version, and its endpoints");
  const auto flags = std::make_shared<Flags>();
  arguments.addWord("NAME", flags->name, "Name of the service", Need::kRequired);
  addJsonFlag(arguments, flags->format);
  return [flags](const ServiceOptions& o) { return getService(o, flags->name, flags->format); };
}

Action defineRegisterService(Arguments& arguments) {
  arguments.describe("Add a service to the registry; it stays there until it is deregistered");
  return [json = addServiceArgument(arguments)](const ServiceOptions& options) {
    return changeRegistry(options, *json, [](Registry& registry, ServiceInfo info, auto done) {
      return registry.registerService(info, {}, std::move(done));
    });
  };
}

Action defineDeregisterService(Arguments& arguments) {
  arguments.describe("Remove nodes of a service from the registry; their ids are enough");
  return [json = addServiceArgument(arguments)](const ServiceOptions& options) {
    return changeRegistry(options, *json, [](Registry& registry, ServiceInfo info, auto done) {
      return registry.deregister(info, std::move(done));
    });
  };
}

}  // namespace evmicro::tool

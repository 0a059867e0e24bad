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
#include "tool/reflection.h"
#include "tool/service_text.h"
#include "tool/sidecar_client.h"
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

Result<std::vector<std::string>> namesFrom(const ServiceOptions& options,
                                           const std::string& proxy) {
  if (!proxy.empty()) return SidecarClient(options, proxy).listNames();
  Service service(options);
  return listNames(service);
}

// What the gRPC server at an address says that it has.
Result<std::vector<std::string>> namesAt(const ServiceOptions& options, const CallFlags& flags) {
  Service service(options);
  auto names = Reflection(service, "services", flags).services();
  if (names.ok()) return names;
  return Status(names.status()).withContext("list services at " + flags.address);
}

ExitCode listServices(const ServiceOptions& options, const std::string& proxy,
                      const CallFlags& flags, bool all, Format format) {
  Result<std::vector<std::string>> names =
      flags.address.empty() ? namesFrom(options, proxy) : namesAt(options, flags);
  if (!names.ok()) return fail(names.status());
  if (!all) names->erase(std::remove_if(names->begin(), names->end(), isTopic), names->end());
  if (format == Format::kText) return show(lines(*names));
  return show(jsonArray(
      *names, [](detail::JsonWriter& out, const std::string& name) { out.string(name); }));
}

Result<std::vector<ServiceInfo>> versionsFrom(const ServiceOptions& options,
                                              const std::string& proxy, const std::string& name) {
  if (!proxy.empty()) return SidecarClient(options, proxy).lookUp(name);
  Service service(options);
  return lookUp(service, name);
}

ExitCode getService(const ServiceOptions& options, const std::string& proxy,
                    const std::string& name, Format format) {
  const Result<std::vector<ServiceInfo>> found = versionsFrom(options, proxy, name);
  if (!found.ok()) return failLookUp(found.status());
  if (format == Format::kText) return show(describeServices(*found));
  return show(jsonArray(
      *found, [](detail::JsonWriter& out, const ServiceInfo& info) { out.checked(toJson(info)); }));
}

struct ChangeArguments {
  std::string json;
  std::string proxy;
};

// `change` does it in the registry, `changeByProxy` through a sidecar.
ExitCode changeRegistry(const ServiceOptions& options, const ChangeArguments& arguments,
                        const std::function<Call(Registry&, ServiceInfo, Registry::Done)>& change,
                        Status (SidecarClient::*changeByProxy)(const ServiceInfo&)) {
  const Result<std::string> text = readArgument(arguments.json);
  if (!text.ok()) return fail(text.status());
  const Result<ServiceInfo> info = serviceFromJson(*text);
  if (!info.ok()) return refuse("the service", info.status());
  if (!arguments.proxy.empty()) {
    SidecarClient sidecar(options, arguments.proxy);
    const Status changed = (sidecar.*changeByProxy)(*info);
    return changed.ok() ? show("ok\n") : fail(changed);
  }
  Service service(options);
  const Status changed = waitFor<Status>(service.loop(), [&](Registry::Done done) {
    return change(service.registry(), *info, std::move(done));
  });
  return changed.ok() ? show("ok\n") : fail(changed);
}

std::shared_ptr<ChangeArguments> addChangeArguments(Arguments& arguments) {
  auto parsed = std::make_shared<ChangeArguments>();
  arguments.addWord("JSON", parsed->json,
                    R"({"name", "version", "metadata", "endpoints", "nodes": [{"id", "address", )"
                    R"("port", "metadata"}]}; - reads it from stdin)",
                    Need::kRequired);
  addProxyFlag(arguments, parsed->proxy);
  return parsed;
}

}  // namespace

Action defineListServices(Arguments& arguments) {
  struct Flags {
    bool all = false;
    Format format = Format::kText;
    std::string proxy;
    CallFlags call;
  };
  arguments.describe(
      "Print the names of all services, sorted, one per line. A topic with subscribers is a "
      "service, too, named topic:NAME. "
      "With --address ADDRESS: the services of a gRPC server, which must describe "
      "them (gRPC reflection)");
  const auto flags = std::make_shared<Flags>();
  arguments.addSwitch(
      "--all", [flags] { flags->all = true; }, "Include topics");
  addJsonFlag(arguments, flags->format);
  addProxyFlag(arguments, flags->proxy);
  arguments.addFlag("--address", "ADDRESS", flags->call.address,
                    "Ask the gRPC server at HOST:PORT or unix:///PATH instead of the registry");
  return [flags](const ServiceOptions& options) {
    return listServices(options, flags->proxy, flags->call, flags->all, flags->format);
  };
}

Action defineGetService(Arguments& arguments) {
  struct Flags {
    std::string name;
    Format format = Format::kText;
    std::string proxy;
  };
  arguments.describe("Print the nodes of a service by version, and its endpoints");
  const auto flags = std::make_shared<Flags>();
  arguments.addWord("NAME", flags->name, "Name of the service", Need::kRequired);
  addJsonFlag(arguments, flags->format);
  addProxyFlag(arguments, flags->proxy);
  return [flags](const ServiceOptions& options) {
    return getService(options, flags->proxy, flags->name, flags->format);
  };
}

Action defineRegisterService(Arguments& arguments) {
  arguments.describe("Add a service to the registry; it stays there until it is deregistered");
  return [parsed = addChangeArguments(arguments)](const ServiceOptions& options) {
    return changeRegistry(
        options, *parsed,
        [](Registry& registry, ServiceInfo info, auto done) {
          return registry.registerService(info, {}, std::move(done));
        },
        &SidecarClient::registerService);
  };
}

Action defineDeregisterService(Arguments& arguments) {
  arguments.describe("Remove nodes of a service from the registry; their ids are enough");
  return [parsed = addChangeArguments(arguments)](const ServiceOptions& options) {
    return changeRegistry(
        options, *parsed,
        [](Registry& registry, ServiceInfo info, auto done) {
          return registry.deregister(info, std::move(done));
        },
        &SidecarClient::deregister);
  };
}

}  // namespace evmicro::tool

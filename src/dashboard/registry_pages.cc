#include "dashboard/registry_pages.h"

#include <optional>
#include <utility>

#include <evmicro/service_json.h>

#include "dashboard/page_files.h"
#include "gateway/errors.h"
#include "gateway/json_call.h"

namespace evmicro::dashboard {

namespace {

std::string servicesJson(const std::vector<ServiceInfo>& services) {
  std::string json = R"({"services":[)";
  for (const ServiceInfo& service : services) {
    if (json.back() != '[') json += ',';
    json += toJson(service);
  }
  return json + "]}";
}

void fail(WebReply& reply, const Status& why) {
  if (why.kind() == ErrorKind::kNotFound) {
    return gateway::answer(reply, Status::error(404, "go.micro.web", "Not found"));
  }
  gateway::answer(reply, Status::error(500, "go.micro.web", "Error occurred: " + why.detail()));
}

}  // namespace

bool asksForJson(const WebRequest& request) {
  if (findField(request.headers, "Content-Type") == "application/json") return true;
  const WebFields query = parseForm(request.query).value_or(WebFields());
  if (findField(query, "format") == "json") return true;
  const std::string_view accepted = findField(request.headers, "Accept").value_or("");
  return accepted.find("application/json") != std::string_view::npos;
}

RegistryPages::RegistryPages(Registry& registry) : registry_(registry) {}

void RegistryPages::serveRegistry(const WebRequest& request, WebReply reply) {
  const WebFields query = parseForm(request.query).value_or(WebFields());
  const bool asJson = asksForJson(request);
  const std::string service(findField(query, "service").value_or(""));
  if (!service.empty()) return find(service, asJson, std::move(reply));
  if (asJson) return list(std::move(reply));
  sendPage(200, "Registry", reply);
}

void RegistryPages::serveQuery(const WebRequest& request, WebReply reply) {
  if (asksForJson(request)) return list(std::move(reply));
  sendPage(200, "Query a Service", reply);
}

void RegistryPages::list(WebReply reply) {
  using Names = Result<std::vector<std::string>>;
  calls_.start<Names>(
      [this](auto listed) { return registry_.listServices(std::move(listed)); },
      [shared = gateway::SharedReply(new WebReply(std::move(reply)))](const Names& names) {
        if (!names.ok()) return fail(*shared, names.status());
        std::vector<ServiceInfo> services(names->size());
        for (std::size_t i = 0; i < names->size(); ++i) services[i].name = (*names)[i];
        sendJson(*shared, servicesJson(services));
      });
}

void RegistryPages::find(const std::string& service, bool asJson, WebReply reply) {
  using Versions = Result<std::vector<ServiceInfo>>;
  calls_.start<Versions>(
      [this, &service](auto found) { return registry_.getService(service, std::move(found)); },
      [this, asJson,
       shared = gateway::SharedReply(new WebReply(std::move(reply)))](const Versions& versions) {
        if (asJson && versions.ok()) return sendJson(*shared, servicesJson(*versions));
        if (asJson) return fail(*shared, versions.status());
        // While the registry does not answer, the page shows what the dashboard knows.
        const bool unknown = !versions.ok() && versions.status().kind() == ErrorKind::kNotFound;
        sendPage(unknown ? 404 : 200, unknown ? "Not found" : "Service", *shared);
      });
}

}  // namespace evmicro::dashboard

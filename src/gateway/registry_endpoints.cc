#include "gateway/registry_endpoints.h"

#include <chrono>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <evmicro/check_service.h>
#include <evmicro/service_json.h>

#include "base/duration.h"
#include "gateway/errors.h"
#include "gateway/sidecar_id.h"
#include "json/writer.h"

namespace evmicro::gateway {

namespace {

using std::chrono::milliseconds;
using Versions = std::vector<ServiceInfo>;

Status wrong(std::string detail) { return Status::error(400, kSidecarId, std::move(detail)); }

// The registry's own errors, whose text says what failed.
Status failed(const Status& why) { return Status::error(500, kSidecarId, why.detail()); }

template <typename Items, typename Write>
std::string arrayOf(const Items& items, Write write) {
  detail::JsonWriter writer(detail::JsonWriter::Style::kCompact);
  writer.beginArray();
  for (const auto& item : items) writer.checked(write(item));
  writer.endArray();
  return writer.take();
}

void answerChange(WebReply& reply, const Status& status) {
  if (!status.ok()) return answer(reply, failed(status));
  reply.send(200, {{"Content-Type", kJson}}, {});
}

Result<ServiceInfo> serviceIn(const WebRequest& request) {
  Result<ServiceInfo> service = serviceFromJson(request.body);
  if (!service.ok()) return wrong("the service in the body: " + service.status().detail());
  return service;
}

// The parameter `ttl`; 0 without it.
Result<milliseconds> ttlOf(const WebRequest& request) {
  const std::optional<WebFields> query = parseForm(request.query);
  if (!query) return wrong("malformed percent-encoding in the query");
  const auto text = findField(*query, "ttl");
  if (!text) return milliseconds(0);
  const auto ttl = detail::parseDuration(*text);
  if (!ttl.ok()) return wrong("ttl: " + ttl.status().detail());
  // A TTL of zero would be none.
  if (*ttl > ttl->zero() && *ttl < milliseconds(1)) return milliseconds(1);
  return std::chrono::duration_cast<milliseconds>(*ttl);
}

}  // namespace

RegistryEndpoints::RegistryEndpoints(EventLoop& loop, Registry& registry)
    : registry_(registry), watches_(loop, registry) {}

void RegistryEndpoints::addTo(GatewayWeb& web) {
  web.handleOwn("GET", "/registry", [this](const WebRequest& request, WebReply reply) {
    read(request, std::move(reply));
  });
  web.handleOwn("POST", "/registry", [this](const WebRequest& request, WebReply reply) {
    add(request, std::move(reply));
  });
  web.handleOwn("DELETE", "/registry", [this](const WebRequest& request, WebReply reply) {
    remove(request, std::move(reply));
  });
  web.handleOwn("GET", "/registry/watch", [this](const WebRequest& request, WebReply reply) {
    const std::optional<WebFields> query = parseForm(request.query);
    if (!query) return answer(reply, wrong("malformed percent-encoding in the query"));
    watches_.start(std::string(findField(*query, "service").value_or("")), std::move(reply));
  });
  web.refuseOthers("/registry", "GET, HEAD, POST, DELETE");
  web.refuseOthers("/registry/watch", "GET, HEAD");
}

void RegistryEndpoints::read(const WebRequest& request, WebReply reply) {
  const std::optional<WebFields> query = parseForm(request.query);
  if (!query) return answer(reply, wrong("malformed percent-encoding in the query"));
  const std::string name(findField(*query, "service").value_or(""));
  name.empty() ? list(std::move(reply)) : find(name, std::move(reply));
}

void RegistryEndpoints::list(WebReply reply) {
  const auto shared = std::make_shared<WebReply>(std::move(reply));
  using Names = Result<std::vector<std::string>>;
  pending_.start<Names>([this](auto done) { return registry_.listServices(std::move(done)); },
                        [shared](const Names& names) {
                          if (!names.ok()) return answer(*shared, failed(names.status()));
                          shared->send(200, {{"Content-Type", kJson}},
                                       arrayOf(*names, [](const std::string& name) {
                                         ServiceInfo service;
                                         service.name = name;
                                         return toJson(service);
                                       }));
                        });
}

void RegistryEndpoints::find(const std::string& name, WebReply reply) {
  const auto shared = std::make_shared<WebReply>(std::move(reply));
  pending_.start<Result<Versions>>(
      [&](auto done) { return registry_.getService(name, std::move(done)); },
      [shared](const Result<Versions>& versions) {
        if (versions.status().kind() == ErrorKind::kNotFound) {
          return answer(*shared, Status::error(404, kSidecarId, "Service not found"));
        }
        if (!versions.ok()) return answer(*shared, failed(versions.status()));
        shared->send(
            200, {{"Content-Type", kJson}},
            arrayOf(*versions, [](const ServiceInfo& service) { return toJson(service); }));
      });
}

void RegistryEndpoints::add(const WebRequest& request, WebReply reply) {
  const Result<milliseconds> ttl = ttlOf(request);
  if (!ttl.ok()) return answer(reply, ttl.status());
  const Result<ServiceInfo> service = serviceIn(request);
  if (!service.ok()) return answer(reply, service.status());
  const Status sound = checkAnnouncement(*service);
  if (!sound.ok()) return answer(reply, wrong(sound.detail()));
  const auto shared = std::make_shared<WebReply>(std::move(reply));
  pending_.start<Status>(
      [&](auto done) { return registry_.registerService(*service, {*ttl}, std::move(done)); },
      [shared](const Status& status) { answerChange(*shared, status); });
}

void RegistryEndpoints::remove(const WebRequest& request, WebReply reply) {
  const Result<ServiceInfo> service = serviceIn(request);
  if (!service.ok()) return answer(reply, service.status());
  const Status sound =
      service->name.empty() ? Status::invalid("a service needs a name") : checkNodes(*service);
  if (!sound.ok()) return answer(reply, wrong(sound.detail()));
  const auto shared = std::make_shared<WebReply>(std::move(reply));
  pending_.start<Status>([&](auto done) { return registry_.deregister(*service, std::move(done)); },
                         [shared](const Status& status) { answerChange(*shared, status); });
}

}  // namespace evmicro::gateway

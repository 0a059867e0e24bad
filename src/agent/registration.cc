#include "agent/registration.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include <arpa/inet.h>

#include "agent/go_struct.h"

namespace evmicro::detail {

namespace {

/// A check of any kind, as described in Consul's API.
struct CheckBody {
  CheckDefinition check;
  std::string status;
  std::string http, tcp, grpc, aliasNode, aliasService, script;
  std::vector<std::string> args;
  std::chrono::nanoseconds interval{0};
  std::chrono::nanoseconds timeout{0};

  bool needsInterval() const {
    return !http.empty() || !tcp.empty() || !grpc.empty() || !script.empty() || !args.empty();
  }
  const char* type() const {
    if (!http.empty()) return "http";
    if (!tcp.empty()) return "tcp";
    if (!grpc.empty()) return "grpc";
    return isAlias() ? "alias" : needsInterval() ? "script" : "ttl";
  }
  bool isAlias() const { return !aliasNode.empty() || !aliasService.empty(); }
  bool empty() const {
    return check.id.empty() && check.name.empty() && check.notes.empty() && status.empty() &&
           !needsInterval() && !isAlias() && interval.count() == 0 && timeout.count() == 0 &&
           check.ttl.count() == 0 && check.deregisterAfter.count() == 0;
  }
};

GoStruct describe(CheckBody& body, const std::string& place) {
  GoStruct fields(place);
  fields.field("CheckID", body.check.id);
  fields.field("Name", body.check.name);
  fields.field("Notes", body.check.notes);
  fields.field("Status", body.status);
  fields.field("TTL", body.check.ttl);
  fields.field("DeregisterCriticalServiceAfter", body.check.deregisterAfter);
  fields.field("deregister_critical_service_after", body.check.deregisterAfter);
  fields.field("HTTP", body.http);
  fields.field("TCP", body.tcp);
  fields.field("GRPC", body.grpc);
  fields.field("AliasNode", body.aliasNode);
  fields.field("AliasService", body.aliasService);
  fields.field("Script", body.script);
  fields.field("Args", body.args);
  fields.field("ScriptArgs", body.args);
  fields.field("script_args", body.args);
  fields.field("Interval", body.interval);
  fields.field("Timeout", body.timeout);
  for (const std::string_view name :
       {"Header", "Method", "Body", "DockerContainerID", "docker_container_id", "Shell",
        "GRPCUseTLS", "TLSSkipVerify", "tls_skip_verify", "SuccessBeforePassing",
        "FailuresBeforeCritical", "OutputMaxSize", "ProxyHTTP", "ProxyGRPC"}) {
    fields.ignored(name);
  }
  return fields;
}

Status validateCheck(const CheckBody& body) {
  const auto invalid = [](std::string_view why) {
    return Status::invalid("Invalid check: " + std::string(why));
  };
  if (body.interval.count() > 0 && body.check.ttl.count() > 0) {
    return invalid("Interval and TTL cannot both be specified");
  }
  if (body.needsInterval() && body.interval.count() <= 0) {
    return invalid("Interval must be > 0 for Script, HTTP, or TCP checks");
  }
  if (body.needsInterval() || body.isAlias()) return {};
  if (body.check.ttl.count() <= 0) return invalid("TTL must be > 0 for TTL checks");
  return {};
}

Status decodeError(const Status& status) {
  return Status::invalid("Request decode failed: " + status.detail());
}

Result<Json> parseObject(std::string_view body, std::string_view type) {
  Result<Json> json = parseGoJson(body);
  if (!json.ok()) return decodeError(json.status());
  if (json_is_object(json->get()) || json_is_null(json->get())) return json;
  const Status wrong = goTypeError(json->get(), "", type);
  // Go's wording for a whole document differs from that for a field.
  const std::string text = wrong.detail();
  const std::string kind = text.substr(0, text.find(" into "));
  return Status::invalid("Request decode failed: " + kind + " into Go value of type " +
                         std::string(type));
}

/// A service as described in Consul's API.
struct ServiceBody {
  ServiceInstance service;
  std::string kind;
  CheckBody check;
  std::vector<CheckBody> checks;
  bool connected = false;  // the body has a proxy or requests Consul Connect
};

Status readTaggedAddresses(const json_t* value, const std::string& place,
                           std::map<std::string, TaggedAddress>& to) {
  if (!json_is_object(value)) {
    return goTypeError(value, place, "map[string]structs.ServiceAddress");
  }
  const char* key = nullptr;
  json_t* element = nullptr;
  json_object_foreach(const_cast<json_t*>(value), key, element) {
    if (!json_is_object(element)) return goTypeError(element, place, "structs.ServiceAddress");
    TaggedAddress& address = to[key];
    GoStruct fields("ServiceAddress" + place + ".");
    fields.field("Address", address.address);
    fields.field("Port", address.port);
    Status status = fields.read(element);
    if (!status.ok()) return status;
  }
  return {};
}

Status readWeights(const json_t* value, const std::string& place, ServiceInstance& service) {
  if (!json_is_object(value)) return goTypeError(value, place, "structs.Weights");
  service.passingWeight = service.warningWeight = 0;
  GoStruct fields("Weights.Weights.");
  fields.field("Passing", service.passingWeight);
  fields.field("Warning", service.warningWeight);
  return fields.read(value);
}

Status readChecks(const json_t* value, const std::string& place, std::vector<CheckBody>& to) {
  if (!json_is_array(value)) return goTypeError(value, place, "structs.CheckTypes");
  for (std::size_t i = 0; i < json_array_size(value); ++i) {
    const json_t* element = json_array_get(value, i);
    if (!json_is_object(element)) return goTypeError(element, place, "structs.CheckType");
    to.emplace_back();
    Status status = describe(to.back(), place).read(element);
    if (!status.ok()) return status;
  }
  return {};
}

GoStruct describe(ServiceBody& body) {
  ServiceInstance& service = body.service;
  GoStruct fields(".");
  fields.field("ID", service.id);
  fields.field("Name", service.name);
  fields.field("Kind", body.kind);
  fields.field("Tags", service.tags);
  fields.field("Meta", service.meta);
  fields.field("Address", service.address);
  fields.field("Port", service.port);
  fields.field("EnableTagOverride", service.enableTagOverride);
  fields.field("enable_tag_override", service.enableTagOverride);
  for (const std::string_view name : {"TaggedAddresses", "tagged_addresses"}) {
    fields.field(name, [&service](const json_t* value, const std::string& place) {
      return readTaggedAddresses(value, place, service.taggedAddresses);
    });
  }
  fields.field("Weights", [&service](const json_t* value, const std::string& place) {
    return readWeights(value, place, service);
  });
  fields.field("Check", [&body](const json_t* value, const std::string& place) {
    if (!json_is_object(value)) return goTypeError(value, place, "structs.CheckType");
    return describe(body.check, place).read(value);
  });
  fields.field("Checks", [&body](const json_t* value, const std::string& place) {
    return readChecks(value, place, body.checks);
  });
  for (const std::string_view name : {"Proxy", "Connect"}) {
    fields.field(name, [&body](const json_t* value, const std::string&) {
      if (json_object_size(value) > 0) body.connected = true;
      return Status();
    });
  }
  fields.ignored("Token");
  return fields;
}

bool anyAddress(std::string address) {
  if (address.size() > 2 && address.front() == '[' && address.back() == ']') {
    address = address.substr(1, address.size() - 2);
  }
  in_addr v4{};
  in6_addr v6{};
  if (inet_pton(AF_INET, address.c_str(), &v4) == 1) return v4.s_addr == INADDR_ANY;
  return inet_pton(AF_INET6, address.c_str(), &v6) == 1 && IN6_IS_ADDR_UNSPECIFIED(&v6);
}

Status validateWeights(const ServiceInstance& service) {
  constexpr std::int64_t kMost = 65'535;
  const auto invalid = [](std::string_view why) {
    return Status::invalid("Invalid Weights: " + std::string(why));
  };
  if (service.passingWeight < 1) return invalid("Passing must be greater than 0");
  if (service.warningWeight < 0) return invalid("Warning must be greater or equal than 0");
  if (service.passingWeight > kMost || service.warningWeight > kMost) {
    return invalid("DNS Weight must be between 0 and 65535");
  }
  return {};
}

Status validateMeta(const std::map<std::string, std::string>& meta) {
  constexpr std::size_t kMostPairs = 64, kLongestKey = 128, kLongestValue = 512;
  if (meta.size() > kMostPairs) {
    return Status::invalid(
        "Invalid Service Meta: Node metadata cannot contain more than 64 key/value pairs");
  }
  for (const auto& [key, value] : meta) {
    const auto invalid = [&key = key, &value = value](std::string_view why) {
      return Status::invalid("Invalid Service Meta: Couldn't load metadata pair ('" + key + "', '" +
                             value + "'): " + std::string(why));
    };
    const bool valid = std::all_of(key.begin(), key.end(), [](unsigned char c) {
      return c < 0x80 && (std::isalnum(c) || c == '-' || c == '_');
    });
    if (key.empty()) return invalid("Key cannot be blank");
    if (!valid) return invalid("Key contains invalid characters");
    if (key.size() > kLongestKey) return invalid("Key is too long (limit: 128 characters)");
    if (key.rfind("consul-", 0) == 0) {
      return invalid("Key prefix 'consul-' is reserved for internal use");
    }
    if (value.size() > kLongestValue) return invalid("Value is too long (limit: 512 characters)");
  }
  return {};
}

Status validateService(const ServiceBody& body) {
  if (body.service.name.empty()) return Status::invalid("Missing service name");
  if (anyAddress(body.service.address)) return Status::invalid("Invalid service address");
  Status status = validateWeights(body.service);
  if (status.ok()) status = validateMeta(body.service.meta);
  if (!status.ok()) return status;
  if (!body.kind.empty()) return Status::invalid("this agent does not support proxies");
  return {};
}

// An address that is an IP is also registered under these names.
void addTaggedAddresses(ServiceInstance& service) {
  in6_addr ignored{};
  const char* suffix = nullptr;
  if (inet_pton(AF_INET, service.address.c_str(), &ignored) == 1) {
    suffix = "_ipv4";
  } else if (inet_pton(AF_INET6, service.address.c_str(), &ignored) == 1) {
    suffix = "_ipv6";
  } else {
    return;
  }
  for (const char* side : {"lan", "wan"}) {
    service.taggedAddresses.try_emplace(std::string(side) + suffix,
                                        TaggedAddress{service.address, service.port});
  }
}

// Nobody reports a check that is not run: the service counts as passing.
void setHealth(CheckBody& body, std::optional<Health> health) {
  body.check.type = body.type();
  if (body.check.type != "ttl") {
    body.check.health = Health::kPassing;
  } else if (health) {
    body.check.health = *health;
  }
}

void nameCheck(CheckDefinition& check, const ServiceInstance& service, std::size_t number,
               std::size_t count) {
  check.serviceId = service.id;
  if (check.name.empty()) check.name = "Service '" + service.name + "' check";
  if (!check.id.empty()) return;
  check.id = "service:" + service.id;
  if (count > 1) check.id += ":" + std::to_string(number);
}

}  // namespace

Result<ServiceRegistration> readServiceRegistration(std::string_view text) {
  Result<Json> json = parseObject(text, "structs.ServiceDefinition");
  if (!json.ok()) return std::move(json).status();
  ServiceBody body;
  if (json_is_object(json->get())) {
    if (const Status status = describe(body).read(json->get()); !status.ok()) {
      return decodeError(status);
    }
  }
  if (Status status = validateService(body); !status.ok()) return status;
  if (!body.check.empty()) body.checks.insert(body.checks.begin(), body.check);
  for (const CheckBody& check : body.checks) {
    if (Status status = validateCheck(check); !status.ok()) return status;
  }
  ServiceRegistration registration;
  registration.service = std::move(body.service);
  registration.connected = body.connected;
  if (registration.service.id.empty()) registration.service.id = registration.service.name;
  addTaggedAddresses(registration.service);
  for (CheckBody& check : body.checks) {
    const std::optional<Health> health = parseHealth(check.status);
    if (!check.status.empty() && !health) {
      return Status::invalid("Status for checks must 'passing', 'warning', 'critical'");
    }
    setHealth(check, health);
    registration.checks.push_back(std::move(check.check));
    nameCheck(registration.checks.back(), registration.service, registration.checks.size(),
              body.checks.size());
  }
  return registration;
}

Result<CheckDefinition> readCheckRegistration(std::string_view text) {
  Result<Json> json = parseObject(text, "structs.CheckDefinition");
  if (!json.ok()) return std::move(json).status();
  CheckBody body;
  if (json_is_object(json->get())) {
    GoStruct fields = describe(body, ".");
    fields.field("ID", body.check.id);
    fields.field("ServiceID", body.check.serviceId);
    fields.field("service_id", body.check.serviceId);
    fields.ignored("Token");
    if (const Status status = fields.read(json->get()); !status.ok()) return decodeError(status);
  }
  if (body.check.name.empty()) return Status::invalid("Missing check name");
  const std::optional<Health> health = parseHealth(body.status);
  if (!body.status.empty() && !health) return Status::invalid("Bad check status");
  if (Status status = validateCheck(body); !status.ok()) return status;
  setHealth(body, health);
  if (body.check.id.empty()) body.check.id = body.check.name;
  return std::move(body.check);
}

Result<CheckUpdate> readCheckUpdate(std::string_view text) {
  Result<Json> json = parseObject(text, "agent.checkUpdate");
  if (!json.ok()) return std::move(json).status();
  CheckUpdate update;
  std::string status;
  if (json_is_object(json->get())) {
    GoStruct fields(".");
    fields.field("Status", status);
    fields.field("Output", update.output);
    if (const Status wrong = fields.read(json->get()); !wrong.ok()) return decodeError(wrong);
  }
  const std::optional<Health> health = parseHealth(status);
  if (!health) return Status::invalid("Invalid check status: '" + status + "'");
  update.health = *health;
  return update;
}

}  // namespace evmicro::detail

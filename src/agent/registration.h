#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <evmicro/status.h>

#include "agent/catalog.h"

namespace evmicro::detail {

struct ServiceRegistration {
  ServiceInstance service;
  std::vector<CheckDefinition> checks;
  bool connected = false;  ///< requests a sidecar or a proxy, which this agent does not support
};

struct CheckUpdate {
  Health health = Health::kPassing;
  std::string output;
};

/// Decode the bodies of Consul's PUT requests. Errors are kInvalid, with Consul's text as detail.

/// /v1/agent/service/register. Missing ids and names are filled in as Consul does.
Result<ServiceRegistration> readServiceRegistration(std::string_view body);
/// /v1/agent/check/register
Result<CheckDefinition> readCheckRegistration(std::string_view body);
/// /v1/agent/check/update
Result<CheckUpdate> readCheckUpdate(std::string_view body);

}  // namespace evmicro::detail

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
  bool connected = false;  ///< asked for a sidecar or a proxy, which this agent does not have
};

struct CheckUpdate {
  Health health = Health::kPassing;
  std::string output;
};

/// Read the bodies of consul's PUT requests. Errors are kInvalid, their detail is consul's text.

/// /v1/agent/service/register. Ids and names that were left out are filled in as consul does.
Result<ServiceRegistration> readServiceRegistration(std::string_view body);
/// /v1/agent/check/register
Result<CheckDefinition> readCheckRegistration(std::string_view body);
/// /v1/agent/check/update
Result<CheckUpdate> readCheckUpdate(std::string_view body);

}  // namespace evmicro::detail

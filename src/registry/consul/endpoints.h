#pragma once

#include <evmicro/consul_registry.h>
#include <evmicro/http_endpoints.h>

namespace evmicro::detail {

/// The agents of a registry, as the options and the environment name them, and what every request
/// to them carries. What is wrong with them is its `problem`.
HttpEndpoints::Options consulEndpoints(ConsulOptions options);

}  // namespace evmicro::detail

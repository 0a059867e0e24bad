#pragma once

#include <string_view>

#include <evmicro/consul_registry.h>
#include <evmicro/http_endpoints.h>

namespace evmicro::detail {

/// The agents of a registry, as the options and the environment name them, and what every request
/// to them carries. What is wrong with them is its `problem`.
HttpEndpoints::Options consulEndpoints(ConsulOptions options);

/// A 403 if `reply` to GET `path` is an empty list only because the token may not read what is in
/// it; otherwise ok(). Consul says so since 1.11.
Status checkReadable(const HttpEndpoints& agents, const EndpointReply& reply,
                     std::string_view path);

}  // namespace evmicro::detail

#pragma once

#include <string>
#include <vector>

#include <evmicro/consul_registry.h>
#include <evmicro/status.h>

namespace evmicro::detail {

/// Fills what is empty in `options` from the variables of Consul's own tools: CONSUL_HTTP_ADDR,
/// CONSUL_HTTP_TOKEN, CONSUL_HTTP_TOKEN_FILE (its first line), CONSUL_HTTP_SSL,
/// CONSUL_HTTP_SSL_VERIFY, CONSUL_CACERT, CONSUL_CAPATH, CONSUL_CLIENT_CERT, CONSUL_CLIENT_KEY,
/// CONSUL_TLS_SERVER_NAME. The error names a variable that makes no sense.
Status applyConsulEnvironment(ConsulOptions& options);

/// What every request carries as CONSUL_HTTP_AUTH (`user:password`) and CONSUL_NAMESPACE (of Consul
/// Enterprise) have it: header lines.
std::vector<std::string> consulHeaders();

}  // namespace evmicro::detail

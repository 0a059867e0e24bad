#pragma once

#include <string>
#include <vector>

#include <evmicro/consul_registry.h>
#include <evmicro/status.h>

namespace evmicro::detail {

/// Fills empty fields of `options` from Consul's environment variables: CONSUL_HTTP_ADDR,
/// CONSUL_HTTP_TOKEN, CONSUL_HTTP_TOKEN_FILE (its first line), CONSUL_HTTP_SSL,
/// CONSUL_HTTP_SSL_VERIFY, CONSUL_CACERT, CONSUL_CAPATH, CONSUL_CLIENT_CERT, CONSUL_CLIENT_KEY,
/// CONSUL_TLS_SERVER_NAME. The error names the variable whose value is invalid.
Status applyConsulEnvironment(ConsulOptions& options);

/// Header lines for every request, from CONSUL_HTTP_AUTH (`user:password`) and CONSUL_NAMESPACE
/// (Consul Enterprise).
std::vector<std::string> consulHeaders();

}  // namespace evmicro::detail

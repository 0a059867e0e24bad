#pragma once

#include <string>
#include <vector>

#include <evmicro/broker_credentials.h>
#include <evmicro/status.h>
#include <evmicro/tls.h>

namespace evmicro::detail {

/// NATS servers as libnats takes them, and how to log in.
struct NatsServers {
  std::vector<std::string> urls;  ///< `nats://user:password@host:port`, not encoded; not empty
  bool secure = false;            ///< TLS or nothing
  BrokerCredentials credentials;
  TlsOptions tls;
};

/// Reads addresses of the form `[nats://|tls://][user:password@|token@]host[:port]`: blanks around
/// them and the case of the scheme do not matter, the port is 4222 by default, credentials are
/// percent-encoded. None: 127.0.0.1. Errors (kInvalid) quote the address without its credentials.
Result<NatsServers> readNatsServers(const std::vector<std::string>& addresses);

/// kInvalid unless `credentials` are one way to log in, complete, and `tls` is what libnats can do.
Status checkNatsCredentials(const BrokerCredentials& credentials, const TlsOptions& tls);

}  // namespace evmicro::detail

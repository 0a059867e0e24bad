#pragma once

#include <string>
#include <vector>

#include <evmicro/broker_credentials.h>
#include <evmicro/status.h>
#include <evmicro/tls.h>

namespace evmicro::detail {

/// NATS servers in the form for libnats, and the credentials.
struct NatsServers {
  std::vector<std::string> urls;  ///< `nats://user:password@host:port`, not encoded; not empty
  bool secure = false;            ///< require TLS
  BrokerCredentials credentials;
  TlsOptions tls;
};

/// Parses addresses of the form `[nats://|tls://][user:password@|token@]host[:port]`: surrounding
/// blanks and the case of the scheme are ignored, the port defaults to 4222, credentials are
/// percent-encoded. Without addresses: 127.0.0.1. Errors (kInvalid) quote the address without its
/// credentials.
Result<NatsServers> readNatsServers(const std::vector<std::string>& addresses);

/// kInvalid unless `credentials` are complete and a single way to log in, and libnats supports
/// `tls`.
Status checkNatsCredentials(const BrokerCredentials& credentials, const TlsOptions& tls);

}  // namespace evmicro::detail

#pragma once

#include <string>

#include <openssl/ssl.h>

namespace evmicro::detail {

/// What OpenSSL's queue of errors has, in words, and empties the queue. Empty: it had none.
std::string takeTlsReason();

/// What went wrong with `ssl`, whose last function returned `result`.
struct TlsFailure {
  std::string reason;
  bool refused = false;  ///< the peer said that it does not accept our certificate, or us
};
TlsFailure tlsFailureOf(const SSL* ssl, int error);

}  // namespace evmicro::detail

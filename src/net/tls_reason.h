#pragma once

#include <string>

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace evmicro::detail {

/// What OpenSSL's queue of errors has, in words, and empties the queue. Empty: it had none.
std::string takeTlsReason();

/// Empties OpenSSL's queue of errors, as is due before every function of an SSL: what is left there
/// would be taken for its own. ERR_clear_error() alone costs a twentieth of a small call, because
/// it clears all places of an empty queue, too.
inline void forgetTlsErrors() noexcept {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

/// What went wrong with `ssl`, whose last function returned `result`.
struct TlsFailure {
  std::string reason;
  bool refused = false;  ///< the peer said that it does not accept our certificate, or us
};
TlsFailure tlsFailureOf(const SSL* ssl, int error);

}  // namespace evmicro::detail

#include "net/tls_reason.h"

#include <cstring>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "net/dialler.h"

namespace evmicro::detail {

namespace {

// Alerts of TLS, as OpenSSL reports those that have come (RFC 8446, 6.2).
struct Alert {
  int reason;
  const char* words;
  bool refused;
};
constexpr Alert kAlerts[] = {
    {SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, "the peer requires a client certificate", true},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED,
     "the peer refused our certificate: it has expired or is not valid yet", true},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED, "the peer refused our certificate: it is revoked",
     true},
    {SSL_R_TLSV1_ALERT_UNKNOWN_CA,
     "the peer refused our certificate: it does not trust its authority", true},
    {SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, "the peer refused our certificate as bad", true},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, "the peer refused our certificate", true},
    {SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE, "the peer refused our certificate's type", true},
    {SSL_R_TLSV1_ALERT_ACCESS_DENIED, "the peer denied access", true},
    {SSL_R_TLSV1_ALERT_DECRYPT_ERROR, "the peer could not verify the handshake", true},
    {SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE,
     "the peer refused the handshake: no common parameters, or it requires a client certificate",
     true},
    {SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, "the peer does not speak this version of TLS", true},
    {SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL,
     "the peer speaks none of the protocols that were offered to it (ALPN)", true},
    {SSL_R_TLSV1_UNRECOGNIZED_NAME, "the peer does not know this server name", true},
};

// What OpenSSL's own words say too little of.
struct Words {
  int reason;
  const char* words;
};
constexpr Words kWords[] = {
    {SSL_R_WRONG_VERSION_NUMBER, "the peer does not speak TLS"},
    {SSL_R_HTTP_REQUEST, "the peer speaks HTTP without TLS"},
    {SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, "the client has shown no certificate"},
    {SSL_R_UNSUPPORTED_PROTOCOL, "the peer's version of TLS is too old"},
    {SSL_R_NO_SHARED_CIPHER, "no cipher in common"},
    {SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC, "a TLS record was changed on its way"},
};

std::string inWords(unsigned long error) {
  if (ERR_SYSTEM_ERROR(error)) return reasonOf(ERR_GET_REASON(error));
  if (ERR_GET_LIB(error) == ERR_LIB_SSL) {
    for (const Words& entry : kWords) {
      if (entry.reason == ERR_GET_REASON(error)) return entry.words;
    }
  }
  const char* const text = ERR_reason_error_string(error);
  return text ? text : "error " + std::to_string(error);
}

}  // namespace

std::string takeTlsReason() {
  const unsigned long error = ERR_peek_error();
  std::string reason = error == 0 ? std::string() : inWords(error);
  ERR_clear_error();
  return reason;
}

TlsFailure tlsFailureOf(const SSL* ssl, int error) {
  const unsigned long queued = ERR_peek_error();
  if (error != SSL_ERROR_SSL || queued == 0) {
    ERR_clear_error();
    return {"TLS ended unexpectedly", false};
  }
  if (ERR_GET_LIB(queued) == ERR_LIB_USER) {  // raised by us
    const char* text = nullptr;
    int flags = 0;
    ERR_peek_error_data(&text, &flags);
    TlsFailure failure{text, false};
    ERR_clear_error();
    return failure;
  }
  const int reason = ERR_GET_REASON(queued);
  if (ERR_GET_LIB(queued) == ERR_LIB_SSL) {
    for (const Alert& alert : kAlerts) {
      if (alert.reason != reason) continue;
      ERR_clear_error();
      return {alert.words, alert.refused};
    }
    const long verified = SSL_get_verify_result(ssl);
    if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED && verified != X509_V_OK) {
      ERR_clear_error();
      return {std::string("the peer's certificate was refused: ") +
                  X509_verify_cert_error_string(verified),
              false};
    }
  }
  return {takeTlsReason(), false};
}

}  // namespace evmicro::detail

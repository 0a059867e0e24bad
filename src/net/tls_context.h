#pragma once

#include <chrono>
#include <string>

#include <evmicro/status.h>
#include <evmicro/tls.h>

#include "net/tls.h"
#include "net/tls_handles.h"

namespace evmicro::detail {

/// The context of a listener. Tickets that `old` (which may be null) has issued are good in it,
/// too, unless other clients are trusted now.
Result<SslContext> makeServerContext(const TlsOptions& options, SSL_CTX* old,
                                     TlsAlpn alpn = TlsAlpn::kHttp1);
/// That of dialled connections.
Result<SslContext> makeClientContext(const TlsOptions& options, TlsAlpn alpn = TlsAlpn::kHttp1);

/// Names the authorities whose clients a listener accepts: the sessions of clients that others have
/// signed are not resumed.
std::string sessionScope(const TlsOptions& options);

/// When the first certificate of the own chain expires; the epoch when there is none.
std::chrono::system_clock::time_point expiryOf(SSL_CTX* context);

/// What `certificate` says of its owner.
PeerCertificate describeCertificate(X509& certificate);
/// Whether it is for `name`, a host name or an address in digits.
bool isFor(X509& certificate, const std::string& name);
bool hasExpired(const X509& certificate);
/// Whether the peer of a connection has sent more KeyUpdates than any honest one does.
bool changesKeysTooOften(const SSL* ssl);

}  // namespace evmicro::detail

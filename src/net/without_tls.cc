// Instead of the others of tls_*, in a build without OpenSSL.
#include "net/tls.h"

namespace evmicro::detail {

namespace {

Status notBuiltIn() {
  return Status::invalid("TLS is not built in: configure without --without-tls");
}

}  // namespace

Result<std::shared_ptr<TlsServer>> makeTlsServer(EventLoop& /*loop*/, const TlsOptions& /*options*/,
                                                 TlsAlpn /*alpn*/, std::size_t /*maxHandshakes*/) {
  return notBuiltIn();
}

Result<std::shared_ptr<TlsClient>> makeTlsClient(const TlsOptions& /*options*/, TlsAlpn /*alpn*/) {
  return notBuiltIn();
}

bool haveTls() noexcept { return false; }

}  // namespace evmicro::detail

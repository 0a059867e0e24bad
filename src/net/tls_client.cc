// TlsClient by OpenSSL.
#include <algorithm>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include <openssl/err.h>

#include "base/log.h"
#include "base/printable.h"
#include "net/socket_address.h"
#include "net/tls.h"
#include "net/tls_context.h"
#include "net/tls_sessions.h"
#include "net/tls_stream.h"

namespace evmicro::detail {

namespace {

TlsStream& streamOf(const SSL* ssl) { return *static_cast<TlsStream*>(SSL_get_app_data(ssl)); }

// As certificates have it: without brackets, the zone of an IPv6 address, and the dot at the end of
// a full name.
std::string nameOf(std::string host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  const std::size_t zone = host.find('%');
  if (zone != std::string::npos && host.find(':') < zone) host.resize(zone);
  if (!host.empty() && host.back() == '.') host.pop_back();
  return host;
}

bool isAddress(const std::string& host) { return SocketAddress::ofLiteral(host, 0).has_value(); }

std::string sessionKey(const TlsPeerName& peer) {
  return peer.address + '\n' + peer.host + '\n' + peer.node;
}

// OpenSSL keeps texts of less than 1,024 bytes, and a certificate may have thousands of names.
std::string mismatch(const PeerCertificate& shown, const TlsPeerName& peer) {
  constexpr std::size_t kMostNames = 5;
  constexpr std::size_t kMostOfName = 80;
  const std::vector<std::string>& names = shown.names;
  std::string text = "the peer's certificate is for ";
  if (names.empty()) text += printable(shown.subject, kMostOfName);
  for (std::size_t i = 0; i < std::min(names.size(), kMostNames); ++i) {
    text += (i > 0 ? ", " : "") + printable(names[i], kMostOfName);
  }
  if (names.size() > kMostNames) {
    text += " and " + std::to_string(names.size() - kMostNames) + " more";
  }
  text += ", not for " + printable(peer.host, kMostOfName);
  if (!peer.node.empty()) text += " or " + printable(peer.node, kMostOfName);
  return text;
}

// Runs for each certificate of the chain, the server's own last.
int verify(int sound, X509_STORE_CTX* store) noexcept {
  if (sound != 1 || X509_STORE_CTX_get_error_depth(store) != 0) return sound;
  const auto* const ssl = static_cast<const SSL*>(
      X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  const TlsPeerName& peer = streamOf(ssl).peer();
  X509& certificate = *X509_STORE_CTX_get_current_cert(store);
  if (isFor(certificate, peer.host) || isFor(certificate, peer.node)) return 1;
  X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
  const std::string why = mismatch(describeCertificate(certificate), peer);
  ERR_raise_data(ERR_LIB_USER, X509_V_ERR_HOSTNAME_MISMATCH, "%s", why.c_str());
  return 0;
}

class OpenSslClient final : public TlsClient,
                            public TlsSide,
                            public std::enable_shared_from_this<OpenSslClient> {
 public:
  OpenSslClient(TlsOptions options, TlsAlpn alpn) : options_(std::move(options)), alpn_(alpn) {}

  Status reload() override {
    auto context = makeClientContext(options_, alpn_);
    if (!context.ok()) return std::move(context).status();
    context_ = std::move(*context);
    SSL_CTX_set_app_data(context_.get(), this);
    SSL_CTX_sess_set_new_cb(context_.get(), &OpenSslClient::onSession);
    sessions_.clear();
    return {};
  }

  std::unique_ptr<ByteStream> wrap(std::unique_ptr<ByteStream> carrier, TlsPeerName peer) override {
    peer.host = nameOf(options_.serverName.empty() ? std::move(peer.host) : options_.serverName);
    if (!options_.serverName.empty()) peer.node.clear();
    return std::make_unique<TlsStream>(shared_from_this(), std::move(carrier), std::move(peer));
  }

  SslHandle newSsl(TlsStream& stream) override {
    SslHandle ssl(SSL_new(context_.get()));
    if (!ssl) throw std::bad_alloc();
    SSL_set_app_data(ssl.get(), &stream);
    const TlsPeerName& peer = stream.peer();
    if (!peer.host.empty() && !isAddress(peer.host)) {
      // The macro has a cast of C in it.
      SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
               const_cast<char*>(peer.host.c_str()));
    }
    if (options_.verify == TlsOptions::Verify::kServer) {
      SSL_set_verify(ssl.get(), SSL_VERIFY_PEER, verify);
    }
    if (SSL_SESSION* const session = sessions_.find(sessionKey(peer))) {
      SSL_set_session(ssl.get(), session);
    }
    return ssl;
  }

  // A session that has failed once is not offered again.
  void onHandshakeEnd(TlsStream& stream, const Status& outcome) override {
    if (!outcome.ok()) sessions_.forget(sessionKey(stream.peer()));
  }

 private:
  static int onSession(SSL* ssl, SSL_SESSION* session) noexcept {
    auto& self = *static_cast<OpenSslClient*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    if (SSL_get_SSL_CTX(ssl) != self.context_.get()) return 0;  // of before a reload
    self.sessions_.keep(sessionKey(streamOf(ssl).peer()), SslSession(session));
    return 1;  // it is kept
  }

  const TlsOptions options_;
  const TlsAlpn alpn_;
  SslContext context_;
  TlsSessions sessions_;
};

}  // namespace

Result<std::shared_ptr<TlsClient>> makeTlsClient(const TlsOptions& options, TlsAlpn alpn) {
  auto client = std::make_shared<OpenSslClient>(options, alpn);
  if (Status status = client->reload(); !status.ok()) return status;
  if (options.verify == TlsOptions::Verify::kNothing) {
    EVMICRO_LOG_WARN("net",
                     "TLS: the certificates of servers are not verified: whoever is on the way can "
                     "read and change every call");
  }
  return std::shared_ptr<TlsClient>(std::move(client));
}

bool haveTls() noexcept { return true; }

}  // namespace evmicro::detail

#pragma once

#include <string>
#include <vector>

namespace evmicro {

/// Options of TLS connections, of a server or of a client. Files are in PEM format, without a
/// passphrase; one that cannot be used is an error that names the file and the reason. TLS 1.2 and
/// later are spoken, with OpenSSL's default ciphers.
struct TlsOptions {
  /// Trusted certificate authorities. Client: both empty means the system's. Server: if one is set,
  /// clients must show a certificate that is signed by one of these authorities.
  std::string caFile;
  std::string caPath;  ///< a directory prepared with c_rehash
  /// Own certificate, followed by intermediate ones, and its private key. Both or none. A server
  /// that has them speaks TLS; a client shows them if the server asks for a certificate.
  std::string certificate;
  std::string key;
  /// Client: the name expected in the server's certificate. Empty: the host of the address, or the
  /// id of the node.
  std::string serverName;
  /// Client. kServer: the server's certificate must be trusted and have the expected name.
  enum class Verify { kServer, kNothing } verify = Verify::kServer;
};

/// Whether calls may be made without TLS.
enum class TlsUse {
  kAuto,      ///< TLS to nodes that announce it (`secure=true`), no TLS to others
  kRequired,  ///< nodes that do not announce TLS are not called
};

/// The verified certificate of a peer.
struct PeerCertificate {
  /// In the form of RFC 2253: `CN=billing,O=Acme`.
  std::string subject;
  /// Subject alternative names: DNS names, IP addresses (`127.0.0.1`, `::1`), URIs
  /// (`spiffe://...`), e-mail addresses.
  std::vector<std::string> names;
};

}  // namespace evmicro

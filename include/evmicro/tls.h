#pragma once

#include <string>

namespace evmicro {

/// Options of TLS connections, as for addresses that begin with https://. Files are in PEM format;
/// a file that cannot be read is reported by every request.
struct TlsOptions {
  /// Trusted certificate authorities. Both empty: the system's.
  std::string caFile;
  std::string caPath;  ///< a directory prepared with c_rehash
  /// Client certificate and its private key, for servers that ask for one. Both or none.
  std::string certificate;
  std::string key;
  /// The name expected in the server's certificate. Empty: the host of the address.
  std::string serverName;
  /// kServer: the server's certificate must be trusted and have the expected name.
  enum class Verify { kServer, kNothing } verify = Verify::kServer;
};

}  // namespace evmicro

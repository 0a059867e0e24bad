#pragma once

#include <string>

namespace evmicro {

/// How a connection by TLS is made: for addresses that begin with https://. Files are in PEM form;
/// one that cannot be read is reported by every request.
struct TlsOptions {
  /// Authorities that are trusted. Both empty: those of the system.
  std::string caFile;
  std::string caPath;  ///< a folder, made by c_rehash
  /// What shows who we are, when the server asks. Both or none.
  std::string certificate;
  std::string key;
  /// The name that the server's certificate must have. Empty: the host of the address.
  std::string serverName;
  /// Whether a server must show a certificate that is trusted and has its name.
  enum class Verify { kServer, kNothing } verify = Verify::kServer;
};

}  // namespace evmicro

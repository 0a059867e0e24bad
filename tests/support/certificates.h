#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net/tls_handles.h"

namespace evmicro::test {

/// A folder that goes with its files.
class CertificateFolder {
 public:
  CertificateFolder();
  CertificateFolder(const CertificateFolder&) = delete;
  CertificateFolder& operator=(const CertificateFolder&) = delete;
  ~CertificateFolder();

  const std::string& path() const noexcept { return path_; }
  /// Writes `text` to the file `name`; returns its path.
  std::string write(const std::string& name, const std::string& text) const;

 private:
  std::string path_;
};

/// A certificate and its key, as PEM files.
struct Identity {
  std::string certificate;
  std::string key;
};

/// A certificate authority of a test, with a key of its own.
class Authority {
 public:
  /// Its files lie in `folder`, and begin with `name`.
  Authority(const CertificateFolder& folder, std::string name);

  /// Its own certificate.
  const std::string& file() const noexcept { return file_; }

  struct Request {
    std::string name = "localhost";                    ///< the common name, and of the files
    std::string names = "DNS:localhost,IP:127.0.0.1";  ///< alternative ones, as OpenSSL reads them
    int days = 30;                                     ///< until it expires; negative: ago
    std::string file = {};                             ///< of the files, if not `name`
  };
  /// Signs a new one.
  Identity issue(const Request& request) const;

 private:
  using Key = detail::CHandle<EVP_PKEY, EVP_PKEY_free>;

  const CertificateFolder& folder_;
  const std::string name_;
  std::string file_;
  Key key_;
  detail::Certificate certificate_;
};

}  // namespace evmicro::test

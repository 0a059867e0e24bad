#include "soak/tls_files.h"

#include "support/certificates.h"

namespace evmicro::soak {

struct TlsFiles::Files {
  test::CertificateFolder folder;
  test::Authority ca{folder, "ca"};
  test::Identity server = ca.issue({});
};

TlsFiles::TlsFiles() : files_(std::make_unique<Files>()) {}
TlsFiles::~TlsFiles() = default;

std::vector<std::string> TlsFiles::serverFlags() const {
  return {"--server_tls_cert", files_->server.certificate, "--server_tls_key", files_->server.key};
}

std::string TlsFiles::caFile() const { return files_->ca.file(); }

}  // namespace evmicro::soak

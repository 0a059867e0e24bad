#include "support/certificates.h"

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>

namespace evmicro::test {

namespace {

using detail::BioHandle;
using detail::Certificate;

constexpr long kDay = 86'400;

std::string contentOf(BIO* bio) {
  char* start = nullptr;
  const long size = BIO_get_mem_data(bio, &start);
  return {start, static_cast<std::size_t>(size)};
}

std::string asPem(X509* certificate) {
  const BioHandle bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate);
  return contentOf(bio.get());
}

std::string asPem(EVP_PKEY* key) {
  const BioHandle bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return contentOf(bio.get());
}

void addExtension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const detail::CHandle<X509_EXTENSION, X509_EXTENSION_free> extension(
      X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  if (!extension) throw std::runtime_error("no certificate extension: " + value);
  X509_add_ext(certificate, extension.get(), -1);
}

// Not signed yet; valid from 40 days ago on.
Certificate newCertificate(const std::string& name, EVP_PKEY* key, int days) {
  static long serial = 0;
  Certificate certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -40 * kDay);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), days * kDay);
  X509_NAME* const subject = X509_get_subject_name(certificate.get());
  const auto* const text = reinterpret_cast<const unsigned char*>(name.c_str());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, text, -1, -1, 0);
  X509_set_pubkey(certificate.get(), key);
  return certificate;
}

}  // namespace

CertificateFolder::CertificateFolder() : path_("/tmp/evmicro-tls-XXXXXX") {
  if (!::mkdtemp(path_.data())) throw std::runtime_error("cannot make " + path_);
}

CertificateFolder::~CertificateFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string CertificateFolder::write(const std::string& name, const std::string& text) const {
  const std::string path = path_ + "/" + name;
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

Authority::Authority(const CertificateFolder& folder, std::string name)
    : folder_(folder),
      name_(std::move(name)),
      key_(EVP_EC_gen("P-256")),
      certificate_(newCertificate(name_, key_.get(), 365)) {
  X509* const self = certificate_.get();
  X509_set_issuer_name(self, X509_get_subject_name(self));
  addExtension(self, self, NID_basic_constraints, "critical,CA:TRUE");
  X509_sign(self, key_.get(), EVP_sha256());
  file_ = folder.write(name_ + ".ca.pem", asPem(self));
}

Identity Authority::issue(const Request& request) const {
  const Key key(EVP_EC_gen("P-256"));
  const Certificate issued = newCertificate(request.name, key.get(), request.days);
  X509_set_issuer_name(issued.get(), X509_get_subject_name(certificate_.get()));
  if (!request.names.empty()) {
    addExtension(issued.get(), certificate_.get(), NID_subject_alt_name, request.names);
  }
  X509_sign(issued.get(), key_.get(), EVP_sha256());
  const std::string file = name_ + "." + (request.file.empty() ? request.name : request.file);
  return {folder_.write(file + ".pem", asPem(issued.get())),
          folder_.write(file + ".key", asPem(key.get()))};
}

}  // namespace evmicro::test

#include "net/tls_context.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <new>
#include <string_view>
#include <system_error>
#include <vector>

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "net/dialler.h"
#include "net/tls_reason.h"

namespace evmicro::detail {

namespace {

constexpr std::string_view kHttp1 = "\x08http/1.1";
constexpr std::string_view kHttp2OrHttp1 = "\x02h2\x08http/1.1";
constexpr std::string_view kHttp2 = "\x02h2";

const std::string_view& protocolsOf(TlsAlpn alpn) noexcept {
  switch (alpn) {
    case TlsAlpn::kHttp1: return kHttp1;
    case TlsAlpn::kHttp2OrHttp1: return kHttp2OrHttp1;
    case TlsAlpn::kHttp2: return kHttp2;
  }
  return kHttp1;
}

Status unusable(std::string_view what, const std::string& file, const std::string& reason) {
  return Status::invalid("TLS: " + std::string(what) + " \"" + file +
                         "\": " + (reason.empty() ? "not usable" : reason));
}

// OpenSSL's own words about a missing file are about its stack. ok(): it can be read.
Status checkFile(std::string_view what, const std::string& file) {
  const CHandle<std::FILE, std::fclose> opened(std::fopen(file.c_str(), "re"));
  if (!opened) return unusable(what, file, reasonOf(errno));
  struct stat found {};
  if (::fstat(::fileno(opened.get()), &found) != 0) return unusable(what, file, reasonOf(errno));
  if (S_ISDIR(found.st_mode)) return unusable(what, file, reasonOf(EISDIR));
  return {};
}

// The reason why a PEM file was not taken, for people.
std::string pemReason(std::string_view expected) {
  const unsigned long error = ERR_peek_error();
  std::string reason = takeTlsReason();
  const int library = ERR_GET_LIB(error);
  if (library == ERR_LIB_PEM || library == ERR_LIB_OSSL_DECODER || reason.empty()) {
    return "no " + std::string(expected) + " in PEM form";
  }
  return reason;
}

// Instead of asking at the terminal.
int noPassphrase(char* /*to*/, int /*size*/, int /*writing*/, void* encrypted) noexcept {
  *static_cast<bool*>(encrypted) = true;
  return -1;
}

Status useOwnCertificate(SSL_CTX* context, const TlsOptions& options) {
  if (options.certificate.empty() != options.key.empty()) {
    return Status::invalid(options.key.empty()
                               ? "TLS: the certificate \"" + options.certificate + "\" lacks a key"
                               : "TLS: the key \"" + options.key + "\" lacks a certificate");
  }
  if (options.certificate.empty()) return {};
  if (Status status = checkFile("certificate", options.certificate); !status.ok()) return status;
  if (Status status = checkFile("key", options.key); !status.ok()) return status;
  if (SSL_CTX_use_certificate_chain_file(context, options.certificate.c_str()) != 1) {
    return unusable("certificate", options.certificate, pemReason("certificate"));
  }
  bool encrypted = false;
  SSL_CTX_set_default_passwd_cb(context, noPassphrase);
  SSL_CTX_set_default_passwd_cb_userdata(context, &encrypted);
  const int used = SSL_CTX_use_PrivateKey_file(context, options.key.c_str(), SSL_FILETYPE_PEM);
  SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
  if (encrypted) {
    ERR_clear_error();
    return unusable("key", options.key, "it is encrypted with a passphrase");
  }
  if (used == 1) return {};
  const unsigned long error = ERR_peek_error();
  if (ERR_GET_LIB(error) == ERR_LIB_X509 && ERR_GET_REASON(error) == X509_R_KEY_VALUES_MISMATCH) {
    ERR_clear_error();
    return unusable("key", options.key, "not that of the certificate " + options.certificate);
  }
  return unusable("key", options.key, pemReason("private key"));
}

// The files in a folder of CAs that OpenSSL finds: `12345678.0`.
std::vector<std::string> hashedFiles(const std::string& folder) {
  constexpr std::size_t kHash = 8;
  std::vector<std::string> found;
  std::error_code failed;
  using Iterator = std::filesystem::directory_iterator;
  for (Iterator at(folder, failed); !failed && at != Iterator(); at.increment(failed)) {
    const std::string name = at->path().filename();
    const bool hashed = name.size() > kHash + 1 && name[kHash] == '.' &&
                        name.find_first_not_of("0123456789abcdef") == kHash &&
                        name.find_first_not_of("0123456789", kHash + 1) == std::string::npos;
    if (hashed) found.push_back(at->path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

Status trust(SSL_CTX* context, const TlsOptions& options) {
  if (!options.caFile.empty()) {
    if (Status status = checkFile("CA file", options.caFile); !status.ok()) return status;
    if (SSL_CTX_load_verify_file(context, options.caFile.c_str()) != 1) {
      return unusable("CA file", options.caFile, pemReason("certificate"));
    }
  }
  if (!options.caPath.empty()) {
    struct stat found {};
    if (::stat(options.caPath.c_str(), &found) != 0) {
      return unusable("CA folder", options.caPath, reasonOf(errno));
    }
    if (!S_ISDIR(found.st_mode)) return unusable("CA folder", options.caPath, reasonOf(ENOTDIR));
    // OpenSSL would trust nobody, and say so to nobody.
    if (hashedFiles(options.caPath).empty()) {
      return unusable("CA folder", options.caPath,
                      "no certificates under their hashes: run openssl rehash");
    }
    SSL_CTX_load_verify_dir(context, options.caPath.c_str());
  }
  return {};
}

// How often a peer has changed its keys, as a number in place of a pointer.
int keyUpdatesIndex() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

// Each change costs the derivation of keys for 27 bytes. Peers change them after 2^24 records, if
// at all.
constexpr std::uintptr_t kMostKeyUpdates = 256;

void onTlsMessage(int written, int /*version*/, int content, const void* bytes, std::size_t size,
                  SSL* ssl, void* /*unused*/) noexcept {
  if (written != 0 || content != SSL3_RT_HANDSHAKE || size == 0) return;
  if (*static_cast<const unsigned char*>(bytes) != SSL3_MT_KEY_UPDATE) return;
  const auto count = reinterpret_cast<std::uintptr_t>(SSL_get_ex_data(ssl, keyUpdatesIndex())) + 1;
  SSL_set_ex_data(ssl, keyUpdatesIndex(), reinterpret_cast<void*>(count));
  // Those of evhttp read from the descriptor themselves.
  if (count > kMostKeyUpdates && SSL_get_rfd(ssl) >= 0) ::shutdown(SSL_get_rfd(ssl), SHUT_RD);
}

SslContext newContext(const SSL_METHOD* method) {
  SslContext context(SSL_CTX_new(method));
  if (!context) throw std::bad_alloc();
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                         SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_msg_callback(context.get(), &onTlsMessage);
  return context;
}

int chooseProtocol(SSL* /*ssl*/, const unsigned char** chosen, unsigned char* size,
                   const unsigned char* offered, unsigned int offeredSize,
                   void* protocols) noexcept {
  const auto& list = *static_cast<const std::string_view*>(protocols);
  const auto* const ours = reinterpret_cast<const unsigned char*>(list.data());
  const auto oursSize = static_cast<unsigned>(list.size());
  unsigned char* selected = nullptr;
  const int found = SSL_select_next_proto(&selected, size, ours, oursSize, offered, offeredSize);
  if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = selected;
  return SSL_TLSEXT_ERR_OK;
}

std::string contentOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void keepTicketKeys(SSL_CTX* from, SSL_CTX* to) {
  std::array<unsigned char, 80> keys{};
  if (SSL_CTX_get_tlsext_ticket_keys(from, keys.data(), keys.size()) == 1) {
    SSL_CTX_set_tlsext_ticket_keys(to, keys.data(), keys.size());
  }
  OPENSSL_cleanse(keys.data(), keys.size());
}

std::chrono::system_clock::time_point asTime(const ASN1_TIME* time) {
  std::tm fields{};
  if (!time || ASN1_TIME_to_tm(time, &fields) != 1) return {};
  return std::chrono::system_clock::from_time_t(::timegm(&fields));
}

std::string textOf(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::string textOf(const GENERAL_NAME* name) {
  int type = 0;
  const void* const value = GENERAL_NAME_get0_value(name, &type);
  if (type == GEN_DNS || type == GEN_URI || type == GEN_EMAIL) {
    return textOf(static_cast<const ASN1_STRING*>(value));
  }
  if (type != GEN_IPADD) return {};
  const std::string bytes = textOf(static_cast<const ASN1_STRING*>(value));
  const int family = bytes.size() == 4 ? AF_INET : AF_INET6;
  std::array<char, INET6_ADDRSTRLEN> digits{};
  if (bytes.size() != 4 && bytes.size() != 16) return {};
  return ::inet_ntop(family, bytes.data(), digits.data(), digits.size()) ? digits.data() : "";
}

}  // namespace

Result<SslContext> makeServerContext(const TlsOptions& options, SSL_CTX* old, TlsAlpn alpn) {
  ERR_clear_error();
  SslContext context = newContext(TLS_server_method());
  if (options.certificate.empty() && options.key.empty()) {
    return Status::invalid("TLS: a server needs a certificate");
  }
  Status status = useOwnCertificate(context.get(), options);
  if (status.ok()) status = trust(context.get(), options);
  if (!status.ok()) return status;
  SSL_CTX_set_num_tickets(context.get(), 1);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);  // tickets alone
  SSL_CTX_set_alpn_select_cb(context.get(), chooseProtocol,
                             const_cast<std::string_view*>(&protocolsOf(alpn)));
  const std::string scope = sessionScope(options);
  SSL_CTX_set_session_id_context(context.get(),
                                 reinterpret_cast<const unsigned char*>(scope.data()),
                                 static_cast<unsigned>(scope.size()));
  if (!options.caFile.empty()) {
    SSL_CTX_set_client_CA_list(context.get(), SSL_load_client_CA_file(options.caFile.c_str()));
  }
  if (!options.caFile.empty() || !options.caPath.empty()) {
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  if (old) keepTicketKeys(old, context.get());
  ERR_clear_error();
  return context;
}

Result<SslContext> makeClientContext(const TlsOptions& options, TlsAlpn alpn) {
  ERR_clear_error();
  SslContext context = newContext(TLS_client_method());
  Status status = useOwnCertificate(context.get(), options);
  if (status.ok()) status = trust(context.get(), options);
  if (!status.ok()) return status;
  if (options.caFile.empty() && options.caPath.empty()) {
    SSL_CTX_set_default_verify_paths(context.get());
  }
  const bool verify = options.verify == TlsOptions::Verify::kServer;
  SSL_CTX_set_verify(context.get(), verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  const std::string_view protocols = protocolsOf(alpn);
  SSL_CTX_set_alpn_protos(context.get(), reinterpret_cast<const unsigned char*>(protocols.data()),
                          static_cast<unsigned>(protocols.size()));
  ERR_clear_error();
  return context;
}

std::string sessionScope(const TlsOptions& options) {
  std::string trusted = contentOf(options.caFile) + '\0' + options.caPath;
  for (const std::string& file : hashedFiles(options.caPath)) trusted += '\0' + contentOf(file);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(trusted.data(), trusted.size(), digest.data(), &size, EVP_sha256(), nullptr);
  return {reinterpret_cast<const char*>(digest.data()),
          std::min<std::size_t>(size, SSL_MAX_SID_CTX_LENGTH)};
}

std::chrono::system_clock::time_point expiryOf(SSL_CTX* context) {
  const X509* const own = SSL_CTX_get0_certificate(context);
  if (!own) return {};
  auto first = asTime(X509_get0_notAfter(own));
  STACK_OF(X509)* chain = nullptr;  // the context's
  SSL_CTX_get0_chain_certs(context, &chain);
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    first = std::min(first, asTime(X509_get0_notAfter(sk_X509_value(chain, i))));
  }
  return first;
}

PeerCertificate describeCertificate(X509& certificate) {
  PeerCertificate described;
  const BioHandle text(BIO_new(BIO_s_mem()));
  if (!text) throw std::bad_alloc();
  X509_NAME_print_ex(text.get(), X509_get_subject_name(&certificate), 0, XN_FLAG_RFC2253);
  char* start = nullptr;
  const long size = BIO_get_mem_data(text.get(), &start);
  described.subject.assign(start, static_cast<std::size_t>(size));
  const AlternativeNames names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    std::string name = textOf(sk_GENERAL_NAME_value(names.get(), i));
    if (!name.empty()) described.names.push_back(std::move(name));
  }
  return described;
}

bool isFor(X509& certificate, const std::string& name) {
  if (name.empty()) return false;
  if (X509_check_ip_asc(&certificate, name.c_str(), 0) == 1) return true;
  return X509_check_host(&certificate, name.data(), name.size(), 0, nullptr) == 1;
}

bool changesKeysTooOften(const SSL* ssl) {
  return reinterpret_cast<std::uintptr_t>(SSL_get_ex_data(ssl, keyUpdatesIndex())) >
         kMostKeyUpdates;
}

bool hasExpired(const X509& certificate) {
  return X509_cmp_current_time(X509_get0_notAfter(&certificate)) < 0;
}

}  // namespace evmicro::detail

#include "wrapper/jwt_keys.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/log.h"

namespace evmicro::detail {

namespace {

constexpr std::chrono::seconds kBetweenLooks{1};
constexpr std::size_t kLargestFile = 64U << 10;
constexpr int kLeastRsaBits = 2048;
constexpr int kP256Bits = 256;

struct ReleaseBio {
  void operator()(BIO* bio) const noexcept { BIO_free(bio); }
};
struct ReleaseKey {
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};

bool isSecretAlgorithm(std::string_view algorithm) {
  return algorithm == "HS256" || algorithm == "HS384" || algorithm == "HS512";
}

// A public key in the place of a secret is known to everybody.
Status checkSecret(const std::string& bytes) {
  if (bytes.empty()) return Status::invalid("the secret is empty");
  if (bytes.find("-----BEGIN ") != std::string::npos) {
    return Status::invalid("a key in PEM cannot be a secret");
  }
  return {};
}

Status checkPublicKey(std::string_view algorithm, const std::string& bytes) {
  const std::unique_ptr<BIO, ReleaseBio> bio(
      BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
  const std::unique_ptr<EVP_PKEY, ReleaseKey> key(
      bio ? PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr) : nullptr);
  ERR_clear_error();
  if (!key) return Status::invalid("not a public key in PEM");
  const int type = EVP_PKEY_base_id(key.get());
  const int bits = EVP_PKEY_bits(key.get());
  if (algorithm == "RS256" && (type != EVP_PKEY_RSA || bits < kLeastRsaBits)) {
    return Status::invalid("RS256 needs an RSA key of 2048 bits or more");
  }
  if (algorithm == "ES256" && (type != EVP_PKEY_EC || bits != kP256Bits)) {
    return Status::invalid("ES256 needs a key of the curve P-256");
  }
  return {};
}

void dropLineEnd(std::string& secret) {
  if (!secret.empty() && secret.back() == '\n') secret.pop_back();
  if (!secret.empty() && secret.back() == '\r') secret.pop_back();
}

Status readKey(JwtKeys::Key& key) {
  if (::stat(key.spec.file.c_str(), &key.file) != 0) return Status::invalid(std::strerror(errno));
  std::ifstream file(key.spec.file, std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(file), {});
  if (!file.good() && !file.eof()) return Status::invalid("cannot be read");
  if (bytes.size() > kLargestFile) return Status::invalid("too large for a key");
  const bool secret = isSecretAlgorithm(key.spec.algorithm);
  if (secret) dropLineEnd(bytes);
  Status status = secret ? checkSecret(bytes) : checkPublicKey(key.spec.algorithm, bytes);
  if (status.ok()) key.bytes = std::move(bytes);
  return status;
}

Status describe(const JwtKey& spec, Status why) {
  return std::move(why).withContext("jwtAuth: " + spec.algorithm + " key " + spec.file);
}

bool sameFile(const struct stat& a, const struct stat& b) {
  return a.st_ino == b.st_ino && a.st_dev == b.st_dev && a.st_size == b.st_size &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

}  // namespace

Status JwtKeys::load(std::vector<JwtKey> specs) {
  if (specs.empty()) return Status::invalid("jwtAuth: no key");
  for (JwtKey& spec : specs) {
    const bool known =
        isSecretAlgorithm(spec.algorithm) || spec.algorithm == "RS256" || spec.algorithm == "ES256";
    if (!known) {
      return Status::invalid("jwtAuth: unknown algorithm \"" + spec.algorithm +
                             "\": HS256, HS384, HS512, RS256 or ES256");
    }
    Key key;
    key.spec = std::move(spec);
    Status status = readKey(key);
    if (!status.ok()) return describe(key.spec, std::move(status));
    keys_.push_back(std::move(key));
  }
  lookedAt_ = EventLoop::now();
  return {};
}

void JwtKeys::refresh() {
  const auto now = EventLoop::now();
  if (now - lookedAt_ < kBetweenLooks) return;
  lookedAt_ = now;
  for (Key& key : keys_) {
    struct stat file {};
    // One that is being replaced may be away for a moment.
    if (::stat(key.spec.file.c_str(), &file) != 0 || sameFile(file, key.file)) continue;
    const Status status = readKey(key);
    if (status.ok()) {
      EVMICRO_LOG_INFO("server", "jwtAuth: key read again: " << key.spec.file);
    } else {
      EVMICRO_LOG_ERROR("server", describe(key.spec, status).detail() << ": the old key stays");
    }
  }
}

}  // namespace evmicro::detail

#include "passwords.h"

#include <argon2.h>
#include <crypt.h>
#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <string_view>
#include <system_error>

namespace user {

namespace {

constexpr std::uint32_t kPasses = 2;
constexpr std::uint32_t kMemoryKiB = 19'456;
constexpr std::uint32_t kLanes = 1;
constexpr std::size_t kHashBytes = 32;
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kMostBytes = 1'024;
constexpr std::string_view kGoPepper = "cruft123";
constexpr std::string_view kArgon = "$argon2id$";

void fillRandom(void* bytes, std::size_t size) {
  auto* at = static_cast<unsigned char*>(bytes);
  while (size > 0) {
    const ssize_t got = ::getrandom(at, size, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw std::system_error(errno, std::generic_category(), "getrandom");
    at += got;
    size -= static_cast<std::size_t>(got);
  }
}

std::string argon(const std::string& password) {
  std::array<unsigned char, kSaltBytes> salt;
  fillRandom(salt.data(), salt.size());
  std::array<char, 256> encoded;
  const int result =
      argon2id_hash_encoded(kPasses, kMemoryKiB, kLanes, password.data(), password.size(),
                            salt.data(), salt.size(), kHashBytes, encoded.data(), encoded.size());
  if (result != ARGON2_OK) throw std::runtime_error(argon2_error_message(result));
  return encoded.data();
}

// Empty: it is not base64.
std::string fromBase64(std::string_view text) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  for (const char digit : text) {
    const std::size_t value = kDigits.find(digit);
    if (value == std::string_view::npos) return {};
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes += static_cast<char>((bits >> count) & 0xff);
    }
  }
  return bytes;
}

// Whether two texts are equal, in a time that does not depend on where they differ.
bool same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned char difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference = static_cast<unsigned char>(difference | (a[i] ^ b[i]));
  }
  return difference == 0;
}

bool matchesBcrypt(const std::string& phrase, const std::string& hash) {
  const auto data = std::make_unique<crypt_data>();
  const char* const made = ::crypt_rn(phrase.c_str(), hash.c_str(), data.get(), sizeof(crypt_data));
  return made && same(made, hash);
}

}  // namespace

StoredPassword hashPassword(const std::string& password) { return {{}, argon(password)}; }

Match matches(const std::string& password, const StoredPassword& stored) {
  if (stored.hash.compare(0, kArgon.size(), kArgon) == 0) {
    const int result = argon2id_verify(stored.hash.c_str(), password.data(), password.size());
    return result == ARGON2_OK ? Match::kYes : Match::kNo;
  }
  const std::string phrase = std::string(kGoPepper) + stored.salt + password;
  const bool good = matchesBcrypt(phrase, fromBase64(stored.hash));
  return good ? Match::kOutdated : Match::kNo;
}

void pretendToMatch(const std::string& password) {
  static const std::string kNobodys = argon("");
  (void)argon2id_verify(kNobodys.c_str(), password.data(), password.size());
}

const char* problemWithPassword(const std::string& password) {
  if (password.empty()) return "password cannot be blank";
  if (password.size() > kMostBytes) return "password must not be longer than 1024 bytes";
  if (password.find('\0') != std::string::npos) return "password must not contain NUL";
  return nullptr;
}

std::string randomText(std::size_t size) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  constexpr std::size_t kFair = 256 / kLetters.size() * kLetters.size();
  std::string text;
  text.reserve(size);
  while (text.size() < size) {
    std::array<unsigned char, 64> bytes;
    fillRandom(bytes.data(), bytes.size());
    for (const unsigned char byte : bytes) {
      if (text.size() < size && byte < kFair) text += kLetters[byte % kLetters.size()];
    }
  }
  return text;
}

}  // namespace user

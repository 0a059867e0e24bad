#pragma once

#include <string>

namespace user {

/// A password as it is stored: `hash` in the form of its scheme, and a salt where the scheme keeps
/// it apart.
struct StoredPassword {
  std::string salt;
  std::string hash;
};

/// New passwords are hashed by argon2id (19 MiB, 2 passes; PHC string). The hashes of the Go
/// service are understood as well: base64 of bcrypt of `cruft123`, salt and password.
///
/// All of it takes tens of milliseconds: not on a loop.
StoredPassword hashPassword(const std::string& password);

enum class Match {
  kNo,
  kYes,
  kOutdated,  ///< yes, by an old scheme: worth to be hashed again
};
Match matches(const std::string& password, const StoredPassword& stored);

/// Takes as long as matches() with a new hash, for users that do not exist.
void pretendToMatch(const std::string& password);

/// Why it cannot be a password; null: it can. 1 to 1,024 bytes without NUL, at which bcrypt would
/// stop.
const char* problemWithPassword(const std::string& password);

/// `size` characters of `A-Za-z0-9` from the system's random source, each as likely as any other.
std::string randomText(std::size_t size);

}  // namespace user

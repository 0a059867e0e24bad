#pragma once

#include <string>

namespace evmicro {

/// How a broker logs in. At most one of: user and password, a token, a credentials file, or an
/// nkey. All empty: without credentials, or with those in the address (`user:password@host`,
/// `token@host`).
struct BrokerCredentials {
  std::string user;          ///< with password
  std::string password;      ///< of user
  std::string token;         ///< instead of user and password
  std::string file;          ///< a user's JWT and seed, as `nsc generate creds` writes them
  std::string nkey;          ///< the public key of a user, `U...`
  std::string nkeySeedFile;  ///< the seed of that key, `SU...`
};

}  // namespace evmicro

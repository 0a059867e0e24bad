#pragma once

#include <string>

namespace evmicro {

/// What a broker logs in with. One way at most: user and password, a token, a credentials file, or
/// an nkey. All empty: none, or what the address has (`user:password@host`, `token@host`).
struct BrokerCredentials {
  std::string user;
  std::string password;
  std::string token;
  std::string file;          ///< a user's JWT and seed, as `nsc generate creds` writes them
  std::string nkey;          ///< the public key of a user, `U...`
  std::string nkeySeedFile;  ///< the seed of that key, `SU...`
};

}  // namespace evmicro

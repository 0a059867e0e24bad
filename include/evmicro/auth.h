#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <evmicro/export.h>
#include <evmicro/status.h>
#include <evmicro/wrapper.h>

namespace evmicro {

/// Wrappers for servers that say who may call. A call without valid credentials ends with error
/// 401, one of a caller who is known but not allowed with 403; the id is the name of the service,
/// and the handler does not run. Debug.* methods are not exempt unless `AuthScope` says so.
/// Messages of subscribers have no caller to check and pass: a broker authenticates them.

/// Which methods a wrapper leaves alone.
struct AuthScope {
  /// `Service.Method`, or `Service.*` for all of a service.
  std::vector<std::string> exempt;
};

/// What is known of a caller who has shown a token.
using CheckBearer = std::function<Status(std::string_view token, const CallInfo& call)>;

/// Callers send `Authorization: Bearer TOKEN`; `check` decides whether it is accepted: ok(), or an
/// error, which the caller gets as it is, with code 401 unless it is 403 or has another code of its
/// own. An exception from `check` becomes an error 500.
EVMICRO_EXPORT Wrapper bearerAuth(CheckBearer check, AuthScope scope = {});

/// The caller has shown a certificate that was verified (`--server_tls_client_ca`), and its subject
/// or one of its alternative names is among `allowed`, written as in PeerCertificate:
/// `CN=api,O=Example`, `api.example`, `spiffe://example/api`. One `*` at the end of an entry stands
/// for any rest. Without a certificate 401, with another name 403.
EVMICRO_EXPORT Wrapper allowSubjects(std::vector<std::string> allowed, AuthScope scope = {});

/// A key that tokens may be signed with. Tokens name their algorithm themselves; only what is said
/// here counts, so that a public key never serves as the secret of another algorithm.
struct JwtKey {
  /// HS256, HS384, HS512: the file holds the secret, a line end after it left out. RS256: an RSA
  /// public key, 2048 bits or more, ES256: one of the curve P-256, in PEM.
  std::string algorithm;
  std::string file;
  /// Tokens that name a key (`kid`) are checked with that one alone; empty: with any of their
  /// algorithm.
  std::string id;
};

/// How jwtAuth checks tokens.
struct JwtOptions {
  std::vector<JwtKey> keys;  ///< tokens are checked with those of their algorithm
  /// The `iss` that tokens must have; empty: any.
  std::string issuer;
  /// What must be in the `aud` of tokens; empty: any, or none.
  std::string audience;
  /// By how much clocks may differ, for `exp` and `nbf`.
  std::chrono::seconds leeway{30};
  /// Whether a token must have an `exp`.
  bool requireExpiry = true;
  AuthScope scope;
};

/// Callers send `Authorization: Bearer TOKEN` with a signed JSON Web Token. The handler's context
/// gets the claims `iss` and `sub` of the token as metadata `Jwt-Issuer` and `Jwt-Subject`; what a
/// caller sends under these names is removed.
///
/// Key files are looked at once a second at most, when calls come; one that has changed is read
/// again. A file that then cannot be used is logged, and the old key stays.
///
/// An error when a key cannot be used now, or when this library was built without libjwt.
EVMICRO_EXPORT Result<Wrapper> jwtAuth(JwtOptions options);

}  // namespace evmicro

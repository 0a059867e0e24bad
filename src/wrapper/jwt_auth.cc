#include <memory>
#include <utility>

#include "wrapper/auth_scope.h"
#include "wrapper/jwt_keys.h"
#include "wrapper/jwt_token.h"

namespace evmicro {

namespace {

constexpr const char* kIssuer = "Jwt-Issuer";
constexpr const char* kSubject = "Jwt-Subject";

// What the handler learns of the caller is never what the caller sends under these names.
void tell(Context& context, const detail::JwtClaims& claims) {
  const auto set = [&](const char* name, const std::string& value) {
    context.metadata().remove(name);
    if (!value.empty()) context.metadata().set(name, value);
  };
  set(kIssuer, claims.issuer);
  set(kSubject, claims.subject);
}

struct Checker {
  JwtOptions options;
  detail::JwtKeys keys;
};

}  // namespace

Result<Wrapper> jwtAuth(JwtOptions options) {
  auto checker = std::make_shared<Checker>();
  Status status = checker->keys.load(std::move(options.keys));
  if (!status.ok()) return status;
  checker->options = std::move(options);
  return Wrapper([checker = std::move(checker)](Context context, const CallInfo& call,
                                                CallNext next, CallDone done) {
    detail::JwtClaims claims;
    if (!detail::isExempt(checker->options.scope, call)) {
      const auto token = detail::bearerToken(context.metadata());
      if (!token) return done(detail::unauthorized(call, "no bearer token"));
      checker->keys.refresh();
      auto checked = detail::checkJwt(*token, checker->keys.all(), checker->options,
                                      std::chrono::system_clock::now());
      if (!checked.ok()) return done(detail::unauthorized(call, checked.status().detail()));
      claims = std::move(*checked);
    }
    tell(context, claims);
    next(std::move(context), std::move(done));
  });
}

}  // namespace evmicro

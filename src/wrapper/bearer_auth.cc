#include <memory>
#include <stdexcept>
#include <utility>

#include "wrapper/auth_scope.h"

namespace evmicro {

Wrapper bearerAuth(CheckBearer check, AuthScope scope) {
  if (!check)
    throw std::invalid_argument("evmicro: bearerAuth needs a function that checks tokens");
  return [check = std::move(check), scope = std::move(scope)](Context context, const CallInfo& call,
                                                              CallNext next, CallDone done) {
    if (detail::isExempt(scope, call)) return next(std::move(context), std::move(done));
    const auto token = detail::bearerToken(context.metadata());
    if (!token) return done(detail::unauthorized(call, "no bearer token"));
    Status refused = check(*token, call);
    if (!refused.ok()) return done(std::move(refused));
    next(std::move(context), std::move(done));
  };
}

}  // namespace evmicro

#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <evmicro/auth.h>

#include "wrapper/jwt_keys.h"

namespace evmicro::detail {

/// What a sound token says.
struct JwtClaims {
  std::string issuer;
  std::string subject;
};

/// Checks the signature of `token` with the key that its header asks for and its algorithm allows,
/// and its claims against `options`, at `now`. The error says what is wrong, for the caller.
Result<JwtClaims> checkJwt(std::string_view token, const std::vector<JwtKeys::Key>& keys,
                           const JwtOptions& options, std::chrono::system_clock::time_point now);

}  // namespace evmicro::detail

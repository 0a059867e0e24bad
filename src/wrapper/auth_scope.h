#pragma once

#include <optional>
#include <string_view>

#include <evmicro/auth.h>

namespace evmicro::detail {

/// Whether a wrapper that authenticates callers leaves `call` alone: its method is exempt, or it is
/// a message.
bool isExempt(const AuthScope& scope, const CallInfo& call);

/// The token of `Authorization: Bearer TOKEN`; the scheme in any case. Nothing if there is none.
std::optional<std::string_view> bearerToken(const Metadata& metadata);

/// Errors in go-micro's form, signed by the called service.
Status unauthorized(const CallInfo& call, std::string detail);
Status forbidden(const CallInfo& call, std::string detail);

}  // namespace evmicro::detail

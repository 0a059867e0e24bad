#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include "wrapper/auth_scope.h"

namespace evmicro {

namespace {

bool matches(std::string_view pattern, std::string_view name) {
  if (pattern.empty() || pattern.back() != '*') return pattern == name;
  pattern.remove_suffix(1);
  return name.substr(0, pattern.size()) == pattern;
}

bool isAllowed(const std::vector<std::string>& allowed, const PeerCertificate& certificate) {
  const auto known = [&](std::string_view name) {
    return std::any_of(allowed.begin(), allowed.end(),
                       [&](const std::string& pattern) { return matches(pattern, name); });
  };
  return known(certificate.subject) ||
         std::any_of(certificate.names.begin(), certificate.names.end(), known);
}

}  // namespace

Wrapper allowSubjects(std::vector<std::string> allowed, AuthScope scope) {
  if (std::any_of(allowed.begin(), allowed.end(), [](const auto& each) { return each.empty(); })) {
    throw std::invalid_argument("evmicro: allowSubjects: an empty name");
  }
  return [allowed = std::move(allowed), scope = std::move(scope)](
             Context context, const CallInfo& call, CallNext next, CallDone done) {
    if (detail::isExempt(scope, call)) return next(std::move(context), std::move(done));
    const auto certificate = call.peer ? call.peer->certificate() : nullptr;
    if (!certificate) return done(detail::unauthorized(call, "no client certificate"));
    if (!isAllowed(allowed, *certificate)) {
      return done(detail::forbidden(
          call, "the certificate's subject is not allowed: " + certificate->subject));
    }
    next(std::move(context), std::move(done));
  };
}

}  // namespace evmicro

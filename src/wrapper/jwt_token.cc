#include "wrapper/jwt_token.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>

#include <jwt.h>

#include "json/base64.h"
#include "json/jansson.h"

namespace evmicro::detail {

namespace {

using Seconds = std::chrono::duration<double>;

struct ReleaseJwt {
  void operator()(jwt_t* token) const noexcept { jwt_free(token); }
};
struct ReleaseText {
  void operator()(char* text) const noexcept { std::free(text); }
};

// Three parts of URL-safe base64 without padding, none of them empty.
bool isWellFormed(std::string_view token) {
  const auto isPart = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  };
  int parts = 0;
  while (true) {
    const std::size_t dot = token.find('.');
    const std::string_view part = token.substr(0, dot);
    if (part.empty() || !std::all_of(part.begin(), part.end(), isPart)) return false;
    ++parts;
    if (dot == std::string_view::npos) return parts == 3;
    token.remove_prefix(dot + 1);
  }
}

Json readObject(std::string_view text) {
  Json value(json_loadb(text.data(), text.size(), JSON_REJECT_DUPLICATES, nullptr));
  return json_is_object(value.get()) ? std::move(value) : nullptr;
}

// The first part of the token, read before anything is believed.
Json headerOf(std::string_view token) {
  std::string text;
  if (!decodeBase64(token.substr(0, token.find('.')), text, Base64::kAnyForm)) return nullptr;
  return readObject(text);
}

// Of the same algorithm, and the one that is named if the key has a name.
bool mayHaveSigned(const JwtKey& key, const std::string& algorithm, const std::string& id) {
  return key.algorithm == algorithm && (id.empty() || key.id.empty() || key.id == id);
}

// The claims, if `key` has signed the token.
Json verified(const std::string& token, const JwtKeys::Key& key) {
  jwt_t* decoded = nullptr;
  const auto* bytes = reinterpret_cast<const unsigned char*>(key.bytes.data());
  if (jwt_decode(&decoded, token.c_str(), bytes, static_cast<int>(key.bytes.size())) != 0) {
    return nullptr;
  }
  const std::unique_ptr<jwt_t, ReleaseJwt> owner(decoded);
  // libjwt goes by the token's own word: it must have been that of the key.
  if (key.spec.algorithm != jwt_alg_str(jwt_get_alg(decoded))) return nullptr;
  const std::unique_ptr<char, ReleaseText> claims(jwt_get_grants_json(decoded, nullptr));
  return claims ? readObject(claims.get()) : nullptr;
}

Json verifiedByAny(std::string_view token, const std::vector<JwtKeys::Key>& keys,
                   const json_t* header) {
  const std::string algorithm = textAt(header, "alg");
  const std::string id = textAt(header, "kid");
  const std::string text(token);
  for (const JwtKeys::Key& key : keys) {
    if (!mayHaveSigned(key.spec, algorithm, id)) continue;
    if (Json claims = verified(text, key)) return claims;
  }
  return nullptr;
}

bool hasAudience(const json_t* claims, const std::string& audience) {
  const json_t* const value = json_object_get(claims, "aud");
  if (json_is_string(value)) return jsonText(value) == audience;
  std::size_t i = 0;
  const json_t* each = nullptr;
  json_array_foreach(value, i, each) {
    if (json_is_string(each) && jsonText(each) == audience) return true;
  }
  return false;
}

// Why the token is no good at `now`; ok(): it is.
Status checkTimes(const json_t* claims, const JwtOptions& options, Seconds now) {
  const json_t* const expiry = json_object_get(claims, "exp");
  const json_t* const begin = json_object_get(claims, "nbf");
  if ((expiry && !json_is_number(expiry)) || (begin && !json_is_number(begin))) {
    return Status::invalid("the token's times make no sense");
  }
  if (!expiry && options.requireExpiry) return Status::invalid("the token has no expiry");
  if (expiry && now >= Seconds(json_number_value(expiry)) + options.leeway) {
    return Status::invalid("the token has expired");
  }
  if (begin && now < Seconds(json_number_value(begin)) - options.leeway) {
    return Status::invalid("the token is not valid yet");
  }
  return {};
}

}  // namespace

Result<JwtClaims> checkJwt(std::string_view token, const std::vector<JwtKeys::Key>& keys,
                           const JwtOptions& options, std::chrono::system_clock::time_point now) {
  if (!isWellFormed(token)) return Status::invalid("not a signed token");
  const Json header = headerOf(token);
  // What is critical to a signature that we do not know must not be ignored.
  if (!header || json_object_get(header.get(), "crit"))
    return Status::invalid("not a signed token");
  const Json claims = verifiedByAny(token, keys, header.get());
  if (!claims) return Status::invalid("the token is not signed by a known key");
  Status status = checkTimes(claims.get(), options, now.time_since_epoch());
  if (!status.ok()) return status;
  JwtClaims result{textAt(claims.get(), "iss"), textAt(claims.get(), "sub")};
  if (!options.issuer.empty() && result.issuer != options.issuer) {
    return Status::invalid("the token has another issuer");
  }
  if (!options.audience.empty() && !hasAudience(claims.get(), options.audience)) {
    return Status::invalid("the token is for another audience");
  }
  return result;
}

}  // namespace evmicro::detail

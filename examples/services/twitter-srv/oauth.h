#pragma once

#include <string>

#include "../web-api/web_api.h"

namespace twitter {

/// Who tweets, and through which application.
struct Credentials {
  std::string consumerKey;
  std::string consumerSecret;
  std::string token;
  std::string tokenSecret;
};

/// The value of the Authorization header of a POST of `form` to `url`, signed by HMAC-SHA1 as OAuth
/// 1.0a has it (RFC 5849, section 3). `nonce` is never to be the same twice within one second;
/// `timestamp` is Unix time.
std::string authorization(const Credentials& credentials, const std::string& url,
                          const web::Parameters& form, const std::string& nonce,
                          long long timestamp);

}  // namespace twitter

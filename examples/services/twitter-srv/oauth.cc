#include "oauth.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

namespace twitter {

namespace {

std::string base64(const unsigned char* bytes, std::size_t size) {
  std::string text((size + 2) / 3 * 4 + 1, '\0');  // and a NUL
  const int written =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes, static_cast<int>(size));
  text.resize(static_cast<std::size_t>(written));
  return text;
}

std::string hmacSha1(const std::string& key, const std::string& text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  const auto* data = reinterpret_cast<const unsigned char*>(text.data());
  if (!HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), data, text.size(), digest,
            &size)) {
    throw std::runtime_error("OpenSSL has no HMAC-SHA1");
  }
  return base64(digest, size);
}

// Scheme and host in lower case, without the default port and the query.
std::string baseUri(const std::string& url) {
  const auto hostAt = url.find("://") + 3;
  const auto pathAt = std::min(url.find('/', hostAt), url.size());
  std::string origin = url.substr(0, pathAt);
  for (char& c : origin) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  const auto drop = [&](const std::string& scheme, const std::string& port) {
    const bool has = origin.compare(0, scheme.size(), scheme) == 0 && origin.size() > port.size() &&
                     origin.compare(origin.size() - port.size(), port.size(), port) == 0;
    if (has) origin.resize(origin.size() - port.size());
  };
  drop("http://", ":80");
  drop("https://", ":443");
  const std::string path = url.substr(pathAt, url.find('?', pathAt) - pathAt);
  return origin + (path.empty() ? "/" : path);
}

std::string normalized(const web::Parameters& form, const web::Parameters& oauth) {
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto* parameters : {&form, &oauth}) {
    for (const auto& [name, value] : *parameters) {
      all.emplace_back(web::encoded(name), web::encoded(value));
    }
  }
  std::sort(all.begin(), all.end());
  std::string text;
  for (const auto& [name, value] : all) text += (text.empty() ? "" : "&") + name + "=" + value;
  return text;
}

}  // namespace

std::string authorization(const Credentials& credentials, const std::string& url,
                          const web::Parameters& form, const std::string& nonce,
                          long long timestamp) {
  web::Parameters oauth = {
      {"oauth_consumer_key", credentials.consumerKey},
      {"oauth_nonce", nonce},
      {"oauth_signature_method", "HMAC-SHA1"},
      {"oauth_timestamp", std::to_string(timestamp)},
      {"oauth_token", credentials.token},
      {"oauth_version", "1.0"},
  };
  const std::string key =
      web::encoded(credentials.consumerSecret) + "&" + web::encoded(credentials.tokenSecret);
  const std::string base =
      "POST&" + web::encoded(baseUri(url)) + "&" + web::encoded(normalized(form, oauth));
  oauth["oauth_signature"] = hmacSha1(key, base);
  std::string header = "OAuth ";
  for (const auto& [name, value] : oauth) {
    header += (header.size() > 6 ? ", " : "") + name + "=\"" + web::encoded(value) + "\"";
  }
  return header;
}

}  // namespace twitter

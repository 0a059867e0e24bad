// Tokens made with the same library, and forged ones.
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include <jwt.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <unistd.h>

#include <evmicro/auth.h>

#include "json/base64.h"
#include "support/captured_log.h"
#include "support/manual_clock.h"
#include "wrapper/jwt_token.h"
#include "wrapper/wrapped_call.h"

namespace evmicro::test {

using namespace std::chrono_literals;

namespace {

using Key = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>;

Key rsaKey(unsigned bits) { return Key(EVP_RSA_gen(bits), EVP_PKEY_free); }
Key curveKey(const char* curve) { return Key(EVP_EC_gen(curve), EVP_PKEY_free); }

std::string pem(const std::function<int(BIO*)>& write) {
  const std::unique_ptr<BIO, int (*)(BIO*)> bio(BIO_new(BIO_s_mem()), BIO_free);
  CPPUNIT_ASSERT_EQUAL(1, write(bio.get()));
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}
std::string publicPem(const Key& key) {
  return pem([&](BIO* bio) { return PEM_write_bio_PUBKEY(bio, key.get()); });
}
std::string privatePem(const Key& key) {
  return pem([&](BIO* bio) {
    return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

std::string base64Url(std::string_view bytes) {
  std::string text;
  detail::appendBase64(text, bytes);
  while (!text.empty() && text.back() == '=') text.pop_back();
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}

}  // namespace

class JwtAuthTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(JwtAuthTest);
  CPPUNIT_TEST(eachAlgorithmIsUnderstood);
  CPPUNIT_TEST(aTokenOfAnotherKeyIsRefused);
  CPPUNIT_TEST(aTokenWithoutSignatureIsRefused);
  CPPUNIT_TEST(aPublicKeyIsNoSecret);
  CPPUNIT_TEST(anotherAlgorithmOfTheSameSecretIsRefused);
  CPPUNIT_TEST(whatWasChangedIsRefused);
  CPPUNIT_TEST(whatIsNoTokenIsRefused);
  CPPUNIT_TEST(criticalHeadersAreRefused);
  CPPUNIT_TEST(aKeyMayBeNamed);
  CPPUNIT_TEST(expiryHasItsLeeway);
  CPPUNIT_TEST(theBeginHasItsLeeway);
  CPPUNIT_TEST(expiryMayBeOptional);
  CPPUNIT_TEST(issuerAndAudienceAreChecked);
  CPPUNIT_TEST(theHandlerLearnsWhoCalls);
  CPPUNIT_TEST(withoutATokenACallIsUnauthorized);
  CPPUNIT_TEST(exemptMethodsPassWithoutClaims);
  CPPUNIT_TEST(aKeyThatHasChangedIsReadAgain);
  CPPUNIT_TEST(aBrokenFileKeepsTheOldKey);
  CPPUNIT_TEST(filesAreLookedAtOnceASecond);
  CPPUNIT_TEST(unusableKeysAreErrors);
  CPPUNIT_TEST(aLineEndIsNotPartOfASecret);
  CPPUNIT_TEST_SUITE_END();

  static constexpr const char* kSecret = "0123456789abcdef0123456789abcdef";
  static constexpr std::int64_t kNow = 1'460'000'000;

 public:
  void setUp() override {
    clock_ = std::make_unique<ManualClock>();
    char name[] = "/tmp/evmicro-jwt-XXXXXX";
    CPPUNIT_ASSERT(::mkdtemp(name));
    folder_ = name;
    files_.clear();
    options_ = JwtOptions();
  }
  void tearDown() override {
    for (const std::string& file : files_) ::unlink(file.c_str());
    ::rmdir(folder_.c_str());
    clock_.reset();
  }

  void eachAlgorithmIsUnderstood() {
    for (const char* algorithm : {"HS256", "HS384", "HS512"}) {
      use(algorithm, kSecret);
      expect("", token(algorithm, kSecret));
    }
    const Key rsa = rsaKey(2048);
    use("RS256", publicPem(rsa));
    expect("", token("RS256", privatePem(rsa)));
    const Key curve = curveKey("P-256");
    use("ES256", publicPem(curve));
    expect("", token("ES256", privatePem(curve)));
  }

  void aTokenOfAnotherKeyIsRefused() {
    use("HS256", kSecret);
    expect("the token is not signed by a known key", token("HS256", "another secret"));
    use("RS256", publicPem(rsaKey(2048)));
    expect("the token is not signed by a known key", token("RS256", privatePem(rsaKey(2048))));
    use("ES256", publicPem(curveKey("P-256")));
    expect("the token is not signed by a known key", token("ES256", privatePem(curveKey("P-256"))));
  }

  void aTokenWithoutSignatureIsRefused() {
    use("HS256", kSecret);
    for (const char* algorithm : {"none", "None", "NONE", ""}) {
      const std::string head =
          base64Url(std::string(R"({"alg":")") + algorithm + R"("})") + "." + base64Url(claims());
      expect("not a signed token", head + ".");
      expect("not a signed token", head);
      expect("the token is not signed by a known key", head + ".AAAA");
    }
  }

  void aPublicKeyIsNoSecret() {
    const Key rsa = rsaKey(2048);
    use("RS256", publicPem(rsa));
    for (const char* algorithm : {"HS256", "HS384", "HS512"}) {
      expect("the token is not signed by a known key", token(algorithm, publicPem(rsa)));
    }
  }

  void anotherAlgorithmOfTheSameSecretIsRefused() {
    use("HS512", kSecret);
    expect("the token is not signed by a known key", token("HS256", kSecret));
    expect("", token("HS512", kSecret));
  }

  void whatWasChangedIsRefused() {
    use("HS256", kSecret);
    const std::string good = token("HS256", kSecret);
    const std::size_t dot = good.find('.');
    const std::string other = good.substr(0, dot + 1) +
                              base64Url(R"({"sub":"root","exp":4000000000})") +
                              good.substr(good.rfind('.'));
    expect("the token is not signed by a known key", other);
    std::string signature = good;
    signature[good.rfind('.') + 1] = signature[good.rfind('.') + 1] == 'A' ? 'B' : 'A';
    expect("the token is not signed by a known key", signature);
  }

  void whatIsNoTokenIsRefused() {
    use("HS256", kSecret);
    const std::string good = token("HS256", kSecret);
    const std::string rest = good.substr(good.find('.'));
    for (const std::string& text :
         {std::string("x"), std::string("a.b"), std::string("a.b.c.d"), std::string("..."),
          std::string(".."), good + "=", good + ".x", " " + good, "!" + good,
          base64Url("[]") + rest, base64Url("{\"alg\":1}") + ".x", base64Url("{") + rest,
          base64Url(R"({"alg":"HS256","alg":"HS256"})") + rest}) {
      expect("not a signed token", text);
    }
    expect("the token is not signed by a known key", base64Url("{}") + rest);
  }

  void criticalHeadersAreRefused() {
    use("HS256", kSecret);
    const std::string good = token("HS256", kSecret);
    expect("not a signed token", base64Url(R"({"alg":"HS256","crit":["b64"],"b64":false})") +
                                     good.substr(good.find('.')));
  }

  void aKeyMayBeNamed() {
    options_.keys.push_back({"HS256", write("one", kSecret), "2016-04"});
    options_.keys.push_back({"HS256", write("two", "another secret of some length"), "2016-05"});
    load();
    expect("", token("HS256", kSecret, claims(), "2016-04"));
    expect("the token is not signed by a known key", token("HS256", kSecret, claims(), "2016-05"));
    expect("", token("HS256", "another secret of some length", claims(), "2016-05"));
    expect("", token("HS256", "another secret of some length"));
  }

  void expiryHasItsLeeway() {
    use("HS256", kSecret);
    const auto at = [&](std::int64_t expiry) {
      return token("HS256", kSecret, R"({"exp":)" + std::to_string(expiry) + "}");
    };
    expect("", at(kNow - 29));
    expect("the token has expired", at(kNow - 30));
    expect("the token's times make no sense", token("HS256", kSecret, R"({"exp":"never"})"));
  }

  void theBeginHasItsLeeway() {
    use("HS256", kSecret);
    options_.requireExpiry = false;
    const auto at = [&](std::int64_t begin) {
      return token("HS256", kSecret, R"({"nbf":)" + std::to_string(begin) + "}");
    };
    expect("", at(kNow + 30));
    expect("the token is not valid yet", at(kNow + 31));
  }

  void expiryMayBeOptional() {
    use("HS256", kSecret);
    expect("the token has no expiry", token("HS256", kSecret, "{}"));
    options_.requireExpiry = false;
    expect("", token("HS256", kSecret, "{}"));
  }

  void issuerAndAudienceAreChecked() {
    use("HS256", kSecret);
    options_.requireExpiry = false;
    options_.issuer = "login";
    options_.audience = "shop";
    const auto with = [&](const std::string& text) { return token("HS256", kSecret, text); };
    expect("", with(R"({"iss":"login","aud":"shop"})"));
    expect("", with(R"({"iss":"login","aud":["bank","shop"]})"));
    expect("the token has another issuer", with(R"({"aud":"shop"})"));
    expect("the token has another issuer", with(R"({"iss":"login2","aud":"shop"})"));
    expect("the token is for another audience", with(R"({"iss":"login"})"));
    expect("the token is for another audience", with(R"({"iss":"login","aud":"shop2"})"));
    expect("the token is for another audience", with(R"({"iss":"login","aud":["bank",1]})"));
  }

  void theHandlerLearnsWhoCalls() {
    const Wrapper wrapper = make();
    Context context = authorized(token("HS256", kSecret, R"({"sub":"ann","iss":"login"})"));
    context.metadata().set("Jwt-Subject", "root");
    WrappedCall call(wrapper, info(), context);
    CPPUNIT_ASSERT(call.reached);
    CPPUNIT_ASSERT(call.reached->metadata().get("Jwt-Subject") == "ann");
    CPPUNIT_ASSERT(call.reached->metadata().get("Jwt-Issuer") == "login");
    context = authorized(token("HS256", kSecret, "{}"));
    context.metadata().set("Jwt-Subject", "root");
    WrappedCall nameless(wrapper, info(), context);
    CPPUNIT_ASSERT(nameless.reached && !nameless.reached->metadata().has("Jwt-Subject"));
  }

  void withoutATokenACallIsUnauthorized() {
    const Wrapper wrapper = make();
    WrappedCall none(wrapper, info());
    CPPUNIT_ASSERT_EQUAL(401, none.code());
    CPPUNIT_ASSERT_EQUAL(std::string("shop"), none.outcome->id());
    WrappedCall bad(wrapper, info(), authorized("x"));
    CPPUNIT_ASSERT_EQUAL(401, bad.code());
    CPPUNIT_ASSERT_EQUAL(std::string("not a signed token"), bad.outcome->detail());
  }

  void exemptMethodsPassWithoutClaims() {
    options_.scope.exempt = {"Shop.*"};
    const Wrapper wrapper = make();
    Context context;
    context.metadata().set("Jwt-Subject", "root");
    WrappedCall call(wrapper, info(), context);
    CPPUNIT_ASSERT(call.reached && !call.reached->metadata().has("Jwt-Subject"));
  }

  void aKeyThatHasChangedIsReadAgain() {
    const Wrapper wrapper = make();
    write("key", "a new secret, longer than the old one was");
    clock_->skip(1s);
    CPPUNIT_ASSERT(passes(wrapper, "a new secret, longer than the old one was"));
    CPPUNIT_ASSERT(!passes(wrapper, kSecret));
  }

  void aBrokenFileKeepsTheOldKey() {
    const CapturedLog log("server");
    const Wrapper wrapper = make();
    write("key", "");
    clock_->skip(1s);
    CPPUNIT_ASSERT(passes(wrapper, kSecret));
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), log.lines().size());
    CPPUNIT_ASSERT_MESSAGE(log.lines()[0],
                           log.lines()[0].find("the old key stays") != std::string::npos);
    ::unlink(files_.front().c_str());
    clock_->skip(1s);
    CPPUNIT_ASSERT(passes(wrapper, kSecret));
    write("key", "a new secret, longer than the old one was");
    clock_->skip(1s);
    CPPUNIT_ASSERT(!passes(wrapper, kSecret));
  }

  void filesAreLookedAtOnceASecond() {
    const Wrapper wrapper = make();
    write("key", "a new secret, longer than the old one was");
    clock_->skip(1s - 1ns);
    CPPUNIT_ASSERT(passes(wrapper, kSecret));
    clock_->skip(1ns);
    CPPUNIT_ASSERT(!passes(wrapper, kSecret));
  }

  void unusableKeysAreErrors() {
    const std::string rsa = publicPem(rsaKey(2048));
    const std::string curve = publicPem(curveKey("P-256"));
    const std::vector<std::pair<JwtKey, std::string>> cases = {
        {{"none", write("a", kSecret), ""}, "unknown algorithm"},
        {{"hs256", write("a", kSecret), ""}, "unknown algorithm"},
        {{"HS256", folder_ + "/missing", ""}, "No such file"},
        {{"HS256", write("b", ""), ""}, "empty"},
        {{"HS256", write("c", rsa), ""}, "PEM cannot be a secret"},
        {{"RS256", write("d", kSecret), ""}, "not a public key"},
        {{"RS256", write("e", curve), ""}, "RSA key"},
        {{"RS256", write("f", publicPem(rsaKey(1024))), ""}, "2048 bits"},
        {{"ES256", write("g", rsa), ""}, "P-256"},
        {{"ES256", write("h", publicPem(curveKey("P-384"))), ""}, "P-256"}};
    for (const auto& [key, why] : cases) {
      options_.keys = {key};
      const auto wrapper = jwtAuth(options_);
      CPPUNIT_ASSERT(!wrapper.ok());
      CPPUNIT_ASSERT_MESSAGE(wrapper.status().detail(),
                             wrapper.status().detail().find(why) != std::string::npos);
    }
    options_.keys.clear();
    CPPUNIT_ASSERT(!jwtAuth(options_).ok());
  }

  void aLineEndIsNotPartOfASecret() {
    use("HS256", std::string(kSecret) + "\n");
    expect("", token("HS256", kSecret));
    use("HS256", std::string(kSecret) + "\r\n");
    expect("", token("HS256", kSecret));
    use("HS256", std::string(kSecret) + "\n\n");
    expect("", token("HS256", std::string(kSecret) + "\n"));
  }

 private:
  static std::string claims() { return R"({"sub":"ann","exp":)" + std::to_string(kNow + 60) + "}"; }
  static std::string token(const std::string& algorithm, const std::string& key,
                           const std::string& text = claims(), const std::string& id = {}) {
    jwt_t* made = nullptr;
    CPPUNIT_ASSERT_EQUAL(0, jwt_new(&made));
    const std::unique_ptr<jwt_t, void (*)(jwt_t*)> owner(made, jwt_free);
    CPPUNIT_ASSERT_EQUAL(0, jwt_add_grants_json(made, text.c_str()));
    if (!id.empty()) CPPUNIT_ASSERT_EQUAL(0, jwt_add_header(made, "kid", id.c_str()));
    CPPUNIT_ASSERT_EQUAL(0, jwt_set_alg(made, jwt_str_alg(algorithm.c_str()),
                                        reinterpret_cast<const unsigned char*>(key.data()),
                                        static_cast<int>(key.size())));
    const std::unique_ptr<char, void (*)(void*)> encoded(jwt_encode_str(made), std::free);
    CPPUNIT_ASSERT(encoded);
    return encoded.get();
  }
  // The path of a file with `content`.
  std::string write(const std::string& name, const std::string& content) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
    files_.push_back(path);
    return path;
  }
  void load() {
    keys_ = std::make_unique<detail::JwtKeys>();
    const Status status = keys_->load(options_.keys);
    CPPUNIT_ASSERT_MESSAGE(status.detail(), status.ok());
  }
  void use(const std::string& algorithm, const std::string& content) {
    options_.keys = {{algorithm, write("key", content), ""}};
    load();
  }
  // What is wrong with the token; empty: nothing.
  void expect(const std::string& problem, const std::string& text) const {
    const auto checked =
        detail::checkJwt(text, keys_->all(), options_,
                         std::chrono::system_clock::time_point(std::chrono::seconds(kNow)));
    CPPUNIT_ASSERT_EQUAL(problem, checked.status().detail());
  }
  Wrapper make() {
    options_.requireExpiry = false;
    options_.keys = {{"HS256", write("key", kSecret), ""}};
    auto wrapper = jwtAuth(options_);
    CPPUNIT_ASSERT(wrapper.ok());
    return std::move(*wrapper);
  }
  static CallInfo info() {
    CallInfo info;
    info.service = "shop";
    info.method = "Shop.Buy";
    return info;
  }
  static Context authorized(const std::string& text) {
    Context context;
    context.metadata().set("Authorization", "Bearer " + text);
    return context;
  }
  static bool passes(const Wrapper& wrapper, const std::string& secret) {
    WrappedCall call(wrapper, info(), authorized(token("HS256", secret, "{}")));
    return call.reached.has_value();
  }

  std::unique_ptr<ManualClock> clock_;
  std::string folder_;
  std::vector<std::string> files_;
  JwtOptions options_;
  std::unique_ptr<detail::JwtKeys> keys_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(JwtAuthTest);

}  // namespace evmicro::test

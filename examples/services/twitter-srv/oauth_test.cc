#include "oauth.h"

#include <string>

#include <cppunit/extensions/HelperMacros.h>

namespace twitter {

/// The example of Twitter's documentation, for both versions of the API.
class OauthTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(OauthTest);
  CPPUNIT_TEST(signsAsTheDocumentationDoes);
  CPPUNIT_TEST(urlsAreTakenInTheirNormalForm);
  CPPUNIT_TEST_SUITE_END();

 public:
  void signsAsTheDocumentationDoes() {
    CPPUNIT_ASSERT_EQUAL(
        std::string("OAuth oauth_consumer_key=\"xvz1evFS4wEEPTGEFPHBog\", "
                    "oauth_nonce=\"kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg\", "
                    "oauth_signature=\"tnnArxj06cWHq44gCs1OSKk%2FjLY%3D\", "
                    "oauth_signature_method=\"HMAC-SHA1\", oauth_timestamp=\"1318622958\", "
                    "oauth_token=\"370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb\", "
                    "oauth_version=\"1.0\""),
        signedFor("https://api.twitter.com/1/statuses/update.json"));
    expectSignature("hCtSmYh%2BiHYCEqBWrE7C7hYmtUk%3D",
                    "https://api.twitter.com/1.1/statuses/update.json");
  }

  void urlsAreTakenInTheirNormalForm() {
    for (const char* same : {"HTTPS://API.Twitter.com:443/1.1/statuses/update.json",
                             "https://api.twitter.com/1.1/statuses/update.json?x=1"}) {
      expectSignature("hCtSmYh%2BiHYCEqBWrE7C7hYmtUk%3D", same);
    }
    for (const char* other : {"https://api.twitter.com:80/1.1/statuses/update.json",
                              "http://api.twitter.com:443/1.1/statuses/update.json",
                              "https://api.twitter.com/1.1/Statuses/update.json"}) {
      CPPUNIT_ASSERT(signedFor(other).find("hCtSmYh") == std::string::npos);
    }
    CPPUNIT_ASSERT_EQUAL(signedFor("http://h"), signedFor("http://h:80/"));
  }

 private:
  static std::string signedFor(const std::string& url) {
    const Credentials credentials{"xvz1evFS4wEEPTGEFPHBog",
                                  "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
                                  "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb",
                                  "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE"};
    return authorization(credentials, url,
                         {{"status", "Hello Ladies + Gentlemen, a signed OAuth request!"},
                          {"include_entities", "true"}},
                         "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg", 1'318'622'958);
  }
  static void expectSignature(const std::string& signature, const std::string& url) {
    const std::string header = signedFor(url);
    CPPUNIT_ASSERT_MESSAGE(
        header, header.find("oauth_signature=\"" + signature + "\"") != std::string::npos);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(OauthTest);

}  // namespace twitter

#include "http/url.h"

#include <cppunit/extensions/HelperMacros.h>

namespace evmicro::detail {

class UrlTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(UrlTest);
  CPPUNIT_TEST(decodesPaths);
  CPPUNIT_TEST(refusesBrokenEscapes);
  CPPUNIT_TEST(readsParameters);
  CPPUNIT_TEST(toleratesEmptyParts);
  CPPUNIT_TEST_SUITE_END();

 public:
  void decodesPaths() {
    CPPUNIT_ASSERT_EQUAL(std::string("/v1/topic:x/a b"), *decodePath("/v1/topic%3Ax/a%20b"));
    CPPUNIT_ASSERT_EQUAL(std::string("topic:x"), *decodePath("topic:x"));
    CPPUNIT_ASSERT_EQUAL(std::string("a+b/c"), *decodePath("a+b%2fc"));
    CPPUNIT_ASSERT_EQUAL(std::string("aA"), *decodePath("a%41"));
    CPPUNIT_ASSERT_EQUAL(std::string(), *decodePath(""));
  }

  void refusesBrokenEscapes() {
    for (const char* text : {"%", "a%", "%4", "%zz", "%4z", "%%41"}) {
      CPPUNIT_ASSERT_MESSAGE(text, !decodePath(text));
      CPPUNIT_ASSERT_MESSAGE(text, !UrlQuery::parse(text));
      CPPUNIT_ASSERT_MESSAGE(text, !UrlQuery::parse("name=" + std::string(text)));
    }
    for (const std::size_t size : {1U, 2U}) {  // what follows in memory would complete it
      CPPUNIT_ASSERT(!decodePath(std::string_view("%41").substr(0, size)));
    }
  }

  void readsParameters() {
    const auto query = UrlQuery::parse("index=5&passing&tag=a%26b&tag=c+d&note=x=y");
    CPPUNIT_ASSERT(query.has_value());
    CPPUNIT_ASSERT_EQUAL(std::string("5"), query->get("index"));
    CPPUNIT_ASSERT(query->has("passing"));
    CPPUNIT_ASSERT_EQUAL(std::string(), query->get("passing"));
    CPPUNIT_ASSERT(!query->has("wait"));
    CPPUNIT_ASSERT(query->all("tag") == std::vector<std::string>({"a&b", "c d"}));
    CPPUNIT_ASSERT_EQUAL(std::string("x=y"), query->get("note"));
  }

  void toleratesEmptyParts() {
    CPPUNIT_ASSERT(UrlQuery::parse("").has_value());
    const std::string most(UrlQuery::kMostParameters - 1, '&');
    CPPUNIT_ASSERT(UrlQuery::parse(most).has_value());
    CPPUNIT_ASSERT(!UrlQuery::parse(most + '&').has_value());
    const auto query = UrlQuery::parse("&&a=1&");
    CPPUNIT_ASSERT_EQUAL(std::string("1"), query->get("a"));
    CPPUNIT_ASSERT(!query->has(""));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(UrlTest);

}  // namespace evmicro::detail

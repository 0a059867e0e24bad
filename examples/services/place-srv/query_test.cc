#include "query.h"

#include <string>

#include <cppunit/extensions/HelperMacros.h>

namespace place {

class QueryTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(QueryTest);
  CPPUNIT_TEST(translates);
  CPPUNIT_TEST(refuses);
  CPPUNIT_TEST(bounds);
  CPPUNIT_TEST_SUITE_END();

 public:
  void translates() {
    const struct {
      const char* query;
      const char* expected;
    } rows[] = {
        {"", ""},
        {" \t", ""},
        {"*", ""},
        {"sushi", R"("sushi")"},
        {"sushi bar", R"("sushi" OR "bar")"},
        {"sushi OR bar", R"("sushi" OR "bar")"},
        {"sushi AND bar", R"(("sushi" AND "bar"))"},
        {"tags: sushi AND iata: LON", R"((tags : "sushi" AND iata : "LON"))"},
        {"a OR b AND c", R"("a" OR ("b" AND "c"))"},
        {"(a OR b) AND c", R"((("a" OR "b") AND "c"))"},
        {"a AND NOT b", R"(("a" NOT "b"))"},
        {"a NOT b NOT c", R"((("a" NOT "b") NOT "c"))"},
        {"name:(a b)", R"(name : ("a" OR "b"))"},
        {"su*", R"("su" *)"},
        {"\"two words\"", R"("two words")"},
        {"name:\"x y\"", R"(name : "x y")"},
        {"and or not", R"("and" OR "or" OR "not")"},  // operators are in capitals
        {"a^b{c}-d+e", R"("a^b{c}-d+e")"},
        {"a - b", R"("a" OR "-" OR "b")"},
        {"\"-a\"", R"("-a")"},
    };
    for (const auto& row : rows) {
      const auto translated = translate(row.query);
      CPPUNIT_ASSERT_MESSAGE(row.query, translated.ok());
      CPPUNIT_ASSERT_EQUAL(std::string(row.expected), *translated);
    }
  }

  void refuses() {
    const struct {
      const char* query;
      const char* why;
    } rows[] = {
        {"(a", "query: '(' is not closed"},
        {"a)", "query: ')' closes nothing"},
        {"()", "query: an operator stands where a word is expected"},
        {"a AND", "query: it ends where a word is expected"},
        {"AND a", "query: an operator stands where a word is expected"},
        {"NOT a", "query: NOT must follow what it is taken from"},
        {"a OR NOT b", "query: NOT must follow what it is taken from"},
        {"\"a", "query: a phrase has no end"},
        {"color:red", "query: there is no field color"},
        {":a", "query: ':' must follow a field"},
        {"name:", "query: it ends where a word is expected"},
        {"*a", "query: '*' may only end a word"},
        {"a**", "query: '*' may only end a word"},
        {"a *", "query: '*' may only end a word"},
        {"a -b", "query: '-' before a word: write NOT, or a phrase"},
        {"!b", "query: '!' before a word: write NOT, or a phrase"},
        {"a -\"b c\"", "query: '-' before a word: write NOT, or a phrase"},
        {"a -(b)", "query: '-' before a word: write NOT, or a phrase"},
        {"name:-b", "query: '-' before a word: write NOT, or a phrase"},
        {"-name:b", "query: '-' before a word: write NOT, or a phrase"},
    };
    for (const auto& row : rows) {
      const auto translated = translate(row.query);
      CPPUNIT_ASSERT_MESSAGE(row.query, !translated.ok());
      CPPUNIT_ASSERT_EQUAL(std::string(row.why), translated.status().detail());
    }
  }

  void bounds() {
    CPPUNIT_ASSERT(translate(std::string(1'024, 'a')).ok());
    CPPUNIT_ASSERT(!translate(std::string(1'025, 'a')).ok());
    CPPUNIT_ASSERT(!translate(std::string("a\0b", 3)).ok());
    const auto nested = [](std::size_t depth) {
      return translate(std::string(depth, '(') + "a" + std::string(depth, ')'));
    };
    CPPUNIT_ASSERT(nested(32).ok());
    CPPUNIT_ASSERT(!nested(33).ok());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(QueryTest);

}  // namespace place

// Consul's filter expressions: what each says was seen of Consul 1.8.7.
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include "agent/filter.h"

namespace evmicro::detail {

namespace {

// Two entries of /v1/health/service/web, as far as it matters here.
const std::string kFirst =
    R"({"Node":{"Datacenter":"dc1","Meta":{"s":""}},"Service":{"ID":"w1","Service":"web",)"
    R"("Tags":["a","b"],"Address":"","Meta":{"k":"v"},)"
    R"("TaggedAddresses":{"lan":{"Address":"x","Port":1}},"Port":80,"Weights":{"Passing":1},)"
    R"("EnableTagOverride":false},"Checks":[{"Status":"passing","ServiceTags":[]},)"
    R"({"Status":"critical","ServiceTags":["a","b"]}]})";
const std::string kSecond =
    R"({"Node":{"Datacenter":"dc1","Meta":{"s":""}},"Service":{"ID":"w2","Service":"web",)"
    R"("Tags":["b"],"Address":"","Meta":null,"Port":81,"Weights":{"Passing":1},)"
    R"("EnableTagOverride":false},"Checks":[{"Status":"passing","ServiceTags":[]}]})";

struct Row {
  std::string expression;
  std::string expected;
};

// Which of the two it wants, or the error.
std::string outcome(const std::string& expression) {
  const Result<Filter> filter = Filter::parse(expression, "[" + kFirst + "]");
  if (!filter.ok()) {
    CPPUNIT_ASSERT(filter.status().kind() == ErrorKind::kInvalid);
    const std::string begin = "Failed to create boolean expression evaluator: ";
    CPPUNIT_ASSERT_EQUAL(begin, filter.status().detail().substr(0, begin.size()));
    return filter.status().detail().substr(begin.size());
  }
  return std::string(filter->matches(kFirst) ? "1" : "") + (filter->matches(kSecond) ? "2" : "");
}

void check(const std::vector<Row>& rows) {
  for (const auto& [expression, expected] : rows) {
    CPPUNIT_ASSERT_EQUAL_MESSAGE(expression, expected, outcome(expression));
  }
}

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

}  // namespace

class FilterTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(FilterTest);
  CPPUNIT_TEST(comparesStrings);
  CPPUNIT_TEST(comparesNumbersAndBooleans);
  CPPUNIT_TEST(looksIntoListsAndMaps);
  CPPUNIT_TEST(joins);
  CPPUNIT_TEST(namesThatAreNotThereAreRefused);
  CPPUNIT_TEST(operatorsThatDoNotFitAreRefused);
  CPPUNIT_TEST(whatIsNoExpressionIsRefused);
  CPPUNIT_TEST(nestingHasALimit);
  CPPUNIT_TEST(aMapOfEntriesIsASampleToo);
  CPPUNIT_TEST_SUITE_END();

 public:
  void comparesStrings() {
    check({{R"(Service.ID == "w1")", "1"},
           {"Service.ID == w1", "1"},
           {"Service.ID==`w1`", "1"},
           {"\tService.ID == w1 ", "1"},
           {"Service.ID != w1", "2"},
           {"Service.ID!=w1", "2"},
           {"Service.ID == 1", ""},
           {"Service.ID == not", ""},
           {"Service.ID contains w", "12"},
           {"w1 in Service.ID", "1"},
           {"w1 not in Service.ID", "2"},
           {"Service.ID not contains w1", "2"},
           {R"(Service.Address == "")", "12"},
           {"Node.Datacenter == dc1", "12"}});
  }

  void comparesNumbersAndBooleans() {
    check({{"Service.Port == 80", "1"},
           {R"(Service.Port == "80")", "1"},
           {"Service.Port != 80", "2"},
           {"Service.Port == -80", ""},
           {"Service.Weights.Passing == 1", "12"},
           {"Service.EnableTagOverride == false", "12"},
           {"Service.EnableTagOverride == true", ""},
           {"Service.EnableTagOverride != true", "12"}});
  }

  void looksIntoListsAndMaps() {
    check({{"Service.Tags contains a", "1"},
           {R"("a" in Service.Tags)", "1"},
           {"a not in Service.Tags", "2"},
           {"Service.Tags not contains a", "2"},
           {"Service.Tags contains \"a b\"", ""},
           {"Service.Tags is empty", ""},
           {"Service.Tags is not empty", "12"},
           {"Service.Meta.k == v", "1"},
           {R"(Service.Meta["k"]=="v")", "1"},
           {"Service.Meta.k != v", "2"},
           {"Service.Meta.nope == v", ""},
           {"Service.Meta.nope != v", "12"},
           {"k in Service.Meta", "1"},
           {"Service.Meta contains k", "1"},
           {"Service.Meta not contains k", "2"},
           {"Service.Meta is  empty", "2"},
           {"Service.Meta is not empty", "1"},
           {"Service.TaggedAddresses.lan.Address == x", "1"},
           {"Service.TaggedAddresses.lan.Port == 1", "1"},
           {"Checks is empty", ""},
           {"Checks.Status == critical", "1"},
           {"Checks.Status != critical", "12"},
           {"Checks.ServiceTags contains a", "1"},
           {"Checks.ServiceTags not contains a", "12"}});
  }

  void joins() {
    check({{"not Service.Port == 80", "2"},
           {"not not Service.ID == w1", "1"},
           {"not (Service.ID == w1)", "2"},
           {"Service.ID == w1 and Service.Port == 81", ""},
           {"Service.ID == w1 and not Service.Port == 81", "1"},
           {"Service.ID == w1 and Service.Port == 81 or Service.Port == 81", "2"},
           {"(Service.Port == 81 or Service.Port == 80) and Service.ID == w1", "1"},
           {"Service.Port == 81 or Service.Port == 80 and Service.ID == w1", "12"},
           {"not Service.ID == w1 or Service.ID == w1", "12"},
           {"(Service.ID==w1)or(Service.ID==w2)", "12"}});
  }

  void namesThatAreNotThereAreRefused() {
    check({{"Foo == 1", "Selector \"Foo\" is not valid"},
           {"Service.Foo == 1", "Selector \"Service.Foo\" is not valid"},
           {"service.ID == w1", "Selector \"service\" is not valid"},
           {"Checks.Definition.HTTP == x", "Selector \"Checks.Definition\" is not valid"},
           {"Service.ID.x == w1", "Selector \"Service.ID.x\" is not valid"},
           {"Service.Weights.Nope == 1", "Selector \"Service.Weights.Nope\" is not valid"},
           {"Service.Meta.a.b == x", "Selector \"Service.Meta.a.b\" is not valid"},
           {"Service.ID == w1 or Foo == 1", "Selector \"Foo\" is not valid"},
           {"not Foo == 1", "Selector \"Foo\" is not valid"}});
  }

  void operatorsThatDoNotFitAreRefused() {
    const auto cannot = [](const std::string& op, const std::string& selector) {
      return "Invalid match operator \"" + op + "\" for selector \"" + selector + "\"";
    };
    check({{"Service == x", cannot("Equal", "Service")},
           {"Service.Tags == a", cannot("Equal", "Service.Tags")},
           {"Service.Meta != x", cannot("Not Equal", "Service.Meta")},
           {"Checks == x", cannot("Equal", "Checks")},
           {"x in Checks", cannot("In", "Checks")},
           {"x not in Service.Port", cannot("Not In", "Service.Port")},
           {"Service.ID is empty", cannot("Is Empty", "Service.ID")},
           {"Service.Port is not empty", cannot("Is Not Empty", "Service.Port")},
           {"Service.Weights is empty", cannot("Is Empty", "Service.Weights")},
           {"Service.Port == x",
            "Failed to coerce value \"x\" for selector \"Service.Port\": strconv.ParseInt: parsing "
            "\"x\": invalid syntax"},
           {"Service.EnableTagOverride == maybe",
            "Failed to coerce value \"maybe\" for selector \"Service.EnableTagOverride\": "
            "strconv.ParseBool: parsing \"maybe\": invalid syntax"}});
  }

  void whatIsNoExpressionIsRefused() {
    for (const char* expression : {" ",
                                   "(",
                                   ")",
                                   "()",
                                   "x",
                                   "Service.ID",
                                   "Service.ID = w1",
                                   "Service.ID == ",
                                   "==",
                                   "Service.ID == w1 or",
                                   "Service.ID == w1 and",
                                   "not",
                                   "Service.ID == \"w1",
                                   "Service.ID == `w1",
                                   R"(Service.ID == "w\"1")",
                                   "Service.ID == w-1",
                                   "(Service.ID == w1",
                                   "Service.ID == w1)",
                                   "Service.ID == w1 AND Service.Port == 80",
                                   "\"w1\" == Service.ID",
                                   "80 == Service.Port",
                                   "w in 80",
                                   "Service.Meta is",
                                   "Service.Meta is full",
                                   "Service.Tags not is empty",
                                   "Service.ID not == w1",
                                   "Service.ID matches \"^w\"",
                                   "Service.ID not matches \"^w\"",
                                   "Service. == x",
                                   ".ID == x",
                                   "Service.Meta[k] == v",
                                   "Service.Meta[\"k] == v",
                                   "Service.Meta[\"k\" == v",
                                   "Service.ID == w1 Service.ID == w1",
                                   "\xff == x",
                                   "in in in"}) {
      const std::string what = outcome(expression);
      CPPUNIT_ASSERT_MESSAGE(expression + (": " + what),
                             what.find("no match found, expected: ") != std::string::npos ||
                                 what.find(" is not valid") != std::string::npos);
    }
  }

  void nestingHasALimit() {
    const std::string inner = "Service.ID == w1";
    CPPUNIT_ASSERT_EQUAL(std::string("1"), outcome(repeated("(", 64) + inner + repeated(")", 64)));
    CPPUNIT_ASSERT(outcome(repeated("(", 65) + inner + repeated(")", 65)).find("fewer levels") !=
                   std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::string("1"), outcome(repeated("not ", 64) + inner));
    CPPUNIT_ASSERT(outcome(repeated("not ", 65) + inner).find("fewer levels") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::string("1"), outcome(repeated(inner + " or ", 64) + inner));
    CPPUNIT_ASSERT(outcome(repeated(inner + " and ", 65) + inner).find("fewer levels") !=
                   std::string::npos);
    CPPUNIT_ASSERT(outcome(repeated("(", 100'000)).find("fewer levels") != std::string::npos);
  }

  void aMapOfEntriesIsASampleToo() {
    const Result<Filter> filter = Filter::parse("ID == x", R"({"any":{"ID":"y"}})");
    CPPUNIT_ASSERT_MESSAGE(filter.status().detail(), filter.ok());
    CPPUNIT_ASSERT(filter->matches(R"({"ID":"x"})"));
    CPPUNIT_ASSERT(!filter->matches(R"({"ID":"y"})"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(FilterTest);

}  // namespace evmicro::detail

// The calls of a server by calling service.
#include "server/callers.h"

#include <string>

#include <cppunit/extensions/HelperMacros.h>

namespace evmicro {

using detail::Callers;

class CallersTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CallersTest);
  CPPUNIT_TEST(countsByName);
  CPPUNIT_TEST(keepsNoMoreNamesThanTheLimit);
  CPPUNIT_TEST(longNamesAreOthers);
  CPPUNIT_TEST(theNameOfTheOthersIsNotAName);
  CPPUNIT_TEST_SUITE_END();

 public:
  void countsByName() {
    Callers callers;
    std::uint64_t& a = callers.counter("a");
    ++a;
    ++callers.counter("b");
    ++callers.counter("a");
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, callers.counts().at("a"));
    CPPUNIT_ASSERT_EQUAL(&a, &callers.counter("a"));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, callers.others());
  }

  void keepsNoMoreNamesThanTheLimit() {
    Callers callers;
    for (std::size_t i = 0; i <= Callers::kMost; ++i) {
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, callers.others());
      ++callers.counter("s" + std::to_string(i));
    }
    CPPUNIT_ASSERT_EQUAL(Callers::kMost, callers.counts().size());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, callers.others());
    ++callers.counter("s0");
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, callers.counts().at("s0"));
  }

  void longNamesAreOthers() {
    Callers callers;
    const std::string longest(Callers::kLongestName, 'x');
    ++callers.counter(longest);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, callers.others());
    ++callers.counter(longest + "x");
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, callers.others());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, callers.counts().size());
  }

  // Two series of one name would make the whole page of metrics unreadable.
  void theNameOfTheOthersIsNotAName() {
    Callers callers;
    ++callers.counter(Callers::kOther);
    CPPUNIT_ASSERT(callers.counts().empty());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, callers.others());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CallersTest);

}  // namespace evmicro

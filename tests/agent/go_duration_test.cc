#include "agent/go_duration.h"

#include <cppunit/extensions/HelperMacros.h>

namespace evmicro::detail {

class GoDurationTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(GoDurationTest);
  CPPUNIT_TEST(readsWhatGoPrints);
  CPPUNIT_TEST(refusesWithTheTextOfGo);
  CPPUNIT_TEST(refusesWhatDoesNotFit);
  CPPUNIT_TEST_SUITE_END();

 public:
  void readsWhatGoPrints() {
    const std::pair<const char*, std::int64_t> cases[] = {
        {"0", 0},
        {"0s", 0},
        {"5s", 5'000'000'000},
        {"1m0s", 60'000'000'000},
        {"1h15m30.5s", 4'530'500'000'000},
        {"500ms", 500'000'000},
        {"1.5h", 5'400'000'000'000},
        {".5s", 500'000'000},
        {"5.s", 5'000'000'000},
        {"-2us", -2'000},
        {"+3ns", 3},
        {"4\xC2\xB5s", 4'000},
        {"4\xCE\xBCs", 4'000},
        {"2562047h47m16.854775807s", 9'223'372'036'854'775'807},
    };
    for (const auto& [text, nanoseconds] : cases) {
      const auto read = parseGoDuration(text);
      CPPUNIT_ASSERT_MESSAGE(text, read.ok());
      CPPUNIT_ASSERT_EQUAL_MESSAGE(text, nanoseconds, static_cast<std::int64_t>(read->count()));
    }
  }

  void refusesWithTheTextOfGo() {
    const std::pair<const char*, const char*> cases[] = {
        {"", "time: invalid duration \"\""},
        {"x", "time: invalid duration \"x\""},
        {"-", "time: invalid duration \"-\""},
        {".", "time: invalid duration \".\""},
        {".s", "time: invalid duration \".s\""},
        {"--5s", "time: invalid duration \"--5s\""},
        {"5 s", "time: unknown unit \" s\" in duration \"5 s\""},
        {"30", "time: missing unit in duration \"30\""},
        {"1m30", "time: missing unit in duration \"1m30\""},
        {"3d", "time: unknown unit \"d\" in duration \"3d\""},
    };
    for (const auto& [text, error] : cases) {
      const auto read = parseGoDuration(text);
      CPPUNIT_ASSERT_MESSAGE(text, !read.ok());
      CPPUNIT_ASSERT_EQUAL(std::string(error), read.status().detail());
    }
  }

  void refusesWhatDoesNotFit() {
    for (const char* text :
         {"2562048h", "9223372036854775808ns", "99999999999999999999999h", "2562047h2562047h"}) {
      CPPUNIT_ASSERT_EQUAL("time: invalid duration \"" + std::string(text) + "\"",
                           parseGoDuration(text).status().detail());
    }
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(GoDurationTest);

}  // namespace evmicro::detail

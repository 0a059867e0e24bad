// The first commands in the READMEs of the example services print what stands there.
#include <regex>
#include <string>

#include <cppunit/extensions/HelperMacros.h>
#include <unistd.h>

#include "tool/walk.h"

namespace evmicro {

class ServiceReadmesTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ServiceReadmesTest);
  CPPUNIT_TEST(geo);
  CPPUNIT_TEST(geoApi);
  CPPUNIT_TEST(user);
  CPPUNIT_TEST(geocode);
  CPPUNIT_TEST(place);
  CPPUNIT_TEST(hailo);
  CPPUNIT_TEST(slack);
  CPPUNIT_TEST(twitter);
  CPPUNIT_TEST_SUITE_END();

 public:
  void geo() { check("geo-srv", "geo_srv"); }
  void geoApi() { check("geo-api", "geo_api"); }
  void user() { check("user-srv", "user_srv"); }
  void geocode() { check("geocode-srv", "geocode_srv"); }
  void place() { check("place-srv", "place_srv"); }
  void hailo() { check("hailo-srv", "hailo_srv"); }
  void slack() { check("slack-srv", "slack_srv"); }
  void twitter() { check("twitter-srv", "twitter_srv"); }

 private:
  // Some are left out without their libraries.
  static void check(const std::string& folder, const std::string& program) {
    if (::access((TEST_BUILD_DIR "/examples/" + program).c_str(), X_OK) != 0) return;
    auto readme = test::Walk::firstIn("examples/services/" + folder + "/README.md");
    const std::string last = readme.commands.back();
    readme.commands.pop_back();
    test::Walk walk;
    walk.run(readme.commands);
    CPPUNIT_ASSERT_EQUAL(timeless(readme.output), timeless(walk.outputOf(last)));
    walk.end();
  }
  static std::string timeless(const std::string& text) {
    return std::regex_replace(text, std::regex("timestamp: [0-9]+"), "timestamp: 0");
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ServiceReadmesTest);

}  // namespace evmicro

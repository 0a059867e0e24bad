// Pages in headless Chromium: the dashboard's (pages.mjs), and the map of geo-web (geo.mjs); and
// WebSockets in Node (sockets.mjs).
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/conformance/skip.h>

#include "support/process.h"
#include "support/reported.h"

namespace evmicro {

class DashboardPagesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(DashboardPagesTest);
  CPPUNIT_TEST(dashboardWorksInABrowser);
  CPPUNIT_TEST(geoWebWorksInABrowser);
  CPPUNIT_TEST(socketsWorkInNode);
  CPPUNIT_TEST_SUITE_END();

 public:
  void dashboardWorksInABrowser() {
    expect("pages.mjs",
           {"everyPageRenders", "darkAndNarrowPagesAreReadable", "homeListsWebServices",
            "registryFindsServices", "newServicesAppearByThemselves", "queryCallsTheGreeter",
            "queryCallsPythonAndRuby", "numbersStayExact", "queryShowsStreams",
            "queryTalksInBothDirections", "cliWorks", "liveValuesMove", "mapShowsWhoCallsWhom",
            "topicsShowMessages", "hostileTextsStayText", "aThousandServicesRenderInASecond",
            "keyboardReachesEverything"});
  }

  void geoWebWorksInABrowser() {
    expect("geo.mjs", {"runnersMove", "seenBehindTheDashboard", "mapMovesByKeysAndButtons",
                       "hostileIdsStayText", "darkAndNarrowPagesAreReadable"});
  }

  void socketsWorkInNode() {
    expect("sockets.mjs",
           {"streamsGoBothWays", "streamsGoBothWaysByTls", "failuresCloseTheSocket",
            "pingsAreAnswered", "messagesInFragmentsArrive",
            "webServicesHaveSocketsBehindTheDashboard", "topicsHaveSocketsAtTheSidecar"});
  }

 private:
  static void expect(const std::string& script, const std::vector<const char*>& checks) {
    const test::Finished packages = test::run({TEST_SOURCE_DIR "/browser/get-packages"});
    if (packages.code != 0) test::skip(packages.err);
    const std::string folder = packages.out.substr(0, packages.out.find('\n'));
    test::Process pages(
        {"/usr/bin/env", "node", TEST_SOURCE_DIR "/browser/" + script, TEST_BUILD_DIR, folder});
    // Each has the whole patience, for busy machines; so have the programs and the browser.
    ASSERT_REPORTED(pages.report(), pages.prints("the checks begin"));
    for (const char* check : checks) {
      ASSERT_REPORTED(pages.report(), pages.prints(std::string("ok ") + check));
    }
    const int code = pages.wait().value_or(-1);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(pages.report(), 0, code);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(DashboardPagesTest);

}  // namespace evmicro

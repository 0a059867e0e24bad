// The dashboard's pages in headless Chromium, see pages.mjs.
#include <string>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/conformance/skip.h>

#include "support/process.h"

namespace evmicro {

class DashboardPagesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(DashboardPagesTest);
  CPPUNIT_TEST(worksInABrowser);
  CPPUNIT_TEST_SUITE_END();

 public:
  void worksInABrowser() {
    const test::Finished packages = test::run({TEST_SOURCE_DIR "/browser/get-packages"});
    if (packages.code != 0) test::skip(packages.err);
    const std::string folder = packages.out.substr(0, packages.out.find('\n'));
    test::Process pages(
        {"/usr/bin/env", "node", TEST_SOURCE_DIR "/browser/pages.mjs", TEST_BUILD_DIR, folder});
    // Each has the whole patience, for busy machines.
    for (const char* check :
         {"everyPageRenders", "darkAndNarrowPagesAreReadable", "homeListsWebServices",
          "registryFindsServices", "newServicesAppearByThemselves", "queryCallsTheGreeter",
          "numbersStayExact", "queryShowsStreams", "queryTalksInBothDirections", "cliWorks",
          "liveValuesMove", "mapShowsWhoCallsWhom", "topicsShowMessages", "hostileTextsStayText",
          "aThousandServicesRenderInASecond", "keyboardReachesEverything"}) {
      CPPUNIT_ASSERT_MESSAGE(pages.report(), pages.prints(std::string("ok ") + check));
    }
    const int code = pages.wait().value_or(-1);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(pages.report(), 0, code);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(DashboardPagesTest);

}  // namespace evmicro

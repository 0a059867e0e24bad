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
    const test::Finished pages = test::run(
        {"/usr/bin/env", "node", TEST_SOURCE_DIR "/browser/pages.mjs", TEST_BUILD_DIR, folder});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(pages.out + pages.err, 0, pages.code);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(DashboardPagesTest);

}  // namespace evmicro

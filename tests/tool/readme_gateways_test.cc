// The manual's walk through API gateway, sidecar and dashboard.
#include <cppunit/extensions/HelperMacros.h>

#include "tool/walk.h"

namespace evmicro {

class ReadmeGatewaysTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReadmeGatewaysTest);
  CPPUNIT_TEST(theCommandsPrintWhatStandsThere);
  CPPUNIT_TEST_SUITE_END();

 public:
  void theCommandsPrintWhatStandsThere() {
    test::Walk walk;
    walk.run(test::Walk::commandsBelow("src/manual/gateways.md", "## HTTP in front of services"));
    CPPUNIT_ASSERT(walk.running() >= 6 && walk.compared() >= 4);
    walk.end();
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ReadmeGatewaysTest);

}  // namespace evmicro

// Some rows of `./dev chaos`, which takes minutes.
#include <string>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/conformance/skip.h>

#include "chaos/matrix.h"

namespace evmicro::chaos {

class ChaosTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ChaosTest);
  CPPUNIT_TEST(nobodyNoticesAWipedConsul);
  CPPUNIT_TEST(nobodyNoticesAnEmptiedEtcd);
  CPPUNIT_TEST_EXCEPTION(unknownFaultIsRefused, std::invalid_argument);
  CPPUNIT_TEST_SUITE_END();

 public:
  void nobodyNoticesAWipedConsul() { nobodyNotices("consul", "wiped"); }
  void nobodyNoticesAnEmptiedEtcd() { nobodyNotices("etcd", "emptied"); }
  void unknownFaultIsRefused() { runFault("consul", "tired"); }

 private:
  static void nobodyNotices(const std::string& registry, const std::string& fault) {
    const Outcome outcome = runFault(registry, fault);
    if (!outcome.skipped.empty()) test::skip(outcome.skipped);
    std::string failures;
    for (const std::string& failure : outcome.failures) failures += failure + "\n";
    CPPUNIT_ASSERT(outcome.calls > 100);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(failures, 0, outcome.failed);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ChaosTest);

}  // namespace evmicro::chaos

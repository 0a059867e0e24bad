#include <cppunit/extensions/HelperMacros.h>

#include "service/forked_world.h"
#include "support/certificates.h"

namespace evmicro {

// A TLS session cannot have two owners: a close_notify from the child would end the parent's.
class TlsForkTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TlsForkTest);
  CPPUNIT_TEST(anUnwindingChildLeavesTheParentServing);
  CPPUNIT_TEST_SUITE_END();

 public:
  void anUnwindingChildLeavesTheParentServing() {
    const test::CertificateFolder folder;
    const test::Authority authority(folder, "authority");
    const test::Identity own = authority.issue({});
    ServiceOptions options;
    options.server.tls.certificate = own.certificate;
    options.server.tls.key = own.key;
    options.client.tls.caFile = authority.file();
    test::unwindIn(test::World(test::makeBase(0), options));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TlsForkTest);

}  // namespace evmicro

// Python's grpcio by TLS: it insists on ALPN.
#include <cppunit/extensions/HelperMacros.h>

#include "integration/greeter_process.h"
#include "peers/peer_program.h"
#include "support/agent_process.h"
#include "support/certificates.h"

namespace evmicro {

class GrpcTlsTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(GrpcTlsTest);
  CPPUNIT_TEST(calls);
  CPPUNIT_TEST_SUITE_END();

 public:
  void calls() {
    const std::string& python = test::grpcPython();
    const test::CertificateFolder folder;
    const test::Authority authority(folder, "authority");
    const test::Identity identity = authority.issue({});
    const test::AgentProcess agent;
    const std::vector<std::string> flags = {"--server_tls_cert=" + identity.certificate,
                                            "--server_tls_key=" + identity.key};
    const test::ServiceProcess greeter("greeter", agent.address(), flags);
    const auto end = test::run({python, TEST_SOURCE_DIR "/peers/grpc_peer.py", "secure",
                                greeter.address(), authority.file()});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, std::string("OK b'\\x12\\nHello John'\n"), end.out);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(GrpcTlsTest);

}  // namespace evmicro

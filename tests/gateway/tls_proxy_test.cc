// An HttpProxy before a backend with TLS.
#include <string>

#include "gateway/http_proxy_fixture.h"
#include "support/certificates.h"
#include "web/web_socket_bytes.h"
#include "web/web_socket_frames.h"

namespace evmicro::gateway {

namespace {

/// Made once for all tests.
struct Certificates {
  test::CertificateFolder folder;
  test::Authority ca{folder, "ca"};
  test::Authority other{folder, "other"};
  test::Identity server = ca.issue({});
  test::Identity node = ca.issue({"rest-1", "DNS:rest-1", 30, ""});
};
const Certificates& certificates() {
  static const Certificates all;
  return all;
}

TlsOptions with(const test::Identity& identity) {
  TlsOptions options;
  options.certificate = identity.certificate;
  options.key = identity.key;
  return options;
}

}  // namespace

class TlsProxyTest final : public HttpProxyFixture {
  CPPUNIT_TEST_SUITE(TlsProxyTest);
  CPPUNIT_TEST(forwardsRequests);
  CPPUNIT_TEST(passesWebSocketsOn);
  CPPUNIT_TEST(certificateMayNameTheNode);
  CPPUNIT_TEST(unknownAuthoritiesAreRefused);
  CPPUNIT_TEST(otherNamesAreRefused);
  CPPUNIT_TEST(connectionsWithAndWithoutTlsAreNotMixed);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    HttpProxyFixture::setUp();
    limits_.tls.caFile = certificates().ca.file();
    tlsNode_ = "rest-1";
  }

  void forwardsRequests() {
    openNode("127.0.0.1:0", with(certificates().server));
    for (int i = 0; i < 2; ++i) {
      post();
      expect("took 3");
      client_->forget();
      taken_.clear();
    }
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, node_->stats().accepted);  // it is kept
  }

  void passesWebSocketsOn() {
    if (!detail::haveWebSocket()) return;
    openNode("127.0.0.1:0", with(certificates().server));
    upgrade();
    client_->send(test::clientFrame(1, "hello"));
    expect(test::serverFrame(1, "hello"));
    client_->send(test::clientFrame(8, test::closeWith(1000)));
    expect(test::serverFrame(8, test::closeWith(1000)));
    CPPUNIT_ASSERT(until([this] { return client_->ended(); }));
  }

  void certificateMayNameTheNode() {
    openNode("127.0.0.1:0", with(certificates().node));
    post();
    expect("took 3");
  }

  void unknownAuthoritiesAreRefused() {
    limits_.tls.caFile = certificates().other.file();
    openNode("127.0.0.1:0", with(certificates().server));
    post();
    expect("HTTP/1.1 502 ");
    expect("certificate");
  }

  void otherNamesAreRefused() {
    tlsNode_ = "rest-2";
    openNode("127.0.0.1:0", with(certificates().node));
    post();
    expect("HTTP/1.1 502 ");
    expect("the peer's certificate is for");
  }

  // A port may get another server.
  void connectionsWithAndWithoutTlsAreNotMixed() {
    openNode("127.0.0.1:0", with(certificates().server));
    post();
    expect("took 3");
    client_->forget();
    tlsNode_.reset();
    post();
    expect("HTTP/1.1 400 ");  // that this port wants TLS
  }

 private:
  void post() { client_->send("POST /in HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"); }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TlsProxyTest);

}  // namespace evmicro::gateway

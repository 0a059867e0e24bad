// The http transport by TLS: what every transport must do, and what only TLS does.
#include <evmicro/http_transport.h>

#include <algorithm>
#include <optional>

#include <evmicro/conformance/address_contract.h>
#include <evmicro/conformance/conversation_contract.h>
#include <evmicro/conformance/ending_contract.h>
#include <evmicro/conformance/unary_contract.h>

#include "http/raw_peer.h"
#include "support/captured_log.h"
#include "support/certificates.h"
#include "support/turn_until.h"
#include "transport/timed_fixture.h"

namespace evmicro {

using namespace std::chrono_literals;
using test::End;
using test::RawPeer;

namespace {

/// An authority and what it has signed, made once for all tests.
struct Certificates {
  test::CertificateFolder folder;
  test::Authority ca{folder, "ca"};
  test::Authority other{folder, "other"};
  test::Identity server = ca.issue({});
};
const Certificates& certificates() {
  static const Certificates all;
  return all;
}

TlsOptions serverOptions() {
  TlsOptions options;
  options.certificate = certificates().server.certificate;
  options.key = certificates().server.key;
  return options;
}

TlsOptions clientOptions() {
  TlsOptions options;
  options.caFile = certificates().ca.file();
  return options;
}

TlsOptions clientOptions(const test::Identity& identity) {
  TlsOptions options = clientOptions();
  options.certificate = identity.certificate;
  options.key = identity.key;
  return options;
}

/// The http transport, always by TLS.
class TlsTransport final : public Transport {
 public:
  explicit TlsTransport(EventLoop& loop) : http_(makeHttpTransport(loop)) {}
  std::string_view name() const override { return http_->name(); }
  Result<std::unique_ptr<Listener>> listen(std::string_view address, ListenOptions options,
                                           Listener::Observer& observer) override {
    options.tls = serverOptions();
    return http_->listen(address, options, observer);
  }
  Result<std::unique_ptr<Socket>> dial(std::string_view address, DialOptions options) override {
    options.tls = trusting_;
    return http_->dial(address, options);
  }

 private:
  const std::unique_ptr<Transport> http_;
  const std::shared_ptr<const TlsOptions> trusting_ =
      std::make_shared<const TlsOptions>(clientOptions());
};

}  // namespace

class TlsUnaryTest final : public test::UnaryContract {
  CPPUNIT_TEST_SUB_SUITE(TlsUnaryTest, test::UnaryContract);
  CPPUNIT_TEST_SUITE_END();

 private:
  std::unique_ptr<Transport> makeTransport(EventLoop& loop) override {
    return std::make_unique<TlsTransport>(loop);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(TlsUnaryTest);

class TlsConversationTest final : public test::ConversationContract {
  CPPUNIT_TEST_SUB_SUITE(TlsConversationTest, test::ConversationContract);
  CPPUNIT_TEST_SUITE_END();

 private:
  std::unique_ptr<Transport> makeTransport(EventLoop& loop) override {
    return std::make_unique<TlsTransport>(loop);
  }
  std::size_t manySockets() const override { return 100; }
};
CPPUNIT_TEST_SUITE_REGISTRATION(TlsConversationTest);

class TlsEndingTest final : public test::EndingContract {
  CPPUNIT_TEST_SUB_SUITE(TlsEndingTest, test::EndingContract);
  CPPUNIT_TEST_SUITE_END();

 private:
  std::unique_ptr<Transport> makeTransport(EventLoop& loop) override {
    return std::make_unique<TlsTransport>(loop);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(TlsEndingTest);

/// What only TLS does.
class TlsTransportTest final : public test::TimedTransportFixture {
  CPPUNIT_TEST_SUITE(TlsTransportTest);
  CPPUNIT_TEST(bothEndsAreSecure);
  CPPUNIT_TEST(aClientShowsItsCertificate);
  CPPUNIT_TEST(aClientWithoutACertificateIsTold);
  CPPUNIT_TEST(aClientWithAnExpiredCertificateIsTold);
  CPPUNIT_TEST(aClientOfAnotherAuthorityIsTold);
  CPPUNIT_TEST(aServerOfAnotherAuthorityIsRefused);
  CPPUNIT_TEST(aServerWithAnExpiredCertificateIsRefused);
  CPPUNIT_TEST(aServerWithAnotherNameIsRefused);
  CPPUNIT_TEST(aServerWithThousandsOfNamesIsRefusedWithWords);
  CPPUNIT_TEST(theServerNameMayBeGiven);
  CPPUNIT_TEST(theNodesIdIsAName);
  CPPUNIT_TEST(withoutVerificationAnyServerWillDo);
  CPPUNIT_TEST(missingFilesAreSaid);
  CPPUNIT_TEST(aPlainClientGets400);
  CPPUNIT_TEST(refusalsAreLoggedWithinALimit);
  CPPUNIT_TEST(aPlainServerIsNoTlsServer);
  CPPUNIT_TEST(aHandshakeIsEndedInTime);
  CPPUNIT_TEST(aSilentConnectionIsIdle);
  CPPUNIT_TEST(oneTooManyIsClosedAtOnce);
  CPPUNIT_TEST(closingAListenerEndsUnfinishedHandshakes);
  CPPUNIT_TEST(newCertificatesAreForNewConnections);
  CPPUNIT_TEST(aBrokenFileKeepsTheOldCertificate);
  CPPUNIT_TEST_SUITE_END();

 public:
  void bothEndsAreSecure() {
    listenTls();
    End& client = connect(tls());
    CPPUNIT_ASSERT(client.socket->secure());
    CPPUNIT_ASSERT(accepted().socket->secure());
    CPPUNIT_ASSERT(!accepted().socket->peerCertificate());
    CPPUNIT_ASSERT_EQUAL(std::string("CN=localhost"), client.socket->peerCertificate()->subject);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), listener_->stats().tlsHandshakes);
    CPPUNIT_ASSERT(listener_->stats().certificateExpires > std::chrono::system_clock::now());
  }

  void aClientShowsItsCertificate() {
    listenTls(mutualOptions());
    connect(tls(clientOptions(certificates().ca.issue(
        {"billing", "DNS:billing.local,URI:spiffe://acme/billing", 30, ""}))));
    const auto shown = accepted().socket->peerCertificate();
    CPPUNIT_ASSERT_EQUAL(std::string("CN=billing"), shown->subject);
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), shown->names.size());
    CPPUNIT_ASSERT_EQUAL(std::string("spiffe://acme/billing"), shown->names[1]);
  }

  void aClientWithoutACertificateIsTold() {
    listenTls(mutualOptions());
    isRefused(clientOptions(), "the peer requires a client certificate",
              "the client has shown no certificate");
  }

  void aClientWithAnExpiredCertificateIsTold() {
    listenTls(mutualOptions());
    isRefused(clientOptions(certificates().ca.issue({"late", "", -1, ""})),
              "the peer refused our certificate: it has expired",
              "certificate was refused: certificate has expired");
  }

  void aClientOfAnotherAuthorityIsTold() {
    listenTls(mutualOptions());
    isRefused(clientOptions(certificates().other.issue({"stranger", "", 30, ""})),
              "the peer refused our certificate: it does not trust its authority",
              "certificate was refused: unable to get local issuer certificate");
  }

  void aServerOfAnotherAuthorityIsRefused() {
    listenTls();
    TlsOptions options;
    options.caFile = certificates().other.file();
    isRefused(options, "the peer's certificate was refused: unable to get local issuer certificate",
              "it does not trust its authority");
  }

  void aServerWithAnExpiredCertificateIsRefused() {
    const test::Identity late =
        certificates().ca.issue({"late", "DNS:localhost,IP:127.0.0.1", -1, ""});
    listenTls(clientOptionsAsServer(late));
    isRefused(clientOptions(), "the peer's certificate was refused: certificate has expired",
              "the peer refused our certificate: it has expired");
  }

  void aServerWithAnotherNameIsRefused() {
    const test::Identity named = certificates().ca.issue({"x", "DNS:elsewhere", 30, ""});
    listenTls(clientOptionsAsServer(named));
    isRefused(clientOptions(), "the peer's certificate is for elsewhere, not for 127.0.0.1",
              "the peer refused our certificate");
  }

  // The reason was empty.
  void aServerWithThousandsOfNamesIsRefusedWithWords() {
    for (const auto& [count, said] : {std::pair(5, "n3, n4, not for 127.0.0.1"),
                                      std::pair(6, "n3, n4 and 1 more, not for 127.0.0.1"),
                                      std::pair(2'000, "n4 and 1995 more, not for 127.0.0.1")}) {
      std::string names = "DNS:n0";
      for (int i = 1; i < count; ++i) names += ",DNS:n" + std::to_string(i);
      listenTls(clientOptionsAsServer(certificates().ca.issue({"x", names, 30, ""})));
      isRefused(clientOptions(), said, "the peer refused our certificate");
    }
  }

  void theServerNameMayBeGiven() {
    const test::Identity named = certificates().ca.issue({"x", "DNS:elsewhere", 30, ""});
    listenTls(clientOptionsAsServer(named));
    TlsOptions options = clientOptions();
    options.serverName = "elsewhere";
    connect(tls(options));
    options.serverName = "localhost";
    isRefused(options, "the peer's certificate is for elsewhere, not for localhost", "");
  }

  void theNodesIdIsAName() {
    const test::Identity named = certificates().ca.issue({"x", "DNS:greeter-1", 30, ""});
    listenTls(clientOptionsAsServer(named));
    DialOptions options = tls();
    options.tlsNode = "greeter-1";
    connect(options);
    options.tlsNode = "greeter-2";
    End& refused = dial(options);
    CPPUNIT_ASSERT(turnUntil([&] { return refused.over(); }));
    CPPUNIT_ASSERT(refused.closed->detail().find("not for 127.0.0.1 or greeter-2") !=
                   std::string::npos);
  }

  void withoutVerificationAnyServerWillDo() {
    const test::Identity named = certificates().other.issue({"x", "DNS:elsewhere", -1, ""});
    listenTls(clientOptionsAsServer(named));
    TlsOptions options;
    options.verify = TlsOptions::Verify::kNothing;
    End& client = connect(tls(options));
    CPPUNIT_ASSERT(client.socket->secure());
    CPPUNIT_ASSERT(!client.socket->peerCertificate());
  }

  void missingFilesAreSaid() {
    ListenOptions options;
    options.tls.certificate = "/nowhere/cert.pem";
    options.tls.key = "/nowhere/key.pem";
    Listener::Observer& observer = *this;
    const auto listener = transport_->listen("127.0.0.1:0", options, observer);
    CPPUNIT_ASSERT_EQUAL(
        std::string("transport: TLS: certificate \"/nowhere/cert.pem\": no such file or directory"),
        listener.status().detail());
    TlsOptions client;
    client.caFile = "/nowhere/ca.pem";
    const auto dialled = transport_->dial("127.0.0.1:1", tls(client));
    CPPUNIT_ASSERT_EQUAL(std::string("TLS: CA file \"/nowhere/ca.pem\": no such file or directory"),
                         dialled.status().detail());
  }

  void aPlainClientGets400() {
    listenTls();
    RawPeer plain(*loop_, listener_->address());
    plain.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    CPPUNIT_ASSERT(turnUntil([&] { return plain.ended(); }));
    CPPUNIT_ASSERT(plain.received().find("HTTP/1.1 400 ") == 0);
    CPPUNIT_ASSERT(plain.has("this port speaks TLS only"));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), listener_->stats().tlsRefused);
  }

  void refusalsAreLoggedWithinALimit() {
    listenTls();
    const test::CapturedLog log("net");
    const auto warnings = [&log] {
      return std::count_if(log.lines().begin(), log.lines().end(),
                           [](const std::string& line) { return line.rfind("WARN ", 0) == 0; });
    };
    for (std::ptrdiff_t i = 1; i <= 11; ++i) {
      RawPeer plain(*loop_, listener_->address());
      plain.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      CPPUNIT_ASSERT(turnUntil([&] { return plain.ended(); }));
      CPPUNIT_ASSERT_EQUAL(std::min<std::ptrdiff_t>(i, 10), warnings());
    }
  }

  void aPlainServerIsNoTlsServer() {
    const test::CapturedLog log("http");
    listen();
    End& client = dial(tls());
    client.send("first");
    CPPUNIT_ASSERT(turnUntil([&] { return client.over(); }));
    CPPUNIT_ASSERT(ErrorKind::kUnavailable == client.closed->kind());
    CPPUNIT_ASSERT_EQUAL(listener_->address() + ": TLS handshake: the peer does not speak TLS",
                         client.closed->detail());
    const auto said = [&] {
      for (const std::string& line : log.lines()) {
        if (line.find("speaks TLS to a port without TLS") != std::string::npos) return true;
      }
      return false;
    };
    CPPUNIT_ASSERT(said());
  }

  // The first byte starts the time of a message.
  void aHandshakeIsEndedInTime() {
    ListenOptions options = listenOptions();
    options.messageTimeout = 2s;
    listen(options);
    RawPeer slow(*loop_, listener_->address());
    slow.send("\x16");
    CPPUNIT_ASSERT(turnUntil([&] { return listener_->stats().connections == 1; }));
    test::turn(*loop_);
    pass(2s - 1ms);
    test::turn(*loop_);
    CPPUNIT_ASSERT(!slow.ended());
    pass(1ms + kSlack);
    CPPUNIT_ASSERT(turnUntil([&] { return slow.ended(); }));
    CPPUNIT_ASSERT_EQUAL(std::string(), slow.received());
  }

  void aSilentConnectionIsIdle() {
    ListenOptions options = listenOptions();
    options.idleTimeout = 3s;
    listen(options);
    RawPeer silent(*loop_, listener_->address());
    CPPUNIT_ASSERT(turnUntil([&] { return listener_->stats().connections == 1; }));
    pass(3s - 1ms);
    test::turn(*loop_);
    CPPUNIT_ASSERT(!silent.ended());
    pass(1ms + kSlack);
    CPPUNIT_ASSERT(turnUntil([&] { return silent.ended(); }));
  }

  void oneTooManyIsClosedAtOnce() {
    ListenOptions options = listenOptions();
    options.maxConnections = 1;
    listen(options);
    connect(tls());
    End& refused = dial(tls());
    CPPUNIT_ASSERT(turnUntil([&] { return refused.over(); }));
    CPPUNIT_ASSERT(ErrorKind::kUnavailable == refused.closed->kind());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), listener_->stats().tooManyConnections);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), listener_->stats().connections);
  }

  void closingAListenerEndsUnfinishedHandshakes() {
    listenTls();
    RawPeer silent(*loop_, listener_->address());
    RawPeer half(*loop_, listener_->address());
    half.send("\x16\x03");
    CPPUNIT_ASSERT(turnUntil([&] { return listener_->stats().connections == 2; }));
    test::turn(*loop_);
    listener_.reset();
    CPPUNIT_ASSERT(turnUntil([&] { return silent.ended() && half.ended(); }));
  }

  void newCertificatesAreForNewConnections() {
    const test::Identity old = certificates().ca.issue({"old", kNames, 30, "reloaded"});
    listenTls(clientOptionsAsServer(old));
    const DialOptions options = tls();
    End& before = connect(options);
    certificates().ca.issue({"new", kNames, 30, "reloaded"});
    CPPUNIT_ASSERT(listener_->reloadTls().ok());
    echo(accepted());
    before.send("still here");
    CPPUNIT_ASSERT(turnUntil([&] { return before.bodies.size() == 1; }));
    End& resumed = connect(options);  // by the ticket of before
    CPPUNIT_ASSERT_EQUAL(std::string("CN=old"), resumed.socket->peerCertificate()->subject);
    CPPUNIT_ASSERT(transport_->reloadTls().ok());
    End& after = connect(options);
    CPPUNIT_ASSERT_EQUAL(std::string("CN=new"), after.socket->peerCertificate()->subject);
  }

  void aBrokenFileKeepsTheOldCertificate() {
    const test::Identity good = certificates().ca.issue({"good", kNames, 30, "broken"});
    listenTls(clientOptionsAsServer(good));
    certificates().folder.write("ca.broken.pem", "-----BEGIN CERTIFICATE-----\nnonsense\n");
    const Status status = listener_->reloadTls();
    CPPUNIT_ASSERT(status.detail().find("TLS: certificate \"" + good.certificate + "\": ") == 0);
    End& client = connect(tls());
    CPPUNIT_ASSERT_EQUAL(std::string("CN=good"), client.socket->peerCertificate()->subject);
  }

 private:
  static constexpr const char* kNames = "DNS:localhost,IP:127.0.0.1";

  std::unique_ptr<Transport> makeTransport(EventLoop& loop) override {
    return makeHttpTransport(loop);
  }
  static ListenOptions listenOptions(const TlsOptions& tls = serverOptions()) {
    ListenOptions options;
    options.tls = tls;
    return options;
  }
  void listenTls(const TlsOptions& tls = serverOptions()) { listen(listenOptions(tls)); }
  static TlsOptions mutualOptions() {
    TlsOptions options = serverOptions();
    options.caFile = certificates().ca.file();
    return options;
  }
  static TlsOptions clientOptionsAsServer(const test::Identity& identity) {
    TlsOptions options;
    options.certificate = identity.certificate;
    options.key = identity.key;
    return options;
  }
  static DialOptions tls(const TlsOptions& options = clientOptions()) {
    DialOptions dial;
    dial.tls = std::make_shared<const TlsOptions>(options);
    return dial;
  }
  // The client says `here`, the server logs `there`.
  void isRefused(const TlsOptions& options, const std::string& here, const std::string& there) {
    const test::CapturedLog log("net");
    End& client = dial(tls(options));
    client.send("first");
    CPPUNIT_ASSERT(turnUntil([&] { return client.over(); }));
    CPPUNIT_ASSERT_EQUAL(std::string("c"), client.events);
    CPPUNIT_ASSERT(ErrorKind::kUnavailable == client.closed->kind());
    CPPUNIT_ASSERT_MESSAGE(client.closed->detail(),
                           client.closed->detail().find(here) != std::string::npos);
    CPPUNIT_ASSERT(turnUntil([&] { return !log.lines().empty(); }));
    CPPUNIT_ASSERT_MESSAGE(log.lines()[0], log.lines()[0].find(there) != std::string::npos);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(TlsTransportTest);

}  // namespace evmicro

// A WebServer with a certificate.
#include <filesystem>
#include <optional>
#include <string>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/event_loop.h>
#include <evmicro/http_client.h>
#include <evmicro/web_server.h>

#include "http/raw_peer.h"
#include "support/certificates.h"
#include "support/turn_until.h"

namespace evmicro {

namespace {

/// Made once for all tests.
struct Certificates {
  test::CertificateFolder folder;
  test::Authority ca{folder, "ca"};
  test::Identity server = ca.issue({});
  test::Identity client = ca.issue({"client", "DNS:client", 30, ""});
};
const Certificates& certificates() {
  static const Certificates all;
  return all;
}

TlsOptions trusting() {
  TlsOptions options;
  options.caFile = certificates().ca.file();
  return options;
}

}  // namespace

class TlsWebServerTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TlsWebServerTest);
  CPPUNIT_TEST(answersByTls);
  CPPUNIT_TEST(streamsAReply);
  CPPUNIT_TEST(plainRequestsGetA400);
  CPPUNIT_TEST(clientsMustShowACertificateIfAsked);
  CPPUNIT_TEST(limitsConnections);
  CPPUNIT_TEST(reloadsTheCertificate);
  CPPUNIT_TEST(aBrokenFileKeepsTheOldCertificate);
  CPPUNIT_TEST(aMissingFileIsAnError);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    loop_.emplace();
    options_ = WebServerOptions();
    options_.address = "127.0.0.1:0";
    options_.limits.tls.certificate = certificates().server.certificate;
    options_.limits.tls.key = certificates().server.key;
  }
  void tearDown() override {
    server_.reset();
    loop_.reset();
  }

  void answersByTls() {
    start();
    const auto reply = get(trusting());
    CPPUNIT_ASSERT_MESSAGE(reply.status().detail(), reply.ok());
    CPPUNIT_ASSERT_EQUAL(std::string("secure"), reply->body);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), server_->stats().tlsHandshakes);
    CPPUNIT_ASSERT(server_->stats().certificateExpires > std::chrono::system_clock::now());
  }

  void streamsAReply() {
    start();
    const auto reply = get(trusting(), "/large");
    CPPUNIT_ASSERT_MESSAGE(reply.status().detail(), reply.ok());
    CPPUNIT_ASSERT_EQUAL(std::size_t(20 * 100'000), reply->body.size());
  }

  void plainRequestsGetA400() {
    start();
    test::RawPeer peer(*loop_, server_->address());
    peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return peer.ended(); }));
    CPPUNIT_ASSERT_MESSAGE(peer.received(), peer.received().find("HTTP/1.1 400 ") == 0);
    CPPUNIT_ASSERT_MESSAGE(peer.received(), peer.received().find("TLS") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), server_->stats().tlsRefused);
  }

  void clientsMustShowACertificateIfAsked() {
    options_.limits.tls.caFile = certificates().ca.file();
    start();
    CPPUNIT_ASSERT(!get(trusting()).ok());
    TlsOptions shown = trusting();
    shown.certificate = certificates().client.certificate;
    shown.key = certificates().client.key;
    const auto reply = get(shown);
    CPPUNIT_ASSERT_MESSAGE(reply.status().detail(), reply.ok());
  }

  void limitsConnections() {
    options_.limits.maxConnections = 1;
    start();
    HttpClientOptions options;
    options.tls = trusting();
    HttpClient kept(*loop_, options);
    CPPUNIT_ASSERT(get(kept, "/").ok());
    CPPUNIT_ASSERT(!get(trusting()).ok());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), server_->stats().tooManyConnections);
    CPPUNIT_ASSERT(get(kept, "/").ok());
  }

  void reloadsTheCertificate() {
    const test::CertificateFolder folder;
    const test::Authority old(folder, "old");
    const test::Authority next(folder, "next");
    const test::Identity own = old.issue({});
    use(own);
    start();
    TlsOptions trusted;
    trusted.caFile = old.file();
    HttpClientOptions options;
    options.tls = trusted;
    HttpClient kept(*loop_, options);
    CPPUNIT_ASSERT(get(kept, "/").ok());
    const test::Identity renewed = next.issue({});
    replace(own.certificate, renewed.certificate);
    replace(own.key, renewed.key);
    CPPUNIT_ASSERT_EQUAL(std::string(), server_->reloadTls().detail());
    CPPUNIT_ASSERT(get(kept, "/").ok());  // its connection goes on
    CPPUNIT_ASSERT(!get(trusted).ok());
    trusted.caFile = next.file();
    CPPUNIT_ASSERT(get(trusted).ok());
  }

  void aBrokenFileKeepsTheOldCertificate() {
    const test::CertificateFolder folder;
    const test::Authority ca(folder, "ca");
    const test::Identity own = ca.issue({});
    use(own);
    start();
    replace(own.certificate, own.key);
    const std::string why = server_->reloadTls().detail();
    CPPUNIT_ASSERT_MESSAGE(why, why.find("no certificate in PEM form") != std::string::npos);
    TlsOptions trusted;
    trusted.caFile = ca.file();
    CPPUNIT_ASSERT(get(trusted).ok());
  }

  void aMissingFileIsAnError() {
    options_.limits.tls.key = "/nowhere/key.pem";
    server_.emplace(*loop_, options_);
    const Status status = server_->start();
    CPPUNIT_ASSERT(ErrorKind::kInvalid == status.kind());
    CPPUNIT_ASSERT_EQUAL(
        std::string("web server: TLS: key \"/nowhere/key.pem\": no such file or directory"),
        status.detail());
  }

 private:
  void use(const test::Identity& identity) {
    options_.limits.tls.certificate = identity.certificate;
    options_.limits.tls.key = identity.key;
  }

  static void replace(const std::string& file, const std::string& by) {
    std::filesystem::copy_file(by, file, std::filesystem::copy_options::overwrite_existing);
  }

  void start() {
    server_.emplace(*loop_, options_);
    server_->handle("GET", "/", [](const WebRequest& request, WebReply reply) {
      reply.send(200, {}, request.secure ? "secure" : "plain");
    });
    server_->handle("GET", "/large", [](const WebRequest&, WebReply reply) {
      reply.begin(200, {});
      for (int i = 0; i < 20; ++i) reply.write(std::string(100'000, 'x'));
      reply.end();
    });
    const Status status = server_->start();
    CPPUNIT_ASSERT_MESSAGE(status.detail(), status.ok());
  }

  Result<HttpClientReply> get(HttpClient& client, const std::string& path) {
    HttpClientRequest request;
    request.url = "https://" + server_->address() + path;
    std::optional<Result<HttpClientReply>> outcome;
    const Call call = client.send(std::move(request),
                                  [&outcome](auto reply) { outcome.emplace(std::move(reply)); });
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return outcome.has_value(); }));
    return std::move(*outcome);
  }

  /// On a connection of its own.
  Result<HttpClientReply> get(const TlsOptions& tls, const std::string& path = "/") {
    HttpClientOptions options;
    options.tls = tls;
    HttpClient client(*loop_, options);
    return get(client, path);
  }

  std::optional<EventLoop> loop_;
  WebServerOptions options_;
  std::optional<WebServer> server_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(TlsWebServerTest);

}  // namespace evmicro

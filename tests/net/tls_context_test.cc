// What files can be, and what is said of those that are of no use.
#include "net/tls_context.h"

#include <optional>
#include <string>

#include <cppunit/extensions/HelperMacros.h>
#include <sys/stat.h>

#include <evmicro/event_loop.h>

#include "net/tls.h"
#include "support/captured_log.h"
#include "support/certificates.h"

namespace evmicro {

using namespace detail;

class TlsContextTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TlsContextTest);
  CPPUNIT_TEST(badFilesAreNamedWithTheReason);
  CPPUNIT_TEST(aKeyBelongsToItsCertificate);
  CPPUNIT_TEST(aServerNeedsACertificate);
  CPPUNIT_TEST(aFolderOfAuthoritiesNeedsHashes);
  CPPUNIT_TEST(sessionsBelongToTheTrustedAuthorities);
  CPPUNIT_TEST(describesSubjectAndNames);
  CPPUNIT_TEST(namesAndAddressesAreCompared);
  CPPUNIT_TEST(warnsTwoWeeksBeforeTheEnd);
  CPPUNIT_TEST(anExpiredCertificateIsNotReloaded);
  CPPUNIT_TEST(aBrokenFileKeepsTheOldCertificate);
  CPPUNIT_TEST(notVerifyingIsSaidOnce);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    folder_.emplace();
    authority_.emplace(*folder_, "ca");
    identity_ = authority_->issue({});
  }
  void tearDown() override {
    authority_.reset();
    folder_.reset();
  }

  void badFilesAreNamedWithTheReason() {
    const std::string missing = folder_->path() + "/missing";
    const std::string text = folder_->write("text", "no PEM\n");
    const std::string& good = identity_.certificate;
    says("TLS: certificate \"" + missing + "\": no such file or directory", missing, identity_.key);
    says("TLS: certificate \"" + folder_->path() + "\": is a directory", folder_->path(),
         identity_.key);
    says("TLS: certificate \"" + text + "\": no certificate in PEM form", text, identity_.key);
    says("TLS: key \"" + missing + "\": no such file or directory", good, missing);
    says("TLS: key \"" + text + "\": no private key in PEM form", good, text);
    says("TLS: CA file \"" + missing + "\": no such file or directory", good, identity_.key,
         missing);
    says("TLS: CA folder \"" + text + "\": not a directory", good, identity_.key, "", text);
  }

  void aKeyBelongsToItsCertificate() {
    const test::Identity other = authority_->issue({"other", "", 30, ""});
    says("TLS: key \"" + other.key + "\": not that of the certificate " + identity_.certificate,
         identity_.certificate, other.key);
    says("TLS: the certificate \"" + identity_.certificate + "\" lacks a key",
         identity_.certificate, "");
    says("TLS: the key \"" + identity_.key + "\" lacks a certificate", "", identity_.key);
  }

  void aServerNeedsACertificate() {
    const auto made = makeServerContext({}, nullptr);
    CPPUNIT_ASSERT(!made.ok());
    CPPUNIT_ASSERT(makeClientContext({}).ok());
  }

  // OpenSSL finds no others: every client was refused.
  void aFolderOfAuthoritiesNeedsHashes() {
    const test::CertificateFolder authorities;
    const std::string why = "TLS: CA folder \"" + authorities.path() +
                            "\": no certificates under their hashes: run openssl rehash";
    says(why, identity_.certificate, identity_.key, "", authorities.path());
    for (const char* const name :
         {"ca.pem", "12345678.r0", "1234567.0", "12345678.0x", "12345678."}) {
      authorities.write(name, "x");
    }
    says(why, identity_.certificate, identity_.key, "", authorities.path());
    authorities.write("12345678.0", "x");
    CPPUNIT_ASSERT(makeServerContext(trusting(authorities.path()), nullptr).ok());
  }

  // A client of an authority that was taken out of the folder may not resume its session.
  void sessionsBelongToTheTrustedAuthorities() {
    const test::CertificateFolder authorities;
    authorities.write("12345678.0", "x");
    const std::string before = sessionScope(trusting(authorities.path()));
    CPPUNIT_ASSERT_EQUAL(before, sessionScope(trusting(authorities.path())));
    authorities.write("12345678.1", "y");
    const std::string more = sessionScope(trusting(authorities.path()));
    CPPUNIT_ASSERT(before != more);
    authorities.write("12345678.1", "z");
    CPPUNIT_ASSERT(more != sessionScope(trusting(authorities.path())));
  }

  void describesSubjectAndNames() {
    const test::Identity named = authority_->issue(
        {"billing", "DNS:billing.local,IP:10.1.2.3,IP:::1,URI:spiffe://acme/billing,email:a@b.c",
         30, ""});
    TlsOptions options;
    options.certificate = named.certificate;
    options.key = named.key;
    const auto context = makeServerContext(options, nullptr);
    const PeerCertificate described =
        describeCertificate(*SSL_CTX_get0_certificate(context->get()));
    CPPUNIT_ASSERT_EQUAL(std::string("CN=billing"), described.subject);
    const std::vector<std::string> names = {"billing.local", "10.1.2.3", "::1",
                                            "spiffe://acme/billing", "a@b.c"};
    CPPUNIT_ASSERT(names == described.names);
  }

  void namesAndAddressesAreCompared() {
    const test::Identity named =
        authority_->issue({"x", "DNS:*.acme.org,DNS:greeter-1,IP:10.1.2.3", 30, ""});
    TlsOptions options;
    options.certificate = named.certificate;
    options.key = named.key;
    const auto context = makeServerContext(options, nullptr);
    X509& certificate = *SSL_CTX_get0_certificate(context->get());
    for (const char* const good : {"a.acme.org", "greeter-1", "10.1.2.3"}) {
      CPPUNIT_ASSERT_MESSAGE(good, isFor(certificate, good));
    }
    for (const char* const bad :
         {"", "a.b.acme.org", "acme.org", "greeter-2", "10.1.2.4", "::1", "x"}) {
      CPPUNIT_ASSERT_MESSAGE(bad, !isFor(certificate, bad));
    }
  }

  void warnsTwoWeeksBeforeTheEnd() {
    CPPUNIT_ASSERT_EQUAL(std::string(), saidOf(15));
    CPPUNIT_ASSERT(saidOf(14).find(" expires in 13 days") != std::string::npos);
    // The day that has begun does not count.
    for (const auto& [good, said] : {std::pair(3, "2 days"), {2, "1 day"}, {1, "0 days"}}) {
      const std::string line = saidOf(good);
      const std::string end = std::string(" expires in ") + said;
      CPPUNIT_ASSERT_EQUAL_MESSAGE(line, end, line.substr(line.size() - end.size()));
    }
    CPPUNIT_ASSERT(saidOf(-1).find(" has expired") != std::string::npos);
  }

  void anExpiredCertificateIsNotReloaded() {
    EventLoop loop;
    const auto server = makeTlsServer(loop, options());
    const auto before = (*server)->stats().expires;
    authority_->issue({"localhost", "DNS:localhost", -1, ""});  // over the old files
    const Status status = (*server)->reload();
    CPPUNIT_ASSERT_EQUAL("TLS: certificate \"" + identity_.certificate + "\": it has expired",
                         status.detail());
    CPPUNIT_ASSERT(before == (*server)->stats().expires);
    authority_->issue({"localhost", "DNS:localhost", 60, ""});
    CPPUNIT_ASSERT((*server)->reload().ok());
    CPPUNIT_ASSERT(before < (*server)->stats().expires);
  }

  void aBrokenFileKeepsTheOldCertificate() {
    EventLoop loop;
    const auto server = makeTlsServer(loop, options());
    const auto before = (*server)->stats().expires;
    folder_->write("ca.localhost.pem", "half a certifi");
    const Status status = (*server)->reload();
    CPPUNIT_ASSERT(ErrorKind::kInvalid == status.kind());
    CPPUNIT_ASSERT(before == (*server)->stats().expires);
  }

  void notVerifyingIsSaidOnce() {
    const test::CapturedLog log("net");
    TlsOptions insecure;
    insecure.verify = TlsOptions::Verify::kNothing;
    const auto client = makeTlsClient(insecure);
    CPPUNIT_ASSERT((*client)->reload().ok());
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), log.lines().size());
    CPPUNIT_ASSERT(log.lines()[0].find("not verified") != std::string::npos);
  }

 private:
  TlsOptions trusting(const std::string& folder) const {
    TlsOptions trusting = options();
    trusting.caPath = folder;
    return trusting;
  }

  TlsOptions options() const {
    TlsOptions options;
    options.certificate = identity_.certificate;
    options.key = identity_.key;
    return options;
  }
  static void says(const std::string& expected, const std::string& certificate,
                   const std::string& key, const std::string& caFile = {},
                   const std::string& caPath = {}) {
    TlsOptions options;
    options.certificate = certificate;
    options.key = key;
    options.caFile = caFile;
    options.caPath = caPath;
    const auto made = makeServerContext(options, nullptr);
    CPPUNIT_ASSERT(!made.ok());
    CPPUNIT_ASSERT_EQUAL(expected, made.status().detail());
    const auto client = makeClientContext(options);
    CPPUNIT_ASSERT(!client.ok());
    CPPUNIT_ASSERT_EQUAL(expected, client.status().detail());
  }
  // What is logged of a certificate that is good for `days`.
  std::string saidOf(int days) const {
    const test::CapturedLog log("net");
    EventLoop loop;
    authority_->issue({"localhost", "DNS:localhost", days, ""});
    CPPUNIT_ASSERT(makeTlsServer(loop, options()).ok());
    return log.lines().empty() ? std::string() : log.lines()[0];
  }

  std::optional<test::CertificateFolder> folder_;
  std::optional<test::Authority> authority_;
  test::Identity identity_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(TlsContextTest);

}  // namespace evmicro

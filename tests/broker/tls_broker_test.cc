// The http broker by TLS, both ways.
#include <memory>
#include <optional>

#include <cppunit/extensions/HelperMacros.h>

#include "broker/http_broker_fixture.h"
#include "support/certificates.h"

namespace evmicro {

namespace {

/// Made once for all tests.
struct Certificates {
  test::CertificateFolder folder;
  test::Authority ca{folder, "ca"};
  test::Identity server = ca.issue({});
  test::Identity client = ca.issue({"publisher", "DNS:publisher", 30, ""});
};
const Certificates& certificates() {
  static const Certificates all;
  return all;
}

TlsOptions optionsOf(const test::Identity& identity) {
  TlsOptions options;
  options.certificate = identity.certificate;
  options.key = identity.key;
  options.caFile = certificates().ca.file();
  return options;
}

}  // namespace

class TlsBrokerTest final : public test::HttpBrokerFixture {
  CPPUNIT_TEST_SUB_SUITE(TlsBrokerTest, test::BrokerQueueContract);
  CPPUNIT_TEST(subscriptionsAnnounceTls);
  CPPUNIT_TEST(aPublisherWithoutACertificateIsRefused);
  CPPUNIT_TEST(anInboxNeedsItsCertificate);
  CPPUNIT_TEST_SUITE_END();

 public:
  void subscriptionsAnnounceTls() {
    const auto token = subscribe("news", ignore());
    awaitSubscriptions("news", 1);
    const auto known = view_->known("topic:news");
    CPPUNIT_ASSERT_EQUAL(std::string("true"), known->nodes.at(0).node->metadata.at("secure"));
  }

  void aPublisherWithoutACertificateIsRefused() {
    const auto token = subscribe("news", ignore());
    awaitSubscriptions("news", 1);
    HttpBrokerOptions plain = options();
    TlsOptions trusting;
    trusting.caFile = certificates().ca.file();
    plain.clientTls = std::make_shared<const TlsOptions>(trusting);
    const auto publisher = makeAnother(std::move(plain));
    std::optional<PublishResult> result;
    publisher->publish("news", {}, [&](Result<PublishResult> outcome) { result = *outcome; });
    CPPUNIT_ASSERT(turnUntil([&] { return result.has_value(); }));
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), result->failed.size());
  }

  void anInboxNeedsItsCertificate() {
    HttpBrokerOptions without = options();
    without.serverTls = std::make_shared<const TlsOptions>();
    const auto broker = makeAnother(std::move(without));
    const auto token = broker->subscribe("news", ignore());
    CPPUNIT_ASSERT_EQUAL(std::string("broker: TLS: a server needs a certificate"),
                         token.status().detail());
  }

 private:
  static Broker::Handler ignore() {
    return [](std::string_view, const BrokerMessage&) {};
  }
  std::unique_ptr<Broker> makeBroker(EventLoop& loop) override {
    HttpBrokerFixture::makeBroker(loop);  // and what it stands on
    HttpBrokerOptions secure = options();
    secure.serverTls = std::make_shared<const TlsOptions>(optionsOf(certificates().server));
    secure.clientTls = std::make_shared<const TlsOptions>(optionsOf(certificates().client));
    return makeAnother(std::move(secure));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(TlsBrokerTest);

}  // namespace evmicro

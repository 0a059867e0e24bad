// Requests with signed tokens.
#include <fstream>
#include <memory>
#include <string>

#include <cppunit/extensions/HelperMacros.h>

#include "gateway/gateway_fixture.h"
#include "gateway/gateway_web.h"
#include "support/temporary_folder.h"

namespace evmicro {

namespace {

// {"iss":"me","sub":"john"}, until 2100, signed by HS256 with the secret below.
constexpr char kToken[] =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
    "eyJpc3MiOiJtZSIsInN1YiI6ImpvaG4iLCJleHAiOjQxMDI0NDQ4MDB9."
    "hucd5bVQZ5R1Ars8yL3dD-SUvKvMx6hWgJJmd5DQXmA";
constexpr char kSecret[] = "0123456789abcdef0123456789abcdef";

}  // namespace

class GatewayJwtTest : public test::GatewayFixture {
  CPPUNIT_TEST_SUITE(GatewayJwtTest);
  CPPUNIT_TEST(tokensAreRequired);
  CPPUNIT_TEST(handlersSeeWhoCalls);
  CPPUNIT_TEST(issuersAreCompared);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    GatewayFixture::setUp();
    own_ = std::make_unique<Service>(*loop_, options("go.micro.x"));
    folder_ = std::make_unique<test::TemporaryFolder>();
    std::ofstream(folder_->file("key")) << kSecret;
  }

  void tearDown() override {
    web_.reset();
    own_.reset();
    GatewayFixture::tearDown();
  }

  void tokensAreRequired() {
    open("");
    const std::string refused = ask("");
    CPPUNIT_ASSERT_EQUAL_MESSAGE(refused, std::string("401 application/json {\"id\":\"id\""),
                                 refused.substr(0, 31));
    CPPUNIT_ASSERT_EQUAL(std::string("401"), ask("Authorization: Bearer x\r\n").substr(0, 3));
    CPPUNIT_ASSERT_EQUAL(
        std::string("401"),
        ask(std::string("Authorization: Bearer ") + kToken + "x\r\n").substr(0, 3));
  }

  void handlersSeeWhoCalls() {
    open("");
    CPPUNIT_ASSERT_EQUAL(
        std::string("200  john"),
        ask(std::string("Jwt-Subject: root\r\nAuthorization: Bearer ") + kToken + "\r\n"));
  }

  void issuersAreCompared() {
    open("me");
    const std::string token = std::string("Authorization: Bearer ") + kToken + "\r\n";
    CPPUNIT_ASSERT_EQUAL(std::string("200"), ask(token).substr(0, 3));
    open("other");
    CPPUNIT_ASSERT_EQUAL(std::string("401"), ask(token).substr(0, 3));
  }

 private:
  void open(const std::string& issuer) {
    gateway::GatewayOptions options;
    options.address = "127.0.0.1:0";
    options.admission.jwt.keys = {{"HS256", folder_->file("key"), {}}};
    options.admission.jwt.issuer = issuer;
    web_ = std::make_unique<gateway::GatewayWeb>(*own_, "id", options);
    web_->handle("GET", "/who", [](const WebRequest& request, WebReply reply) {
      std::string all;
      for (const auto& [name, value] : request.headers) {
        if (name == "Jwt-Subject") all += value;
      }
      reply.send(200, {}, all);
    });
    const Status status = web_->start();
    CPPUNIT_ASSERT_MESSAGE(status.toString(), status.ok());
  }

  std::string ask(const std::string& headers) {
    return GatewayFixture::ask(web_->address(),
                               "GET /who HTTP/1.1\r\nHost: localhost\r\n" + headers);
  }

  std::unique_ptr<test::TemporaryFolder> folder_;
  std::unique_ptr<Service> own_;
  std::unique_ptr<gateway::GatewayWeb> web_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(GatewayJwtTest);

}  // namespace evmicro

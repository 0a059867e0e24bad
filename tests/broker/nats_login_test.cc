// Addresses of servers and ways to log in.
#include <evmicro/nats_broker.h>

#include <fstream>
#include <optional>

#include <evmicro/conformance/broker_contract.h>

#include "broker/nats_servers.h"
#include "support/nats_server.h"

namespace evmicro {

using namespace std::chrono_literals;
using Words = std::vector<std::string>;

namespace {

// Keys, certificates and tokens of these tests alone.
const std::string kFiles = TEST_SOURCE_DIR "/broker/golden/nats/";

std::string lineOf(const std::string& name) {
  std::ifstream file(kFiles + name);
  std::string line;
  CPPUNIT_ASSERT_MESSAGE(name, std::getline(file, line).good());
  return line;
}

}  // namespace

class NatsServersTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(NatsServersTest);
  CPPUNIT_TEST(readsEveryForm);
  CPPUNIT_TEST(tlsIsForAll);
  CPPUNIT_TEST(errorsSayWhatIsWrongAndHideCredentials);
  CPPUNIT_TEST(oneWayToLogInAtMost);
  CPPUNIT_TEST_SUITE_END();

 public:
  void readsEveryForm() {
    check({}, {"nats://127.0.0.1:4222"});
    check({"", " "}, {"nats://127.0.0.1:4222"});
    check({"a:1", "b"}, {"nats://a:1", "nats://b:4222"});
    check({" nats://a:1 ", "NATS://b/", "[::1]", "[::1]:7"},
          {"nats://a:1", "nats://b:4222", "nats://[::1]:4222", "nats://[::1]:7"});
    check({"nats://me:secret@a:1", "token@a", "nats://me:p%40s%3As%2f@a", "me:p@ss@a", "me:@a"},
          {"nats://me:secret@a:1", "nats://token@a:4222", "nats://me:p@s:s/@a:4222",
           "nats://me:p@ss@a:4222", "nats://me:@a:4222"});
    check({"a:65535"}, {"nats://a:65535"});
  }

  void tlsIsForAll() {
    CPPUNIT_ASSERT(!detail::readNatsServers({"a", "nats://b"})->secure);
    CPPUNIT_ASSERT(detail::readNatsServers({"a", "TLS://b"})->secure);
    CPPUNIT_ASSERT((Words{"nats://b:4222"}) == detail::readNatsServers({"tls://b"})->urls);
  }

  void errorsSayWhatIsWrongAndHideCredentials() {
    const std::string port = "the port is not a number from 1 to 65535";
    refuse("a:", "a:", port);
    refuse("a:0", "a:0", port);
    refuse("a:65536", "a:65536", port);
    refuse("nats://me:secret@a:x", "a:x", port);
    refuse("me:sec%zzret@a", "a", "a % in the credentials is not followed by two hex digits");
    refuse("me:secret%0a@a", "a", "control characters in the credentials");
    refuse("m%3Ae:secret@a", "a", "a user or token with a colon must be given as an option");
    refuse(":secret@a", "a", "no user or token before the @");
    refuse("@a", "a", "no user or token before the @");
    refuse("::1", "::1", "an IPv6 address must be in brackets");
    refuse("http://a", "http://a", "the scheme must be nats:// or tls://");
    refuse("unix:///run/nats", "unix:///run/nats", "the scheme must be nats:// or tls://");
    refuse("a/b", "a/b", "expected host:port");
    refuse(":4222", ":4222", "expected host:port");
  }

  void oneWayToLogInAtMost() {
    using detail::checkNatsCredentials;
    const std::vector<BrokerCredentials> good = {{},
                                                 {"me", "secret", "", "", "", ""},
                                                 {"me", "", "", "", "", ""},
                                                 {"", "", "token", "", "", ""},
                                                 {"", "", "", "file", "", ""},
                                                 {"", "", "", "", "U", "seed"}};
    for (const auto& each : good) CPPUNIT_ASSERT(checkNatsCredentials(each, {}).ok());
    const std::vector<BrokerCredentials> bad = {
        {"me", "", "token", "", "", ""},   {"", "", "token", "file", "", ""},
        {"", "", "", "file", "U", "seed"}, {"", "secret", "", "", "", ""},
        {"", "", "", "", "U", ""},         {"", "", "", "", "", "seed"}};
    for (const auto& each : bad) {
      CPPUNIT_ASSERT(checkNatsCredentials(each, {}).kind() == ErrorKind::kInvalid);
    }
    TlsOptions tls;
    tls.caPath = "folder";
    CPPUNIT_ASSERT(!checkNatsCredentials({}, tls).ok());
    tls = {};
    tls.certificate = "file";
    CPPUNIT_ASSERT(!checkNatsCredentials({}, tls).ok());
    tls.key = "file";
    CPPUNIT_ASSERT(checkNatsCredentials({}, tls).ok());
  }

 private:
  static void check(const Words& addresses, const Words& urls) {
    const auto servers = detail::readNatsServers(addresses);
    CPPUNIT_ASSERT_MESSAGE(servers.status().detail(), servers.ok());
    CPPUNIT_ASSERT(urls == servers->urls);
  }
  static void refuse(const std::string& address, const std::string& shown, const std::string& why) {
    const auto servers = detail::readNatsServers({address});
    CPPUNIT_ASSERT_MESSAGE(address, !servers.ok());
    CPPUNIT_ASSERT(servers.status().kind() == ErrorKind::kInvalid);
    CPPUNIT_ASSERT_EQUAL("broker: nats address \"" + shown + "\": " + why,
                         servers.status().detail());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(NatsServersTest);

/// Against real servers that ask who is there.
class NatsLoginTest : public test::BrokerFixture {
  CPPUNIT_TEST_SUITE(NatsLoginTest);
  CPPUNIT_TEST(userAndPassword);
  CPPUNIT_TEST(token);
  CPPUNIT_TEST(credentialsFile);
  CPPUNIT_TEST(nkey);
  CPPUNIT_TEST(refusedCredentialsEndPublications);
  CPPUNIT_TEST(missingFilesAreNamed);
  CPPUNIT_TEST(tlsByAddress);
  CPPUNIT_TEST(tlsIsNeverLeftOut);
  CPPUNIT_TEST(certificateMustHaveTheName);
  CPPUNIT_TEST(contradictionIsAnError);
  CPPUNIT_TEST_SUITE_END();

 public:
  void userAndPassword() {
    const test::NatsServer server({"--user", "me", "--pass", "p@s:s/%"});
    use(server, "nats://me:p%40s%3as%2F%25@");
    CPPUNIT_ASSERT_EQUAL(std::string(), outcome());
    CPPUNIT_ASSERT_EQUAL(server.address(), broker_->address());  // nothing of the password
    options_.credentials.user = "me";
    options_.credentials.password = "p@s:s/%";
    use(server);
    CPPUNIT_ASSERT_EQUAL(std::string(), outcome());
  }

  void token() {
    const test::NatsServer server({"--auth", "s3cr:t"});
    options_.credentials.token = "s3cr:t";
    use(server);
    CPPUNIT_ASSERT_EQUAL(std::string(), outcome());
  }

  void credentialsFile() {
    const test::NatsServer server({"--config", kFiles + "jwt.conf"});
    options_.credentials.file = kFiles + "user.creds";
    use(server);
    CPPUNIT_ASSERT_EQUAL(std::string(), outcome());
  }

  void nkey() {
    const test::NatsServer server({"--config", kFiles + "nkey.conf"});
    options_.credentials.nkey = lineOf("nkey.pub");
    options_.credentials.nkeySeedFile = kFiles + "nkey.seed";
    use(server);
    CPPUNIT_ASSERT_EQUAL(std::string(), outcome());
  }

  void refusedCredentialsEndPublications() {
    const test::NatsServer server({"--user", "me", "--pass", "secret"});
    options_.timeout = 500ms;
    for (const char* const login : {"", "nats://me:wrong@"}) {
      use(server, login);
      const std::string why = refusal();
      CPPUNIT_ASSERT_MESSAGE(
          why, why.find("no connection to a server within 500ms: ") != std::string::npos);
      CPPUNIT_ASSERT_MESSAGE(why, why.find("Authorization Violation") != std::string::npos);
      CPPUNIT_ASSERT_MESSAGE(why, why.find("wrong") == std::string::npos);
    }
  }

  void missingFilesAreNamed() {
    const test::NatsServer server;
    options_.timeout = 200ms;
    options_.tls.caFile = "no-such-ca.pem";
    use(server);
    const std::string why = refusal();
    CPPUNIT_ASSERT_MESSAGE(
        why, why.find("cannot read no-such-ca.pem: No such file") != std::string::npos);
  }

  void tlsByAddress() {
    const test::NatsServer server(
        {"--tls", "--tlscert", kFiles + "server.pem", "--tlskey", kFiles + "server.key"});
    options_.tls.caFile = kFiles + "ca.pem";
    use(server, "tls://");
    CPPUNIT_ASSERT_EQUAL(std::string(), outcome());
    use(server);  // the server requires it
    CPPUNIT_ASSERT_EQUAL(std::string(), outcome());
    options_ = {};
    options_.timeout = 500ms;
    use(server, "tls://");  // signed by nobody who is trusted
    CPPUNIT_ASSERT(!outcome().empty());
    options_.timeout = 5s;
    options_.tls.verify = TlsOptions::Verify::kNothing;
    use(server, "tls://");
    CPPUNIT_ASSERT_EQUAL(std::string(), outcome());
  }

  void tlsIsNeverLeftOut() {
    const test::NatsServer server;
    options_.timeout = 500ms;
    use(server, "tls://");
    const std::string why = refusal();
    CPPUNIT_ASSERT_MESSAGE(why, why.find("Secure Connection not available") != std::string::npos);
  }

  void certificateMustHaveTheName() {
    const test::NatsServer server(
        {"--tls", "--tlscert", kFiles + "server.pem", "--tlskey", kFiles + "server.key"});
    options_.tls.caFile = kFiles + "ca.pem";
    options_.tls.serverName = "nats.example";
    use(server, "tls://");
    CPPUNIT_ASSERT_EQUAL(std::string(), outcome());
    options_.timeout = 500ms;
    options_.tls.serverName = "other.example";
    use(server, "tls://");
    CPPUNIT_ASSERT(!outcome().empty());
  }

  void contradictionIsAnError() {
    options_.credentials.user = "me";
    options_.credentials.token = "token";
    broker_ = makeNatsBroker(*loop_, options_);
    CPPUNIT_ASSERT(publish("x", "y").status().kind() == ErrorKind::kInvalid);
    CPPUNIT_ASSERT(!broker_->subscribe("x", [](auto, const auto&) {}).ok());
  }

 protected:
  std::unique_ptr<Broker> makeBroker(EventLoop& loop) override {
    options_ = {};
    return makeNatsBroker(loop, options_);
  }

 private:
  void use(const test::NatsServer& server, const std::string& before = {}) {
    options_.addresses = {before + server.address()};
    broker_ = makeNatsBroker(*loop_, options_);
  }
  // Why a publication failed; empty: it did not.
  std::string outcome() {
    const auto result = publish("x", "y");
    CPPUNIT_ASSERT_MESSAGE(result.status().detail(), result.ok());
    return result->status().detail();
  }

  // The same, once an attempt to connect has failed: the first may take longer than a publication.
  std::string refusal() {
    std::string why = outcome();
    for (int i = 0; i < 50 && why.find("none reached yet") != std::string::npos; ++i) {
      why = outcome();
    }
    return why;
  }

  NatsBrokerOptions options_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(NatsLoginTest);

}  // namespace evmicro

// Following services while Consul is killed, loses its data, freezes or uses TLS.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <evmicro/conformance/registry_contract.h>
#include <evmicro/consul_registry.h>

#include "support/consul_server.h"
#include "support/ports.h"
#include "support/turn_until.h"

namespace evmicro {

using namespace std::chrono_literals;

namespace {

/// A folder that goes with the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = std::filesystem::temp_directory_path() / "evmicro-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

}  // namespace

class ConsulFollowTest final : public test::RegistryFixture {
  CPPUNIT_TEST_SUITE(ConsulFollowTest);
  CPPUNIT_TEST(killedInTheMiddleOfAQueryAndStartedEmpty);
  CPPUNIT_TEST(startedOnTheSameData);
  CPPUNIT_TEST(frozenAndThawed);
  CPPUNIT_TEST(followersGoOverToTheNextConsul);
  CPPUNIT_TEST_SUITE_END();

 public:
  void tearDown() override {
    RegistryFixture::tearDown();
    other_.reset();
    consul_.reset();
    folder_.reset();
  }

  void killedInTheMiddleOfAQueryAndStartedEmpty() {
    use(std::make_unique<test::ConsulServer>());
    CPPUNIT_ASSERT(announce(service("reborn")).ok());
    const auto told = follow("reborn");
    const auto names = followNames();
    CPPUNIT_ASSERT(tells(*told, "reborn-1:1.0"));
    CPPUNIT_ASSERT(tells(*names, "reborn"));
    consul_->kill();
    CPPUNIT_ASSERT(tells(*told, "error"));
    CPPUNIT_ASSERT(tells(*names, "error"));
    consul_->start();
    CPPUNIT_ASSERT(tells(*told, ""));
    CPPUNIT_ASSERT(tells(*names, ""));
    CPPUNIT_ASSERT(announce(service("reborn", "2")).ok());
    CPPUNIT_ASSERT(tells(*told, "reborn-2:1.0"));
    CPPUNIT_ASSERT(tells(*names, "reborn"));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("one error", std::size_t(4), told->news.size());
  }

  void startedOnTheSameData() {
    folder_ = std::make_unique<TemporaryFolder>();
    use(std::make_unique<test::ConsulServer>(folder_->path()));
    CPPUNIT_ASSERT(announce(service("kept"), 10min).ok());
    const auto told = follow("kept");
    CPPUNIT_ASSERT(tells(*told, "kept-1:1.0"));
    consul_->kill();
    CPPUNIT_ASSERT(tells(*told, "error"));
    consul_->start();
    CPPUNIT_ASSERT(tells(*told, "kept-1:1.0"));
    CPPUNIT_ASSERT(renew(service("kept")).ok());
    CPPUNIT_ASSERT_EQUAL(std::size_t(3), told->news.size());
  }

  void frozenAndThawed() {
    use(std::make_unique<test::ConsulServer>());
    ConsulOptions options = optionsFor(*consul_);
    options.timeout = 300ms;
    options.watchWait = 200ms;
    registry_ = makeConsulRegistry(*loop_, options);
    CPPUNIT_ASSERT(announce(service("patient")).ok());
    const auto told = follow("patient");
    CPPUNIT_ASSERT(tells(*told, "patient-1:1.0"));
    consul_->freeze();
    CPPUNIT_ASSERT(tells(*told, "error"));
    consul_->thaw();
    CPPUNIT_ASSERT(tells(*told, "patient-1:1.0"));
    CPPUNIT_ASSERT(announce(service("patient", "2")).ok());
    CPPUNIT_ASSERT(tells(*told, "patient-1:1.0 patient-2:1.0"));
  }

  // The watch is held by the frozen one for a minute; the heartbeat notices.
  void followersGoOverToTheNextConsul() {
    use(std::make_unique<test::ConsulServer>());
    other_ = std::make_unique<test::ConsulServer>();
    ConsulOptions options = optionsFor(*consul_);
    options.addresses.push_back(other_->address());
    options.timeout = 500ms;
    registry_ = makeConsulRegistry(*loop_, options);
    CPPUNIT_ASSERT(announce(service("mover"), 30s).ok());
    const auto told = follow("mover");
    CPPUNIT_ASSERT(tells(*told, "mover-1:1.0"));
    consul_->freeze();
    CPPUNIT_ASSERT(renew(service("mover")).kind() == ErrorKind::kTimeout);
    CPPUNIT_ASSERT_EQUAL(other_->address(), registry_->address());
    CPPUNIT_ASSERT(announce(service("mover"), 30s).ok());
    CPPUNIT_ASSERT(tells(*told, "mover-1:1.0"));
    CPPUNIT_ASSERT(std::find(told->news.begin(), told->news.end(), "error") != told->news.end());
    CPPUNIT_ASSERT(renew(service("mover")).ok());
    CPPUNIT_ASSERT(deregister(service("mover")).ok());
    CPPUNIT_ASSERT(tells(*told, ""));
  }

 protected:
  std::unique_ptr<Registry> makeRegistry(EventLoop&) override { return nullptr; }

 private:
  static ConsulOptions optionsFor(const test::ConsulServer& consul) {
    ConsulOptions options;
    options.addresses = {consul.address()};
    return options;
  }
  void use(std::unique_ptr<test::ConsulServer> consul) {
    consul_ = std::move(consul);
    registry_ = makeConsulRegistry(*loop_, optionsFor(*consul_));
  }

  std::unique_ptr<TemporaryFolder> folder_;
  std::unique_ptr<test::ConsulServer> consul_;
  std::unique_ptr<test::ConsulServer> other_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ConsulFollowTest);

/// A Consul that speaks TLS, with certificates of its own making.
class ConsulTlsTest final : public test::RegistryFixture {
  CPPUNIT_TEST_SUITE(ConsulTlsTest);
  CPPUNIT_TEST(trustedServerIsUsed);
  CPPUNIT_TEST(unknownAuthorityIsRefused);
  CPPUNIT_TEST(anythingGoesWithoutVerification);
  CPPUNIT_TEST(nameMustBeInTheCertificate);
  CPPUNIT_TEST(missingFileIsNamed);
  CPPUNIT_TEST(environmentOfConsulsToolsIsHonoured);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    RegistryFixture::setUp();
    folder_ = std::make_unique<TemporaryFolder>();
    const auto consul = [this](std::vector<std::string> words) {
      words.insert(words.begin(), test::ConsulServer::program());
      test::ProcessOptions options;
      options.directory = folder_->path();
      const auto done = test::run(words, options);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(done.err, 0, done.code);
    };
    consul({"tls", "ca", "create"});
    consul({"tls", "cert", "create", "-server"});
    port_ = std::to_string(test::freePorts(1).front());
    const std::string config = folder_->path() + "/tls.json";
    std::ofstream(config) << R"({"ports":{"https":)" << port_ << R"(},"cert_file":")"
                          << file("dc1-server-consul-0.pem") << R"(","key_file":")"
                          << file("dc1-server-consul-0-key.pem") << "\"}";
    consul_ = std::make_unique<test::ConsulServer>(
        std::string(), std::vector<std::string>{"-config-file=" + config});
  }
  void tearDown() override {
    for (const char* name : kVariables) ::unsetenv(name);
    RegistryFixture::tearDown();
    consul_.reset();
    folder_.reset();
  }

  void trustedServerIsUsed() {
    TlsOptions tls;
    tls.caFile = file("consul-agent-ca.pem");
    use(tls);
    CPPUNIT_ASSERT_EQUAL(std::string("ok"), announce(service("safe"), 30s).toString());
    const auto told = follow("safe");
    CPPUNIT_ASSERT(tells(*told, "safe-1:1.0"));
    CPPUNIT_ASSERT(deregister(service("safe")).ok());
    CPPUNIT_ASSERT(tells(*told, ""));
  }

  void unknownAuthorityIsRefused() {
    use({});
    const Status status = announce(service("safe"));
    CPPUNIT_ASSERT(status.kind() == ErrorKind::kUnavailable);
    CPPUNIT_ASSERT_MESSAGE(status.detail(),
                           status.detail().find("ertificate") != std::string::npos);
  }

  void anythingGoesWithoutVerification() {
    TlsOptions tls;
    tls.verify = TlsOptions::Verify::kNothing;
    use(tls);
    CPPUNIT_ASSERT(announce(service("unsafe")).ok());
  }

  void nameMustBeInTheCertificate() {
    TlsOptions tls;
    tls.caFile = file("consul-agent-ca.pem");
    tls.serverName = "server.dc1.consul";
    use(tls);
    CPPUNIT_ASSERT_EQUAL(std::string("ok"), announce(service("named")).toString());
    tls.serverName = "server.dc2.consul";
    use(tls);
    const Status status = announce(service("named"));
    CPPUNIT_ASSERT(status.kind() == ErrorKind::kUnavailable);
    CPPUNIT_ASSERT_MESSAGE(status.detail(),
                           status.detail().find("server.dc2.consul") != std::string::npos);
  }

  void missingFileIsNamed() {
    TlsOptions tls;
    tls.caFile = file("nowhere.pem");
    use(tls);
    const Status status = announce(service("safe"));
    CPPUNIT_ASSERT(!status.ok());
    CPPUNIT_ASSERT_MESSAGE(status.detail(),
                           status.detail().find("nowhere.pem") != std::string::npos);
  }

  void environmentOfConsulsToolsIsHonoured() {
    ::setenv("CONSUL_HTTP_ADDR", ("127.0.0.1:" + port_).c_str(), 1);
    ::setenv("CONSUL_HTTP_SSL", "true", 1);
    ::setenv("CONSUL_CACERT", file("consul-agent-ca.pem").c_str(), 1);
    ::setenv("CONSUL_TLS_SERVER_NAME", "server.dc1.consul", 1);
    registry_ = makeConsulRegistry(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::string("ok"), announce(service("env")).toString());
    ::unsetenv("CONSUL_CACERT");
    registry_ = makeConsulRegistry(*loop_);
    CPPUNIT_ASSERT(!announce(service("env")).ok());
    ::setenv("CONSUL_HTTP_SSL_VERIFY", "0", 1);
    registry_ = makeConsulRegistry(*loop_);
    CPPUNIT_ASSERT(announce(service("env")).ok());
    ::setenv("CONSUL_HTTP_SSL_VERIFY", "perhaps", 1);
    registry_ = makeConsulRegistry(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::string("registry: environment variable CONSUL_HTTP_SSL_VERIFY: "
                                     "expected true or false, got \"perhaps\""),
                         announce(service("env")).detail());
  }

 protected:
  std::unique_ptr<Registry> makeRegistry(EventLoop&) override { return nullptr; }

 private:
  static constexpr const char* kVariables[] = {"CONSUL_HTTP_ADDR", "CONSUL_HTTP_SSL",
                                               "CONSUL_HTTP_SSL_VERIFY", "CONSUL_CACERT",
                                               "CONSUL_TLS_SERVER_NAME"};

  std::string file(const std::string& name) const { return folder_->path() + "/" + name; }
  void use(const TlsOptions& tls) {
    ConsulOptions options;
    options.addresses = {"https://127.0.0.1:" + port_};
    options.tls = tls;
    registry_ = makeConsulRegistry(*loop_, options);
  }

  std::unique_ptr<TemporaryFolder> folder_;
  std::string port_;
  std::unique_ptr<test::ConsulServer> consul_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ConsulTlsTest);

}  // namespace evmicro

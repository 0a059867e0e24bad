// Programs of others that speak TLS with a service, in both roles.
#include <cppunit/extensions/HelperMacros.h>

#include <fstream>
#include <iterator>
#include <memory>

#include "peers/peer_program.h"
#include "peers/ports.h"
#include "support/certificates.h"
#include "support/ports.h"
#include "support/reported.h"
#include "tool/evmicro_process.h"

namespace evmicro {

using test::Finished;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t times = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++times;
  }
  return times;
}

std::string contentOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void succeeded(const Finished& end) {
  CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err + end.out, 0, end.code);
}

}  // namespace

class TlsPeersTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TlsPeersTest);
  CPPUNIT_TEST(opensslSpeaksBothVersions);
  CPPUNIT_TEST(opensslIsRefusedBelowTls12);
  CPPUNIT_TEST(opensslMayOfferAnyName);
  CPPUNIT_TEST(opensslMayWantSmallRecords);
  CPPUNIT_TEST(opensslResumesSessions);
  CPPUNIT_TEST(opensslIsRefusedWithAnotherProtocol);
  CPPUNIT_TEST(curlShowsItsCertificate);
  CPPUNIT_TEST(curlIsRefusedWithTheReason);
  CPPUNIT_TEST(curlRefusesAnotherName);
  CPPUNIT_TEST(curlSpeaksToTheGateway);
  CPPUNIT_TEST(nginxTerminatesAndEncryptsAgain);
  CPPUNIT_TEST(haproxyTerminatesAndEncryptsAgain);
  CPPUNIT_TEST(goSpeaksTls);
  CPPUNIT_TEST(goMicrosSecureClientIsServed);
  CPPUNIT_TEST(goMicrosSecureServerIsCalled);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    folder_ = std::make_unique<test::CertificateFolder>();
    ca_ = std::make_unique<test::Authority>(*folder_, "ca");
    own_ = ca_->issue({});
    agent_ = std::make_unique<test::AgentProcess>();
  }
  void tearDown() override {
    service_.reset();
    agent_.reset();
    ca_.reset();
    folder_.reset();
  }

  // --- openssl s_client

  void opensslSpeaksBothVersions() {
    serve();
    for (const std::string version : {"1.2", "1.3"}) {
      const std::string flag = version == "1.2" ? "-tls1_2" : "-tls1_3";
      const Finished end = openssl({flag, "-alpn", "spdy/9,http/1.1"});
      succeeded(end);
      CPPUNIT_ASSERT_MESSAGE(end.out, has(end.out, "New, TLSv" + version + ","));
      CPPUNIT_ASSERT_MESSAGE(end.out, has(end.out, "ALPN protocol: http/1.1"));
      CPPUNIT_ASSERT_MESSAGE(end.out, has(end.out, "Verify return code: 0 (ok)"));
      CPPUNIT_ASSERT_MESSAGE(end.out, has(end.out, "HTTP/1.1 200 OK"));
    }
  }

  // RFC 6066: then a reply takes many records.
  void opensslMayWantSmallRecords() {
    serve();
    for (const std::string size : {"512", "1024", "2048", "4096"}) {
      const Finished end = openssl({"-maxfraglen", size}, "/metrics");
      succeeded(end);
      CPPUNIT_ASSERT_MESSAGE(end.out,
                             has(end.out, "evmicro_subscriber_events_total{outcome=\"failed\"} 0"));
    }
  }

  void opensslIsRefusedBelowTls12() {
    serve();
    for (const char* version : {"-tls1", "-tls1_1"}) {
      const Finished end = openssl({version, "-cipher", "ALL:@SECLEVEL=0"});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 1, end.code);
      CPPUNIT_ASSERT_MESSAGE(end.err, has(end.err, "alert protocol version"));
    }
    says("was refused: the peer's version of TLS is too old");
  }

  void opensslMayOfferAnyName() {
    serve();
    for (const std::vector<std::string>& name : std::vector<std::vector<std::string>>{
             {"-servername", "localhost"}, {"-servername", "elsewhere"}, {"-noservername"}}) {
      const Finished end = openssl(name);
      succeeded(end);
      CPPUNIT_ASSERT_MESSAGE(end.out, has(end.out, "HTTP/1.1 200 OK"));
    }
  }

  void opensslResumesSessions() {
    serve();
    for (const std::string version : {"1.2", "1.3"}) {
      const std::string flag = version == "1.2" ? "-tls1_2" : "-tls1_3";
      const std::string session = folder_->path() + "/session" + version;
      succeeded(openssl({flag, "-sess_out", session}));
      const Finished end = openssl({flag, "-sess_in", session});
      succeeded(end);
      CPPUNIT_ASSERT_MESSAGE(end.out, has(end.out, "Reused, TLSv" + version + ","));
      CPPUNIT_ASSERT_MESSAGE(end.out, has(end.out, "HTTP/1.1 200 OK"));
    }
    const Finished end = openssl({"-tls1_2", "-reconnect"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.out, std::size_t(5), count(end.out, "Reused, TLSv1.2,"));
  }

  void opensslIsRefusedWithAnotherProtocol() {
    serve();
    const Finished end = openssl({"-alpn", "spdy/9"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 1, end.code);
    CPPUNIT_ASSERT_MESSAGE(end.err, has(end.err, "no application protocol"));
  }

  // --- curl

  void curlShowsItsCertificate() {
    serveMutual();
    const Finished end = curl(ca_->issue({"client", "", 30, ""}));
    succeeded(end);
    CPPUNIT_ASSERT_EQUAL(std::string("ok\n200"), end.out);
  }

  void curlIsRefusedWithTheReason() {
    serveMutual();
    CPPUNIT_ASSERT(curl({}).code != 0);
    says("was refused: the client has shown no certificate");
    CPPUNIT_ASSERT(curl(ca_->issue({"late", "", -1, ""})).code != 0);
    says("was refused: the peer's certificate was refused: certificate has expired");
    const test::Authority other(*folder_, "other");
    CPPUNIT_ASSERT(curl(other.issue({"stranger", "", 30, ""})).code != 0);
    says("certificate was refused: unable to get local issuer certificate");
  }

  void curlRefusesAnotherName() {
    serve();
    const std::string port = service_->address().substr(service_->address().find(':'));
    const Finished end = test::run(
        {test::peerProgram("curl", "curl"), "-sS", "-m", "20", "--cacert", ca_->file(), "--resolve",
         "elsewhere" + port + ":127.0.0.1", "https://elsewhere" + port + "/health"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 60, end.code);
  }

  void curlSpeaksToTheGateway() {
    const test::ServiceProcess srv("greeter_srv", agent_->address());
    test::Process gateway(gatewayCommand());
    const std::string address = gatewayAddress(gateway);
    const Finished end = fetch("https://" + address + "/greeter/say/hello?name=John");
    succeeded(end);
    CPPUNIT_ASSERT_EQUAL(std::string("{\"msg\":\"Hello John\"}200"), end.out);
  }

  // --- proxies

  void nginxTerminatesAndEncryptsAgain() {
    serveMutual();
    const test::ServiceProcess srv("greeter_srv", agent_->address());
    test::Process gateway(gatewayCommand());
    const test::Identity client = ca_->issue({"nginx", "", 30, ""});
    const std::string rpc = test::freeAddress();
    const std::string web = test::freeAddress();
    const auto server = [&](const std::string& address, const std::string& upstream) {
      return "  server {\n    listen " + address + " ssl;\n    ssl_certificate " +
             own_.certificate + "; ssl_certificate_key " + own_.key + ";\n    location / {\n" +
             "      proxy_pass https://" + upstream + ";\n      proxy_http_version 1.1;" +
             " proxy_set_header Connection \"\";\n      proxy_ssl_verify on;" +
             " proxy_ssl_name localhost; proxy_ssl_trusted_certificate " + ca_->file() +
             ";\n      proxy_ssl_certificate " + client.certificate +
             "; proxy_ssl_certificate_key " + client.key + ";\n    }\n  }\n";
    };
    const test::ConfigFile config(
        "daemon off; master_process off; pid nginx.pid; error_log stderr notice;\nevents {}\n"
        "http {\n  access_log off; client_body_temp_path body; proxy_temp_path proxied;\n"
        "  fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;\n" +
        server(rpc, service_->address()) + server(web, gatewayAddress(gateway)) + "}\n");
    test::Process nginx(
        {test::peerProgram("nginx", "nginx"), "-p", config.folder(), "-c", config.path()});
    ASSERT_REPORTED(nginx.report(), nginx.prints("event method"));
    passesOn(rpc, web);
  }

  void haproxyTerminatesAndEncryptsAgain() {
    serveMutual();
    const test::ServiceProcess srv("greeter_srv", agent_->address());
    test::Process gateway(gatewayCommand());
    const test::Identity client = ca_->issue({"haproxy", "", 30, ""});
    const std::string clientPem = joined("client.pem", client);
    const std::string rpc = test::freeAddress();
    const std::string web = test::freeAddress();
    const auto section = [&](const std::string& name, const std::string& address,
                             const std::string& upstream) {
      return "listen " + name + "\n  bind " + address + " ssl crt " + joined("own.pem", own_) +
             "\n  server a " + upstream + " ssl verify required ca-file " + ca_->file() +
             " verifyhost localhost sni str(localhost) alpn http/1.1 crt " + clientPem + " check\n";
    };
    const test::ConfigFile config(
        "global\n  log stdout format raw daemon\ndefaults\n  log global\n  mode http\n"
        "  option log-health-checks\n  timeout connect 5s\n  timeout client 20s\n  timeout server "
        "20s\n" +
        section("rpc", rpc, service_->address()) + section("web", web, gatewayAddress(gateway)));
    test::Process haproxy({test::peerProgram("haproxy", "haproxy"), "-db", "-f", config.path()});
    for (const char* name : {"rpc/a", "web/a"}) {
      const std::string checked = std::string("Health check for server ") + name + " succeeded";
      ASSERT_REPORTED(haproxy.report(), haproxy.prints(checked));
    }
    passesOn(rpc, web);
  }

  // --- Go

  void goSpeaksTls() {
    serveMutual();
    const test::Identity client = ca_->issue({"go", "", 30, ""});
    const std::string url = "https://" + service_->address() + "/health";
    const Finished end =
        test::run({test::goPeer(), "tls", "2", url, ca_->file(), client.certificate, client.key});
    succeeded(end);
    CPPUNIT_ASSERT_EQUAL(std::string("304 full 200 new ok\n304 resumed 200 new ok\n"), end.out);
    const Finished without = test::run({test::goPeer(), "tls", "1", url, ca_->file()});
    CPPUNIT_ASSERT_MESSAGE(without.err, has(without.err, "certificate required") ||
                                            has(without.err, "bad certificate"));
  }

  void goMicrosSecureClientIsServed() {
    serve();
    const Finished end = test::run({test::goPeer(), "micro", "2", "tls://" + service_->address(),
                                    "application/json", test::kHelloCall, "X-Some:thing"});
    succeeded(end);
    const std::string line = "200 new " + std::string(test::kHelloAnswer);
    CPPUNIT_ASSERT_EQUAL(line + line, end.out);
  }

  // Its certificate is self-signed, and it answers one call for each connection.
  void goMicrosSecureServerIsCalled() {
    test::Process server({test::goPeer(), "secure"});
    const auto address = server.printsLine("Listening on ");
    ASSERT_REPORTED(server.report(), address);
    const std::size_t colon = address->find(':');
    succeeded(test::evmicro(
        agent_->address(),
        {"register", "service",
         R"({"name":"secured","nodes":[{"id":"secured-1","address":")" + address->substr(0, colon) +
             R"(","port":)" + address->substr(colon + 1) +
             R"(,"metadata":{"secure":"true","transport":"http","server":"rpc"}}]})"}));
    const std::vector<std::string> query = {"query", "secured", "Greeter.Hello",
                                            R"({"name":"John"})"};
    std::vector<std::string> insecure = query;
    insecure.insert(insecure.begin(), "--client_tls_insecure");
    for (int i = 0; i < 2; ++i) {
      const Finished end = test::evmicro(agent_->address(), insecure);
      succeeded(end);
      CPPUNIT_ASSERT_EQUAL(std::string("{\n\t\"greeting\": \"Hello John\"\n}\n"), end.out);
      CPPUNIT_ASSERT_MESSAGE(end.err, has(end.err, "are not verified"));
    }
    const Finished verified = test::evmicro(agent_->address(), query);
    CPPUNIT_ASSERT_EQUAL(1, verified.code);
    CPPUNIT_ASSERT_MESSAGE(verified.err, has(verified.err, "certificate was refused: self-signed"));
  }

 private:
  void serve(const std::vector<std::string>& more = {}) {
    std::vector<std::string> flags = {"--server_tls_cert", own_.certificate,
                                      "--server_tls_key",  own_.key,
                                      "--log_level",       "debug"};
    flags.insert(flags.end(), more.begin(), more.end());
    service_ = std::make_unique<test::ServiceProcess>("greeter", agent_->address(), flags);
  }
  void serveMutual() { serve({"--server_tls_client_ca", ca_->file()}); }

  void says(const std::string& text) {
    ASSERT_REPORTED(service_->process().report(), service_->process().prints(text));
  }

  /// One request for a page.
  Finished openssl(const std::vector<std::string>& flags,
                   const std::string& page = "/health") const {
    std::vector<std::string> words = {test::peerProgram("openssl", "openssl"),
                                      "s_client",
                                      "-connect",
                                      service_->address(),
                                      "-CAfile",
                                      ca_->file(),
                                      "-ign_eof"};
    words.insert(words.end(), flags.begin(), flags.end());
    test::ProcessOptions options;
    options.input = "GET " + page + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    return test::run(words, options);
  }

  Finished fetch(const std::string& url, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words = {test::peerProgram("curl", "curl"),
                                      "-sS",
                                      "-m",
                                      "20",
                                      "-w",
                                      "%{http_code}",
                                      "--cacert",
                                      ca_->file(),
                                      url};
    words.insert(words.end(), more.begin(), more.end());
    return test::run(words);
  }

  Finished curl(const test::Identity& shown) const {
    std::vector<std::string> more;
    if (!shown.certificate.empty()) more = {"--cert", shown.certificate, "--key", shown.key};
    return fetch("https://" + service_->address() + "/health", more);
  }

  std::vector<std::string> gatewayCommand() const {
    return test::evmicroCommand(
        agent_->address(), {"api", "--api_address", "127.0.0.1:0", "--api_handler", "rpc",
                            "--api_namespace", "go.micro.srv", "--enable_tls", "--tls_cert_file",
                            own_.certificate, "--tls_key_file", own_.key});
  }
  static std::string gatewayAddress(test::Process& gateway) {
    const auto rest = gateway.printsLine("Listening on ");
    ASSERT_REPORTED(gateway.report(), rest);
    return rest->substr(0, rest->find(','));
  }

  std::string joined(const std::string& name, const test::Identity& identity) const {
    return folder_->write(name, contentOf(identity.certificate) + contentOf(identity.key));
  }

  /// By a proxy: calls of the service at `rpc`, and of the gateway at `web`.
  void passesOn(const std::string& rpc, const std::string& web) const {
    for (int i = 0; i < 2; ++i) {
      const Finished called = test::evmicro(
          agent_->address(), {"--client_tls", "required", "--client_tls_ca", ca_->file(), "query",
                              "--address", rpc, "greeter", "Greeter.Hello", R"({"name":"John"})"});
      succeeded(called);
      CPPUNIT_ASSERT_EQUAL(std::string("{\n\t\"greeting\": \"Hello John\"\n}\n"), called.out);
      const Finished fetched = fetch("https://" + web + "/greeter/say/hello?name=John");
      succeeded(fetched);
      CPPUNIT_ASSERT_EQUAL(std::string("{\"msg\":\"Hello John\"}200"), fetched.out);
    }
  }

  std::unique_ptr<test::CertificateFolder> folder_;
  std::unique_ptr<test::Authority> ca_;
  test::Identity own_;
  std::unique_ptr<test::AgentProcess> agent_;
  std::unique_ptr<test::ServiceProcess> service_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(TlsPeersTest);

}  // namespace evmicro

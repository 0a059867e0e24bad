// Certificates that are replaced while a service is called.
#include <cppunit/extensions/HelperMacros.h>

#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <evmicro/http_client.h>

#include "integration/constant_caller.h"
#include "integration/greeter_process.h"
#include "support/agent_process.h"
#include "support/certificates.h"
#include "support/reported.h"
#include "support/turn_until.h"

namespace evmicro {

namespace {

// Fetches a page again and again, by a connection and a handshake each.
class Newcomers {
 public:
  Newcomers(EventLoop& loop, std::string url, const TlsOptions& tls)
      : loop_(loop), url_(std::move(url)) {
    options_.tls = tls;
    next();
  }

  int succeeded() const noexcept { return succeeded_; }
  const std::string& failure() const noexcept { return failure_; }

 private:
  void next() {
    client_.emplace(loop_, options_);
    HttpClientRequest request;
    request.url = url_;
    call_ = client_->send(std::move(request), [this](const Result<HttpClientReply>& reply) {
      if (reply.ok() && reply->status == 200) {
        ++succeeded_;
      } else {
        failure_ += reply.status().toString() + "\n";
      }
      again_ = loop_.defer([this] { next(); });
    });
  }

  EventLoop& loop_;
  const std::string url_;
  HttpClientOptions options_;
  int succeeded_ = 0;
  std::string failure_;
  std::optional<HttpClient> client_;
  Call call_;
  Call again_;
};

}  // namespace

class TlsReloadTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TlsReloadTest);
  CPPUNIT_TEST(noCallFailsWhileCertificatesAreReplaced);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    loop_.emplace();
    folder_.emplace();
    ca_.emplace(*folder_, "ca");
    agent_.emplace();
  }
  void tearDown() override {
    newcomers_.reset();
    callers_.clear();
    service_.reset();
    agent_.reset();
    ca_.reset();
    folder_.reset();
    loop_.reset();
  }

  // Five callers call every 5 ms: a thousand times a second, if the machine is fast enough.
  void noCallFailsWhileCertificatesAreReplaced() {
    const test::Identity own = issue();
    service_.emplace("greeter", agent_->address(),
                     std::vector<std::string>{"--server_tls_cert", own.certificate,
                                              "--server_tls_key", own.key});
    call();
    for (int round = 0; round < 5; ++round) {
      issue();
      service_->process().signal(SIGHUP);
      if (round == 2) reloadCallers();
      goOn();
    }
    ASSERT_REPORTED(report(), service_->process().prints("TLS certificates reloaded"));
    folder_->write("ca.localhost.pem", "broken");
    service_->process().signal(SIGHUP);
    ASSERT_REPORTED(report(),
                    service_->process().prints("TLS certificates not reloaded: TLS: certificate "));
    goOn();
    CPPUNIT_ASSERT(total() >= 6 * kCallsPerRound);
  }

 private:
  static constexpr int kCallsPerRound = 250;
  static constexpr int kNewcomersPerRound = 5;

  test::Identity issue() const { return ca_->issue({}); }

  void call() {
    ServiceOptions options;
    options.name = "caller";
    options.registryAddresses = {agent_->address()};
    options.client.tls.caFile = ca_->file();
    options.client.tlsUse = TlsUse::kRequired;
    for (int i = 0; i < 5; ++i) {
      callers_.push_back(std::make_unique<test::ConstantCaller>(*loop_, options));
    }
    newcomers_.emplace(*loop_, "https://" + service_->address() + "/health", options.client.tls);
  }

  void reloadCallers() {
    for (const auto& caller : callers_) CPPUNIT_ASSERT(caller->reloadTls().ok());
  }

  // Everybody makes progress, and nothing has failed.
  void goOn() {
    const int calls = total() + kCallsPerRound;
    const int fetched = newcomers_->succeeded() + kNewcomersPerRound;
    const bool done = test::turnUntil(
        *loop_, [&] { return total() >= calls && newcomers_->succeeded() >= fetched; });
    ASSERT_REPORTED(report(), done);
    CPPUNIT_ASSERT_EQUAL(std::string(), newcomers_->failure());
    for (const auto& caller : callers_) CPPUNIT_ASSERT_EQUAL(std::string(), caller->allFailures());
  }

  int total() const {
    int calls = 0;
    for (const auto& caller : callers_) calls += caller->succeeded();
    return calls;
  }

  std::string report() {
    return newcomers_->failure() + callers_.front()->allFailures() + service_->process().report();
  }

  std::optional<EventLoop> loop_;
  std::optional<test::CertificateFolder> folder_;
  std::optional<test::Authority> ca_;
  std::optional<test::AgentProcess> agent_;
  std::optional<test::ServiceProcess> service_;
  std::vector<std::unique_ptr<test::ConstantCaller>> callers_;
  std::optional<Newcomers> newcomers_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(TlsReloadTest);

}  // namespace evmicro

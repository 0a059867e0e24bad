// Services with TLS: who speaks it to whom, and what handlers learn of their callers.
#include <evmicro/service.h>

#include <csignal>
#include <memory>
#include <optional>
#include <string>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/http_broker.h>
#include <evmicro/memory_broker.h>
#include <evmicro/memory_registry.h>
#include <evmicro/service_view.h>

#include "server/debug.pb.h"
#include "support/captured_log.h"
#include "support/certificates.h"
#include "support/turn_until.h"

namespace evmicro {

namespace {

using Text = detail::HealthResponse;

}  // namespace

class TlsServiceTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TlsServiceTest);
  CPPUNIT_TEST(callersSpeakTlsToANodeThatAnnouncesIt);
  CPPUNIT_TEST(aNodeThatIsNotTrustedIsNotCalled);
  CPPUNIT_TEST(requiredTlsRefusesPlainNodes);
  CPPUNIT_TEST(requiredTlsIsSpokenToAnAddress);
  CPPUNIT_TEST(wrappersSeeWhoCalls);
  CPPUNIT_TEST(streamsTravelByTls);
  CPPUNIT_TEST(aMissingCertificateIsAFailureToStart);
  CPPUNIT_TEST(evhttpHasNoTls);
  CPPUNIT_TEST(hangupReloads);
  CPPUNIT_TEST(aSharedBrokerReloadsToo);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    loop_.emplace();
    folder_.emplace();
    authority_.emplace(*folder_, "ca");
    registry_ = makeMemoryRegistry(*loop_);
    view_ = std::make_shared<ServiceView>(*loop_, *registry_);
    broker_ = makeMemoryBroker(*loop_);
  }
  void tearDown() override {
    server_.reset();
    client_.reset();
    broker_.reset();
    view_.reset();
    registry_.reset();
    authority_.reset();
    folder_.reset();
    loop_.reset();
  }

  void callersSpeakTlsToANodeThatAnnouncesIt() {
    start(secure("one"));
    const auto metadata = server_->server().info().nodes.at(0).metadata;
    CPPUNIT_ASSERT_EQUAL(std::string("true"), metadata.at("secure"));
    makeClient(trusting("two"));
    for (int i = 0; i < 3; ++i) succeeds(call("one"));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), server_->server().stats().listener.tlsHandshakes);
  }

  void aNodeThatIsNotTrustedIsNotCalled() {
    start(secure("one"));
    makeClient(shared("two"));  // trusts the system's authorities
    const Status status = call("one").status();
    CPPUNIT_ASSERT(ErrorKind::kUnavailable == status.kind());
    CPPUNIT_ASSERT_MESSAGE(status.detail(),
                           status.detail().find("the peer's certificate was refused: "
                                                "unable to get local issuer") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), server_->server().stats().requests);
  }

  void requiredTlsRefusesPlainNodes() {
    start(shared("one"));
    CPPUNIT_ASSERT_EQUAL(std::size_t(0),
                         server_->server().info().nodes.at(0).metadata.count("secure"));
    makeClient(trusting("two"));
    succeeds(call("one"));
    CallOptions required;
    required.tls = TlsUse::kRequired;
    const Status status = call("one", required).status();
    CPPUNIT_ASSERT(ErrorKind::kUnavailable == status.kind());
    CPPUNIT_ASSERT_MESSAGE(status.detail(),
                           status.detail().find("does not announce TLS") != std::string::npos);
    ServiceOptions options = trusting("two");
    options.client.tlsUse = TlsUse::kRequired;
    makeClient(options);
    CPPUNIT_ASSERT(!call("one").ok());
    required.tls = TlsUse::kAuto;
    succeeds(call("one", required));
  }

  // A plain connection that is kept will not do.
  void requiredTlsIsSpokenToAnAddress() {
    start(secure("one"));
    makeClient(trusting("two"));
    CallOptions options;
    options.address = server_->server().address();
    CPPUNIT_ASSERT(!call("one", options).ok());
    options.tls = TlsUse::kRequired;
    succeeds(call("one", options));
  }

  void wrappersSeeWhoCalls() {
    ServiceOptions options = secure("one");
    options.server.tls.caFile = authority_->file();
    server_ = std::make_unique<Service>(*loop_, options);
    std::string seen;
    server_->server().wrap(
        [&seen](Context context, const CallInfo& info, const CallNext& next, CallDone done) {
          const auto certificate = info.peer->certificate();
          seen = info.peer->address().substr(0, 10) + " " + certificate->subject;
          for (const std::string& name : certificate->names) seen += " " + name;
          next(std::move(context), std::move(done));
        });
    launch();
    ServiceOptions caller = trusting("two");
    const test::Identity identity = authority_->issue({"two", "DNS:two.local", 30, ""});
    caller.client.tls.certificate = identity.certificate;
    caller.client.tls.key = identity.key;
    makeClient(caller);
    succeeds(call("one"));
    CPPUNIT_ASSERT_EQUAL(std::string("127.0.0.1: CN=two two.local"), seen);
    makeClient(trusting("three"));
    const Status status = call("one").status();
    CPPUNIT_ASSERT(ErrorKind::kUnavailable == status.kind());
    CPPUNIT_ASSERT_MESSAGE(status.detail(), status.detail().find("requires a client certificate") !=
                                                std::string::npos);
  }

  void streamsTravelByTls() {
    server_ = std::make_unique<Service>(*loop_, secure("one"));
    server_->server().handleStream<Text, Text>(
        "Echo.Stream", [](Context, ServerStream<Text, Text> stream) {
          stream.onMessage([stream](Text text) mutable { stream.send(text); });
          stream.onEnd([stream](Status) mutable { stream.finish({}); });
        });
    launch();
    makeClient(trusting("two"));
    auto stream = client_->client().stream<Text, Text>(Context(), "one", "Echo.Stream");
    std::size_t came = 0;
    std::optional<Status> ended;
    stream.onMessage([&came](const Text& text) { came += text.status().size(); });
    stream.onEnd([&ended](Status status) { ended = std::move(status); });
    Text text;
    text.set_status(std::string(100'000, 'x'));
    for (int i = 0; i < 10; ++i) stream.send(text);
    stream.finishSending();
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return ended.has_value(); }));
    CPPUNIT_ASSERT_EQUAL(std::size_t(1'000'000), came);
  }

  void aMissingCertificateIsAFailureToStart() {
    ServiceOptions options = secure("one");
    options.server.tls.key = "/nowhere/key.pem";
    server_ = std::make_unique<Service>(*loop_, options);
    std::optional<Status> started;
    server_->start([&](Status status) { started = std::move(status); });
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return started.has_value(); }));
    CPPUNIT_ASSERT_EQUAL(std::string("server: transport: TLS: key \"/nowhere/key.pem\": "
                                     "no such file or directory"),
                         started->detail());
  }

  void evhttpHasNoTls() {
    ServiceOptions options = secure("one");
    options.transport = "evhttp";
    server_ = std::make_unique<Service>(*loop_, options);
    std::optional<Status> started;
    server_->start([&](Status status) { started = std::move(status); });
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return started.has_value(); }));
    CPPUNIT_ASSERT_MESSAGE(started->detail(),
                           started->detail().find("evhttp has no TLS") != std::string::npos);
  }

  void hangupReloads() {
    const test::CapturedLog log("service");
    ServiceOptions options = secure("one");
    options.own = {};
    options.registry = "memory";
    options.broker = "memory";
    Service service(options);
    const char* const argv[] = {"one"};
    service.init(1, argv);
    service.start([&](const Status& started) {
      if (started.ok()) ::raise(SIGHUP);
    });
    const auto reloaded = [&] {
      for (const std::string& line : log.lines()) {
        if (line == "INFO TLS certificates reloaded") return true;
      }
      return false;
    };
    CPPUNIT_ASSERT(test::turnUntil(service.loop(), reloaded));
    folder_->write("ca.localhost.pem", "broken");
    CPPUNIT_ASSERT(!service.reloadTls().ok());
    CPPUNIT_ASSERT(
        log.lines().back().find("ERROR TLS certificates not reloaded: TLS: certificate ") == 0);
  }

  // Symptom: a broker that services share kept its certificate for ever.
  void aSharedBrokerReloadsToo() {
    const test::Identity own = authority_->issue({"inbox", "DNS:inbox", 30, ""});
    TlsOptions tls;
    tls.certificate = own.certificate;
    tls.key = own.key;
    HttpBrokerOptions inbox;
    inbox.address = "127.0.0.1:0";
    inbox.serverTls = std::make_shared<const TlsOptions>(tls);
    broker_ = makeHttpBroker(*loop_, *registry_, *view_, inbox);
    const auto token = broker_->subscribe("news", [](std::string_view, const BrokerMessage&) {});
    CPPUNIT_ASSERT_MESSAGE(token.status().detail(), token.ok());
    start(secure("one"));
    CPPUNIT_ASSERT_EQUAL(std::string(), server_->reloadTls().detail());
    folder_->write("ca.inbox.pem", "broken");
    const std::string why = server_->reloadTls().detail();
    CPPUNIT_ASSERT_MESSAGE(why, why.find("ca.inbox.pem") != std::string::npos);
  }

 private:
  ServiceOptions shared(const std::string& name) const {
    ServiceOptions options;
    options.name = name;
    options.own.registry = registry_;
    options.own.view = view_;
    options.own.broker = broker_;
    options.server.address = "127.0.0.1:0";
    options.server.grace = std::chrono::milliseconds(0);
    return options;
  }
  ServiceOptions trusting(const std::string& name) const {
    ServiceOptions options = shared(name);
    options.client.tls.caFile = authority_->file();
    return options;
  }
  ServiceOptions secure(const std::string& name) const {
    const test::Identity identity = authority_->issue({});
    ServiceOptions options = shared(name);
    options.server.tls.certificate = identity.certificate;
    options.server.tls.key = identity.key;
    return options;
  }
  void start(const ServiceOptions& options) {
    server_ = std::make_unique<Service>(*loop_, options);
    launch();
  }
  void launch() {
    std::optional<Status> started;
    server_->start([&](Status status) { started = std::move(status); });
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return started.has_value(); }));
    CPPUNIT_ASSERT_MESSAGE(started->toString(), started->ok());
  }
  void makeClient(const ServiceOptions& options) {
    client_ = std::make_unique<Service>(*loop_, options);
  }
  Result<Text> call(const std::string& service, const CallOptions& options = {}) {
    return client_->client().call<Text>(Context(), service, "Debug.Health", Text(), options);
  }
  static void succeeds(const Result<Text>& reply) {
    CPPUNIT_ASSERT_MESSAGE(reply.status().toString(), reply.ok());
  }

  std::optional<EventLoop> loop_;
  std::optional<test::CertificateFolder> folder_;
  std::optional<test::Authority> authority_;
  std::shared_ptr<Registry> registry_;  // shared with both services, as the two below
  std::shared_ptr<ServiceView> view_;
  std::shared_ptr<Broker> broker_;
  std::unique_ptr<Service> server_;
  std::unique_ptr<Service> client_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(TlsServiceTest);

}  // namespace evmicro

// What a server's wrappers know of the caller, and what a caller without credentials is told.
#include <memory>
#include <string>
#include <utility>

#include <evmicro/auth.h>
#include <evmicro/breaker.h>
#include <evmicro/rate_limit.h>

#include "server/rpc_fixture.h"

namespace evmicro::test {

class CallerTest final : public RpcFixture {
  CPPUNIT_TEST_SUITE(CallerTest);
  CPPUNIT_TEST(wrappersSeeTheCallersAddress);
  CPPUNIT_TEST(aPlainCallerHasNoCertificate);
  CPPUNIT_TEST(withoutATokenTheHandlerDoesNotRun);
  CPPUNIT_TEST(withATokenItDoes);
  CPPUNIT_TEST(theRateLimitAnswersTheClient);
  CPPUNIT_TEST(theBreakerKeepsCallsFromTheServer);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    RpcFixture::setUp();
    ran_ = 0;
    server_->handle<Text, Text>("Echo.Say", [this](Context&, const Text& said, Text& reply) {
      ++ran_;
      if (said.status() == "fail") return Status::internal("failed");
      reply = said;
      return Status();
    });
  }

  void wrappersSeeTheCallersAddress() {
    std::string seen;
    server_->wrap([&seen](Context context, const CallInfo& call, CallNext next, CallDone done) {
      if (call.peer) seen = call.peer->address();
      next(std::move(context), std::move(done));
    });
    start();
    CPPUNIT_ASSERT(call("Echo.Say", "x").ok());
    CPPUNIT_ASSERT_MESSAGE(seen, seen.find("127.0.0.1:") == 0 && seen != server_->address());
  }

  void aPlainCallerHasNoCertificate() {
    server_->wrap(allowSubjects({"*"}));
    start();
    expect(401, "no client certificate");
  }

  void withoutATokenTheHandlerDoesNotRun() {
    server_->wrap(bearerAuth([](std::string_view, const CallInfo&) { return Status(); }));
    start();
    expect(401, "no bearer token");
  }

  void withATokenItDoes() {
    server_->wrap(bearerAuth([](std::string_view token, const CallInfo&) {
      return token == "sesame" ? Status() : Status::error(403, {}, "not you");
    }));
    start();
    Context context;
    context.metadata().set("Authorization", "Bearer sesame");
    CPPUNIT_ASSERT(call("Echo.Say", "x", {}, context).ok());
    context.metadata().set("Authorization", "Bearer other");
    const Status status = call("Echo.Say", "x", {}, context).status();
    CPPUNIT_ASSERT_EQUAL(403, status.code());
    CPPUNIT_ASSERT_EQUAL(std::string("echo"), status.id());
    CPPUNIT_ASSERT_EQUAL(1, ran_);
  }

  void theRateLimitAnswersTheClient() {
    server_->wrap(rateLimit(*loop_, {0.001, 1}));
    start();
    CPPUNIT_ASSERT(call("Echo.Say", "x").ok());
    const Status status = call("Echo.Say", "x").status();
    CPPUNIT_ASSERT(status.kind() == ErrorKind::kRemote);
    CPPUNIT_ASSERT_EQUAL(429, status.code());
    CPPUNIT_ASSERT_EQUAL(std::string("go.micro.server"), status.id());
    CPPUNIT_ASSERT_EQUAL(std::string("too many request"), status.detail());
    CPPUNIT_ASSERT_EQUAL(1, ran_);
  }

  void theBreakerKeepsCallsFromTheServer() {
    client_->wrap(breaker());
    start();
    for (int i = 0; i < 8; ++i) CPPUNIT_ASSERT(!call("Echo.Say", "fail").ok());
    CPPUNIT_ASSERT_EQUAL(6, ran_);
    CPPUNIT_ASSERT_EQUAL(std::string("circuit breaker is open"),
                         call("Echo.Say", "x").status().detail());
  }

 private:
  void expect(int code, const std::string& detail) {
    const Status status = call("Echo.Say", "x").status();
    CPPUNIT_ASSERT_EQUAL(code, status.code());
    CPPUNIT_ASSERT_EQUAL(std::string("echo"), status.id());
    CPPUNIT_ASSERT_EQUAL(detail, status.detail());
    CPPUNIT_ASSERT_EQUAL(0, ran_);
  }

  int ran_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(CallerTest);

}  // namespace evmicro::test

// bearerAuth and allowSubjects: who passes, and what the others are told.
#include <evmicro/auth.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include "wrapper/wrapped_call.h"

namespace evmicro::test {

class AuthTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AuthTest);
  CPPUNIT_TEST(aFunctionDecidesOnTheToken);
  CPPUNIT_TEST(withoutATokenTheFunctionIsNotAsked);
  CPPUNIT_TEST(theFunctionsErrorIsTheCallers);
  CPPUNIT_TEST(theSchemeIsReadInAnyCase);
  CPPUNIT_TEST(aNameOfTheCertificateIsAllowed);
  CPPUNIT_TEST(otherNamesAreForbidden);
  CPPUNIT_TEST(withoutACertificateACallIsUnauthorized);
  CPPUNIT_TEST(aStarStandsForAnyRest);
  CPPUNIT_TEST(nobodyIsAllowedByAnEmptyList);
  CPPUNIT_TEST(exemptMethodsPass);
  CPPUNIT_TEST(messagesPass);
  CPPUNIT_TEST(whatMakesNoSenseIsRefused);
  CPPUNIT_TEST_SUITE_END();

 public:
  void aFunctionDecidesOnTheToken() {
    std::string asked;
    const Wrapper wrapper = bearerAuth([&asked](std::string_view token, const CallInfo& call) {
      asked += std::string(token) + "@" + std::string(call.method) + " ";
      return token == "good" ? Status() : Status::error(401, {}, "who are you?");
    });
    WrappedCall good(wrapper, info(), authorized("Bearer good"));
    CPPUNIT_ASSERT(good.reached && !good.outcome);
    WrappedCall bad(wrapper, info(), authorized("Bearer bad"));
    CPPUNIT_ASSERT(!bad.reached);
    CPPUNIT_ASSERT_EQUAL(401, bad.code());
    CPPUNIT_ASSERT_EQUAL(std::string("good@Shop.Buy bad@Shop.Buy "), asked);
  }

  void withoutATokenTheFunctionIsNotAsked() {
    const Wrapper wrapper = bearerAuth([](std::string_view, const CallInfo&) {
      throw std::logic_error("asked");
      return Status();
    });
    for (const char* value :
         {"", "Bearer", "Bearer ", "Bearer   ", "Basic abc", "Bearerx y", "token"}) {
      WrappedCall call(wrapper, info(), authorized(value));
      expect(call, 401, "no bearer token");
    }
    WrappedCall none(wrapper, info());
    expect(none, 401, "no bearer token");
  }

  void theFunctionsErrorIsTheCallers() {
    const Wrapper wrapper = bearerAuth([](std::string_view, const CallInfo&) {
      return Status::error(403, "shop.door", "not on Sundays");
    });
    WrappedCall call(wrapper, info(), authorized("Bearer x"));
    CPPUNIT_ASSERT_EQUAL(403, call.code());
    CPPUNIT_ASSERT_EQUAL(std::string("shop.door"), call.outcome->id());
  }

  void theSchemeIsReadInAnyCase() {
    std::string seen;
    const Wrapper wrapper = bearerAuth([&seen](std::string_view token, const CallInfo&) {
      seen += std::string(token) + " ";
      return Status();
    });
    for (const char* value : {"bearer a", "BEARER b", "Bearer  c"}) {
      WrappedCall call(wrapper, info(), authorized(value));
      CPPUNIT_ASSERT(call.reached);
    }
    CPPUNIT_ASSERT_EQUAL(std::string("a b c "), seen);
  }

  void aNameOfTheCertificateIsAllowed() {
    for (const char* name : {"CN=api,O=Example", "api.example", "spiffe://example/api"}) {
      WrappedCall call(allowSubjects({"CN=other", name}), withCertificate());
      CPPUNIT_ASSERT_MESSAGE(name, call.reached && !call.outcome);
    }
  }

  void otherNamesAreForbidden() {
    for (const char* name :
         {"CN=api", "CN=api,O=Example,C=XX", "api.example.org", "API.example", "example/api"}) {
      WrappedCall call(allowSubjects({name}), withCertificate());
      expect(call, 403, "the certificate's subject is not allowed: CN=api,O=Example");
    }
  }

  void withoutACertificateACallIsUnauthorized() {
    WrappedCall call(allowSubjects({"*"}), info());
    expect(call, 401, "no client certificate");
  }

  void aStarStandsForAnyRest() {
    for (const char* name : {"spiffe://example/*", "CN=api*", "CN=api,O=Example*", "*"}) {
      WrappedCall call(allowSubjects({name}), withCertificate());
      CPPUNIT_ASSERT_MESSAGE(name, call.reached);
    }
    for (const char* name : {"spiffe://other/*", "C*N=api,O=Example", "*CN=api,O=Example"}) {
      WrappedCall call(allowSubjects({name}), withCertificate());
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, 403, call.code());
    }
  }

  void nobodyIsAllowedByAnEmptyList() {
    WrappedCall call(allowSubjects({}), withCertificate());
    CPPUNIT_ASSERT_EQUAL(403, call.code());
  }

  void exemptMethodsPass() {
    const auto passes = [](const std::string& exempt, std::string_view method) {
      CallInfo call = info();
      call.method = method;
      WrappedCall wrapped(allowSubjects({}, {{exempt}}), call);
      return wrapped.reached.has_value();
    };
    CPPUNIT_ASSERT(passes("Shop.Buy", "Shop.Buy"));
    CPPUNIT_ASSERT(!passes("Shop.Buy", "Shop.BuyAll"));
    CPPUNIT_ASSERT(!passes("Shop.BuyAll", "Shop.Buy"));
    CPPUNIT_ASSERT(passes("Debug.*", "Debug.Health"));
    CPPUNIT_ASSERT(!passes("Debug.*", "Debugger.Health"));
    CPPUNIT_ASSERT(!passes("Debug.*", "Debug"));
    CPPUNIT_ASSERT(!passes(".*", "Shop.Buy"));
  }

  void messagesPass() {
    CallInfo message = info();
    message.topic = "news";
    WrappedCall call(allowSubjects({}), message);
    CPPUNIT_ASSERT(call.reached);
  }

  void whatMakesNoSenseIsRefused() {
    CPPUNIT_ASSERT_THROW(bearerAuth({}), std::invalid_argument);
    CPPUNIT_ASSERT_THROW(allowSubjects({"CN=api", ""}), std::invalid_argument);
  }

 private:
  static CallInfo info() {
    CallInfo info;
    info.service = "shop";
    info.method = "Shop.Buy";
    return info;
  }
  CallInfo withCertificate() const {
    CallInfo with = info();
    with.peer = &peer_;
    return with;
  }
  static Context authorized(const std::string& value) {
    Context context;
    context.metadata().set("Authorization", value);
    return context;
  }
  static void expect(const WrappedCall& call, int code, const std::string& detail) {
    CPPUNIT_ASSERT(!call.reached && call.outcome);
    CPPUNIT_ASSERT_EQUAL(code, call.code());
    CPPUNIT_ASSERT_EQUAL(std::string("shop"), call.outcome->id());
    CPPUNIT_ASSERT_EQUAL(detail, call.outcome->detail());
  }

  struct Peer final : CallPeer {
    std::string address() const override { return "127.0.0.1:9"; }
    std::shared_ptr<const PeerCertificate> certificate() const override { return shown; }
    const std::shared_ptr<const PeerCertificate> shown = std::make_shared<const PeerCertificate>(
        PeerCertificate{"CN=api,O=Example", {"api.example", "spiffe://example/api"}});
  };
  const Peer peer_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(AuthTest);

}  // namespace evmicro::test

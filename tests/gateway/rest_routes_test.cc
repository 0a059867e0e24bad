// REST paths by google.api.http annotations.
#include "gateway/rest_routes.h"

#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include "support/captured_log.h"

namespace evmicro {

using gateway::JsonBinding;
using gateway::RestRoutes;

namespace {

ServiceInfo serviceWith(const std::string& name, const std::vector<std::string>& rules) {
  ServiceInfo service;
  service.name = name;
  for (const std::string& rule : rules) {
    const std::string method = "S.M" + std::to_string(service.endpoints.size());
    service.endpoints.push_back({method, {}, {}, {{"http", rule}}});
  }
  return service;
}

}  // namespace

class RestRoutesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RestRoutesTest);
  CPPUNIT_TEST(templatesMatch);
  CPPUNIT_TEST(moreSpecificTemplatesWin);
  CPPUNIT_TEST(malformedRulesAreLeftOut);
  CPPUNIT_TEST(collisionsAreLogged);
  CPPUNIT_TEST_SUITE_END();

 public:
  void templatesMatch() {
    const struct {
      const char* rule;
      const char* request;
      const char* match;  // fields, then the body; "-": none
    } rows[] = {
        {"GET /a", "GET /a", ""},
        {"GET /a", "POST /a", "-"},
        {"GET /a", "GET /a/", "-"},
        {"GET /a", "GET /", "-"},
        {"GET /a/b", "GET /a", "-"},
        {"GET /a/{x}", "GET /a/b", "x=b "},
        {"GET /a/{x}", "GET /a/b%2Fc", "x=b/c "},
        {"GET /a/{x}", "GET /a/", "-"},
        {"GET /a/{x}", "GET /a/b/c", "-"},
        {"GET /a/{x.y}/{z}", "GET /a/b/c", "x.y=b z=c "},
        {"GET /a/{x=b/*}", "GET /a/b/c", "x=b/c "},
        {"GET /a/{x=b/*}", "GET /a/c/c", "-"},
        {"GET /a/{x=**}", "GET /a/b/c/d", "x=b/c/d "},
        {"GET /a/{x=**}", "GET /a", "x= "},
        // In several segments an encoded slash stays apart from one between them.
        {"GET /a/{x=*}", "GET /a/b%2Fc", "x=b/c "},
        {"GET /a/{x=**}", "GET /a/b%2Fc/d%2f%C3%A9%20", "x=b%2Fc/d%2f\xc3\xa9  "},
        {"GET /a/{x=**}", "GET /a/%2F", "x=%2F "},
        {"GET /a/{x=b/*}", "GET /a/b/c%2Fd%zz", "x=b/c%2Fd%zz "},
        {"GET /a/{x=b/*}/{y}", "GET /a/b/c%2Fd/e%2Ff", "x=b/c%2Fd y=e/f "},
        // An encoded colon begins no verb.
        {"POST /a/{x}:send", "POST /a/b%3Asend", "-"},
        {"POST /a/{x}:send", "POST /a/b%3Ac:send", "x=b:c "},
        {"POST /a/{x}:send", "POST /a/b:s%65nd", "x=b "},
        {"POST /a/{x}; POST /a/{x}:send", "POST /a/b%3Asend", "x=b:send "},
        {"GET /a - items", "GET /a", " items"},
        {"POST /a * items", "POST /a", "* items"},
        {"POST /a -", "POST /a", ""},
        {"GET /a/*/c", "GET /a/b/c", ""},
        {"POST /a *", "POST /a", "*"},
        {"PUT /a/{x} item", "PUT /a/1", "x=1 item"},
        {"POST /a:send", "POST /a:send", ""},
        {"POST /a:send", "POST /a", "-"},
        {"POST /a/{x}:send", "POST /a/b:c:send", "x=b:c "},
        {"POST /a/{x}", "POST /a/b:c", "x=b:c "},
        {"GET /b; GET /a", "GET /a", ""},
        {"HEAD /a", "HEAD /a", ""},
    };
    for (const auto& [rule, request, expected] : rows) {
      RestRoutes routes;
      routes.set({serviceWith("n.s", {rule})});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string(rule) + " for " + request, std::string(expected),
                                   found(routes, request));
    }
  }

  void moreSpecificTemplatesWin() {
    RestRoutes routes;
    routes.set({serviceWith("n.s", {"GET /a/{x=**}", "GET /a/{x}", "GET /a/b", "GET /a/b:c"})});
    const auto methodFor = [&routes](const char* path) {
      const auto match = routes.find("GET", path);
      return match ? match->target.method : "";
    };
    CPPUNIT_ASSERT_EQUAL(std::string("S.M0"), methodFor("/a/x/y"));
    CPPUNIT_ASSERT_EQUAL(std::string("S.M1"), methodFor("/a/x"));
    CPPUNIT_ASSERT_EQUAL(std::string("S.M2"), methodFor("/a/b"));
    CPPUNIT_ASSERT_EQUAL(std::string("S.M3"), methodFor("/a/b:c"));
    CPPUNIT_ASSERT_EQUAL(std::string(), methodFor("/b"));
  }

  void malformedRulesAreLeftOut() {
    for (const char* const rule :
         {"", "GET", "GET a", "GET /", "GET //a", "GET /a/", "GET /{", "GET /{}", "GET /{x",
          "GET /x}", "GET /{x=}", "GET /{x={y}}", "GET /{x y}", "GET /a:", "GET /**/a",
          "GET /{x=**}/a", "GET /a * more words", "GET /{x!}"}) {
      RestRoutes routes;
      routes.set({serviceWith("n.s", {rule, "GET /sound"})});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(rule, std::string(), found(routes, "GET /sound"));
      for (const char* const path : {"GET /", "GET /a", "GET /x", "GET /a/a"}) {
        CPPUNIT_ASSERT_EQUAL_MESSAGE(rule, std::string("-"), found(routes, path));
      }
    }
  }

  void collisionsAreLogged() {
    const test::CapturedLog log("api");
    RestRoutes routes;
    const std::vector<ServiceInfo> services = {serviceWith("n.a", {"GET /a"}),
                                               serviceWith("n.b", {"GET /a"}),
                                               serviceWith("n.a", {"GET /a"})};
    routes.set(services);
    routes.set(services);
    CPPUNIT_ASSERT_EQUAL(std::string("n.a"), routes.find("GET", "/a")->target.service);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), log.lines().size());
    CPPUNIT_ASSERT_EQUAL(
        std::string("WARN GET /a is S.M0 of n.a, so S.M0 of n.b cannot be reached there"),
        log.lines().front());
  }

 private:
  static std::string found(const RestRoutes& routes, const std::string& request) {
    const std::size_t blank = request.find(' ');
    const auto match = routes.find(request.substr(0, blank), request.substr(blank + 1));
    if (!match) return "-";
    std::string text;
    const JsonBinding& binding = match->binding;
    for (const auto& [name, value] : binding.fields) text += name + "=" + value + " ";
    return text + binding.body + (binding.reply.empty() ? "" : " " + binding.reply);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RestRoutesTest);

}  // namespace evmicro

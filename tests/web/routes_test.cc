#include "web/routes.h"

#include <stdexcept>

#include <cppunit/extensions/HelperMacros.h>

#include "web/access_log.h"
#include "web/cors.h"

namespace evmicro {

using namespace detail;

class WebRoutesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(WebRoutesTest);
  CPPUNIT_TEST(findsTheMostLiteralRoute);
  CPPUNIT_TEST(saysWhatAParameterStandsFor);
  CPPUNIT_TEST(aRestMayBeNothing);
  CPPUNIT_TEST(headIsServedByGet);
  CPPUNIT_TEST(saysWhichMethodsThereAre);
  CPPUNIT_TEST(refusesPatternsThatMakeNoSense);
  CPPUNIT_TEST(cleansPaths);
  CPPUNIT_TEST(allowsOrigins);
  CPPUNIT_TEST(escapesTheAccessLog);
  CPPUNIT_TEST_SUITE_END();

 public:
  void findsTheMostLiteralRoute() {
    WebRoutes routes;
    add(routes, "", "/{path...}");
    add(routes, "GET", "/users/{id}");
    add(routes, "GET", "/users/me");
    add(routes, "", "/users/{id}/files");
    CPPUNIT_ASSERT_EQUAL(std::string("/users/me"), called(routes, "GET", "/users/me"));
    CPPUNIT_ASSERT_EQUAL(std::string("/users/{id}"), called(routes, "GET", "/users/you"));
    CPPUNIT_ASSERT_EQUAL(std::string("/users/{id}/files"),
                         called(routes, "PUT", "/users/me/files"));
    CPPUNIT_ASSERT_EQUAL(std::string("/{path...}"), called(routes, "GET", "/users/"));
    CPPUNIT_ASSERT_EQUAL(std::string("/{path...}"), called(routes, "PUT", "/users/me"));
  }

  void saysWhatAParameterStandsFor() {
    WebRoutes routes;
    add(routes, "GET", "/a/{one}/b/{rest...}");
    const WebRoutes::Found found = routes.find("GET", "/a/x%2Fy/b/c/d%20e");
    CPPUNIT_ASSERT(found.handler);
    CPPUNIT_ASSERT_EQUAL(std::string("x/y"), found.params.at("one"));
    CPPUNIT_ASSERT_EQUAL(std::string("c/d e"), found.params.at("rest"));
  }

  void aRestMayBeNothing() {
    WebRoutes routes;
    add(routes, "", "/a/{rest...}");
    CPPUNIT_ASSERT(routes.find("GET", "/a").handler);
    CPPUNIT_ASSERT_EQUAL(std::string(), routes.find("GET", "/a/").params.at("rest"));
    CPPUNIT_ASSERT(!routes.find("GET", "/ab").handler);
  }

  void headIsServedByGet() {
    WebRoutes routes;
    add(routes, "GET", "/a");
    CPPUNIT_ASSERT(routes.find("HEAD", "/a").handler);
    CPPUNIT_ASSERT(!routes.find("POST", "/a").handler);
  }

  void saysWhichMethodsThereAre() {
    WebRoutes routes;
    add(routes, "GET", "/a");
    add(routes, "POST", "/a");
    CPPUNIT_ASSERT_EQUAL(std::string("GET, HEAD, POST"), routes.find("PUT", "/a").allowed);
    CPPUNIT_ASSERT_EQUAL(std::string(), routes.find("PUT", "/b").allowed);
  }

  void refusesPatternsThatMakeNoSense() {
    for (const char* const pattern : {"", "a", "/{}", "/{a", "/{a...}/b", "/{...}"}) {
      WebRoutes routes;
      CPPUNIT_ASSERT_THROW_MESSAGE(pattern, add(routes, "", pattern), std::invalid_argument);
    }
    WebRoutes routes;
    add(routes, "GET", "/a/{b}");
    add(routes, "PUT", "/a/{b}");
    CPPUNIT_ASSERT_THROW(add(routes, "GET", "/a/{c}"), std::invalid_argument);
  }

  void cleansPaths() {
    const std::pair<const char*, const char*> rows[] = {
        {"/", "/"},        {"/a", "/a"},        {"/a/", "/a/"},    {"//a", "/a"},
        {"/a//b", "/a/b"}, {"/a/./b", "/a/b"},  {"/a/../b", "/b"}, {"/../../b", "/b"},
        {"/a/..", "/"},    {"/a/b/../", "/a/"}, {"", "/"},
    };
    for (const auto& [path, clean] : rows) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(path, std::string(clean), cleanPath(path));
    }
  }

  void allowsOrigins() {
    CPPUNIT_ASSERT(corsHeaders({}, "http://a").empty());
    const auto originFor = [](const std::vector<std::string>& allowed, const char* origin) {
      const WebFields headers = corsHeaders(allowed, origin);
      return std::string(findField(headers, "Access-Control-Allow-Origin").value_or("none"));
    };
    CPPUNIT_ASSERT_EQUAL(std::string("http://a"), originFor({"*"}, "http://a"));
    CPPUNIT_ASSERT_EQUAL(std::string("http://a"), originFor({"http://b", "http://a"}, "http://a"));
    CPPUNIT_ASSERT_EQUAL(std::string("none"), originFor({"http://b"}, "http://a"));
    CPPUNIT_ASSERT_EQUAL(std::string("none"), originFor({"http://a"}, "http://a.evil"));
    CPPUNIT_ASSERT_EQUAL(std::size_t(4), corsHeaders({"*"}, std::nullopt).size());
  }

  void escapesTheAccessLog() {
    WebRequest request;
    request.method = "GET";
    request.target = "/a\"b";
    request.headers = {{"User-Agent", "x\r\n\xffy\\"}};
    request.peerAddress = "[::1]:80";
    const std::string line = accessLogLine(AccessLogEntry(request, 1), 0, 200, 12);
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), line.find("[::1] - - ["));
    CPPUNIT_ASSERT_MESSAGE(line, line.find("\"GET /a\\\"b HTTP/1.1\" 200 12 \"-\" "
                                           "\"x\\x0d\\x0a\\xffy\\\\\"") != std::string::npos);
  }

 private:
  static void add(WebRoutes& routes, const char* method, const std::string& pattern) {
    routes.add(method, pattern, [pattern](const WebRequest&, const WebReply&) {
      throw std::runtime_error(pattern);
    });
  }

  // The handlers throw their patterns.
  static std::string called(const WebRoutes& routes, const char* method, const char* path) {
    const WebRoutes::Found found = routes.find(method, path);
    if (!found.handler) return "none";
    try {
      (*found.handler)({}, WebReply(nullptr));
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "nothing thrown";
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(WebRoutesTest);

}  // namespace evmicro

#include "registry/consul/messages.h"

#include <cppunit/extensions/HelperMacros.h>

#include "http/url.h"
#include "net/http_address.h"
#include "registry/service_json.h"

namespace evmicro {

using namespace detail;
using namespace std::chrono_literals;

namespace {

// One entry of a health reply.
std::string entry(const std::string& id, const std::string& name, const std::string& tags,
                  const std::string& address = "10.0.0.1", const std::string& port = "80") {
  return R"({"Node":{"Node":"host","Address":"10.9.9.9"},"Service":{"ID":")" + id +
         R"(","Service":")" + name + R"(","Tags":)" + tags + R"(,"Address":")" + address +
         R"(","Port":)" + port + "},\"Checks\":[]}";
}

std::vector<ServiceInfo> health(const std::string& entries) {
  const auto services = readHealth("[" + entries + "]", "x");
  CPPUNIT_ASSERT(services.ok());
  return *services;
}

}  // namespace

class ConsulMessagesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ConsulMessagesTest);
  CPPUNIT_TEST(namesAreEncodedInPaths);
  CPPUNIT_TEST(ttlAsksForACheck);
  CPPUNIT_TEST(bareIpv6IsBracketed);
  CPPUNIT_TEST(emptyReplyHasNoService);
  CPPUNIT_TEST(otherServicesAreSkipped);
  CPPUNIT_TEST(versionsKeepTheirOrder);
  CPPUNIT_TEST(endpointsAreThoseOfTheFirstNode);
  CPPUNIT_TEST(missingAddressIsTheHosts);
  CPPUNIT_TEST(untaggedServiceKeepsItsIdAndAddress);
  CPPUNIT_TEST(malformedEntriesAreSkipped);
  CPPUNIT_TEST(unusableRepliesAreErrors);
  CPPUNIT_TEST(everyTruncationIsAnError);
  CPPUNIT_TEST(addressesAreRead);
  CPPUNIT_TEST(badAddressesAreRefused);
  CPPUNIT_TEST_SUITE_END();

 public:
  void namesAreEncodedInPaths() {
    CPPUNIT_ASSERT_EQUAL(std::string("go.micro-srv_x~1:Y"), pathSegment("go.micro-srv_x~1:Y"));
    CPPUNIT_ASSERT_EQUAL(std::string("a%2Fb%20c%3F%23%25%26%2B%C3%BC%00%0D%0A"),
                         pathSegment(std::string("a/b c?#%&+\xC3\xBC\0\r\n", 15)));
    CPPUNIT_ASSERT_EQUAL(std::string("/v1/agent/check/pass/service:a%2Fb?note="), passPath("a/b"));
    CPPUNIT_ASSERT(!problemInPath(std::string(8'000, 'n')));
    CPPUNIT_ASSERT_EQUAL(std::string("is longer than 8000 bytes"),
                         std::string(problemInPath(std::string(8'001, 'n'))));
    for (const char* good : {"a b", "\u00a1", "\u00ac", "\u00ae", "gr\u00fc\u00df", "\u4e00",
                             "\uffef", "\ufffd", "\U0001f44d", "\U000e0100"}) {
      CPPUNIT_ASSERT_MESSAGE(good, !problemInPath(good));
    }
    for (const char* odd : {"\u00a0", "\xc2\x80", "\u00ad", "\u200b", "\u2028", "\u202f", "\u2060",
                            "\u3000", "\ue000", "\uf8ff", "\ufdd0", "\ufeff", "\uffff",
                            "\U0001fffe", "\U00040000", "\U000e0001", "\U000f0000"}) {
      CPPUNIT_ASSERT_EQUAL(std::string("has a character that cannot be printed"),
                           std::string(problemInPath(std::string("a") + odd + "b")));
    }
    CPPUNIT_ASSERT_EQUAL(std::string("is not UTF-8"), std::string(problemInPath("a\xff")));
    CPPUNIT_ASSERT_EQUAL(std::string("has a control character"),
                         std::string(problemInPath("a\x7f\xff")));
  }

  void ttlAsksForACheck() {
    const auto check = [](std::chrono::milliseconds ttl) {
      const std::string body = registerBody({}, {}, ttl);
      const std::size_t begin = body.find("\"Check\":") + 8;
      return body.substr(begin, body.find(",\"Checks\"") - begin);
    };
    CPPUNIT_ASSERT_EQUAL(std::string("null"), check(0ms));
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"TTL":"500ms","DeregisterCriticalServiceAfter":"1m0s"})"),
                         check(500ms));
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"TTL":"2m0s","DeregisterCriticalServiceAfter":"2m0s"})"),
                         check(2min));
  }

  void bareIpv6IsBracketed() {
    CPPUNIT_ASSERT(registerBody({}, {"i", "::1", 1, {}}, 0ms).find("\"Address\":\"[::1]\"") !=
                   std::string::npos);
    CPPUNIT_ASSERT(registerBody({}, {"i", "[::1]", 1, {}}, 0ms).find("\"Address\":\"[::1]\"") !=
                   std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::string("[fe80::1]"),
                         health(entry("1", "x", R"(["v=1"])", "fe80::1"))[0].nodes[0].address);
  }

  void emptyReplyHasNoService() { CPPUNIT_ASSERT(health("").empty()); }

  void otherServicesAreSkipped() {
    const auto services =
        health(entry("1", "y", R"(["v=1"])") + "," + entry("2", "x", R"(["v=1"])") + "," +
               entry("3", "X", R"(["v=1"])"));
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), services.size());
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), services[0].nodes.size());
    CPPUNIT_ASSERT_EQUAL(std::string("2"), services[0].nodes[0].id);
  }

  void versionsKeepTheirOrder() {
    const auto services =
        health(entry("1", "x", R"(["v=2"])") + "," + entry("2", "x", R"(["v=1"])") + "," +
               entry("3", "x", R"(["vip","v=2"])"));
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), services.size());
    CPPUNIT_ASSERT_EQUAL(std::string("2"), services[0].version);
    CPPUNIT_ASSERT_EQUAL(std::string("3"), services[0].nodes.at(1).id);
    CPPUNIT_ASSERT_EQUAL(std::string("1"), services[1].version);
  }

  void endpointsAreThoseOfTheFirstNode() {
    const auto services =
        health(entry("1", "x", R"(["e={\"name\":\"A\"}","t={\"n\":\"1\"}","v=1"])") + "," +
               entry("2", "x", R"(["e={\"name\":\"B\"}","t={\"n\":\"2\"}","v=1"])"));
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), services.at(0).endpoints.size());
    CPPUNIT_ASSERT_EQUAL(std::string("A"), services[0].endpoints[0].name);
    CPPUNIT_ASSERT_EQUAL(std::string("1"), services[0].nodes.at(0).metadata.at("n"));
    CPPUNIT_ASSERT_EQUAL(std::string("2"), services[0].nodes.at(1).metadata.at("n"));
    CPPUNIT_ASSERT(services[0].metadata.empty());
  }

  // Consul's own rule: a service without an address is where its host is.
  void missingAddressIsTheHosts() {
    CPPUNIT_ASSERT_EQUAL(std::string("10.9.9.9"),
                         health(entry("1", "x", R"(["v=1"])", ""))[0].nodes[0].address);
  }

  // Symptom: the machine's address was dialled for services that others had registered with an
  // address of their own.
  void untaggedServiceKeepsItsIdAndAddress() {
    for (const char* tags : {"null", "[]", R"(["vip","v","production"])"}) {
      const auto services = health(entry("web-1", "x", tags));
      CPPUNIT_ASSERT_EQUAL(std::string("web-1"), services.at(0).version);
      CPPUNIT_ASSERT_EQUAL(std::string("web-1"), services[0].nodes.at(0).id);
      CPPUNIT_ASSERT_EQUAL(std::string("10.0.0.1:80"), services[0].nodes[0].dialAddress());
    }
    const auto bare = health(entry("web-1", "x", "[]", ""));
    CPPUNIT_ASSERT_EQUAL(std::string("10.9.9.9:80"), bare.at(0).nodes.at(0).dialAddress());
  }

  void malformedEntriesAreSkipped() {
    for (const std::string& bad :
         {std::string("null"), std::string("7"), std::string("[]"), std::string("{}"),
          std::string(R"({"Service":null})"), std::string(R"({"Service":{"Service":["x"]}})"),
          entry("1", "x", R"(["v=1"])", "a", "\"80\""), entry("1", "x", R"(["v=1"])", "a", "-1"),
          entry("1", "x", R"(["v=1"])", "a", "65536"), entry("1", "x", R"(["v=1"])", "a", "1.5"),
          entry("1", "x", R"(["v=1"])", "a", "1e3"), entry("", "x", R"(["v=1"])")}) {
      const auto services = health(bad + "," + entry("good", "x", R"(["v=1"])"));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(bad, std::size_t(1), services.size());
      CPPUNIT_ASSERT_EQUAL_MESSAGE(bad, std::size_t(1), services[0].nodes.size());
    }
    const auto services = health(entry("1", "x", R"([7,null,{},"v=1"])"));
    CPPUNIT_ASSERT_EQUAL(std::string("1"), services.at(0).version);
  }

  void unusableRepliesAreErrors() {
    for (const char* body : {"", "x", "{}", "7", "\"[]\"", "null", "[", "[}", "[]]", "\xFF",
                             "<html></html>", "\x1f\x8b\x08"}) {
      CPPUNIT_ASSERT_MESSAGE(body, !readHealth(body, "x").ok());
    }
    for (const char* body : {"", "x", "[]", "7", "null", "{", "{]"}) {
      CPPUNIT_ASSERT_MESSAGE(body, !readCatalog(body).ok());
    }
    CPPUNIT_ASSERT(!readHealth(std::string(100'000, '['), "x").ok());
    CPPUNIT_ASSERT(readCatalog("{}")->empty());
    CPPUNIT_ASSERT((std::vector<std::string>{"a", "b"}) == *readCatalog(R"({"b":null,"a":7})"));
  }

  void everyTruncationIsAnError() {
    const std::string body =
        "[" + entry("1", "x", R"(["t={\"a\":\"b\"}","e={\"name\":\"A\"}","v=1"])") + "]";
    CPPUNIT_ASSERT(readHealth(body, "x").ok());
    for (std::size_t size = 0; size < body.size(); ++size) {
      CPPUNIT_ASSERT_MESSAGE(std::to_string(size), !readHealth(body.substr(0, size), "x").ok());
    }
  }

  void addressesAreRead() {
    const struct {
      const char* text;
      const char* url;
    } cases[] = {{"127.0.0.1:8500", "http://127.0.0.1:8500"},
                 {"127.0.0.1", "http://127.0.0.1:8500"},
                 {"http://consul.local", "http://consul.local:8500"},
                 {"http://127.0.0.1:80/", "http://127.0.0.1:80"},
                 {"https://consul.local:8501", "https://consul.local:8501"},
                 {" 127.0.0.1:8500 ", "http://127.0.0.1:8500"},
                 {"HTTPS://a:1", "https://a:1"},
                 {"a:65535", "http://a:65535"},
                 {"[::1]:8500", "http://[::1]:8500"},
                 {"http://[fe80::1%25eth0]", "http://[fe80::1%25eth0]:8500"}};
    for (const auto& entry : cases) {
      const auto address = HttpAddress::parse("consul", entry.text, "8500");
      CPPUNIT_ASSERT_MESSAGE(entry.text, address.ok());
      CPPUNIT_ASSERT_EQUAL(std::string(entry.url), address->baseUrl);
    }
    CPPUNIT_ASSERT_EQUAL(std::string("a:8501"),
                         HttpAddress::parse("consul", "https://a:8501", "8500")->authority);
    const auto socket = HttpAddress::parse("consul", " UNIX:///run/consul ", "8500");
    CPPUNIT_ASSERT_EQUAL(std::string("unix:///run/consul"), socket->authority);
    CPPUNIT_ASSERT_EQUAL(std::string("/run/consul"), socket->socketPath);
  }

  void badAddressesAreRefused() {
    for (const char* text :
         {"", ":8500", "a:", "a:x", "a:0", "a:65536", "a:1:2", "ftp://a:1", "http://",
          "http://a/path", "a b", "user@a:1", "::1", "[::1", "[]:1", "a\r\nX: y"}) {
      const auto address = HttpAddress::parse("consul", text, "8500");
      CPPUNIT_ASSERT_MESSAGE(text, !address.ok());
      CPPUNIT_ASSERT_EQUAL("consul address \"" + std::string(text) +
                               "\": expected host:port, http(s)://host:port (IPv6 in brackets) or "
                               "unix:///path",
                           address.status().detail());
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ConsulMessagesTest);

}  // namespace evmicro

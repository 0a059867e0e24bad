#include "net/host_port.h"

#include <string>
#include <utility>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

namespace evmicro {

using namespace detail;

class HostPortTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HostPortTest);
  CPPUNIT_TEST(splitsEveryForm);
  CPPUNIT_TEST(saysWhatIsWrong);
  CPPUNIT_TEST(portsAreSixteenBits);
  CPPUNIT_TEST(joiningBracketsIpv6);
  CPPUNIT_TEST(hostNamesHaveNoDelimiters);
  CPPUNIT_TEST(schemesHaveNoCase);
  CPPUNIT_TEST(blanksAreTrimmed);
  CPPUNIT_TEST_SUITE_END();

 public:
  void splitsEveryForm() {
    check("", "", "", false);
    check("host", "host", "", false);
    check("host:80", "host", "80", true);
    check("host:", "host", "", true);
    check(":80", "", "80", true);
    check("[::1]", "::1", "", false);
    check("[::1]:80", "::1", "80", true);
    check("[fe80::1%eth0]:80", "fe80::1%eth0", "80", true);
    check("host:8000-8010", "host", "8000-8010", true);
  }

  void saysWhatIsWrong() {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"::1", "an IPv6 address must be in brackets"},
        {"::1:80", "an IPv6 address must be in brackets"},
        {"[::1", "the bracket is not closed"},
        {"[::1]80", "no port after the bracket"},
        {"[]", "no IPv6 address in the brackets"},
        {"[host]:80", "no IPv6 address in the brackets"},
        {"http://host:80", "no scheme is allowed here, only host:port"},
    };
    for (const auto& [text, why] : cases) {
      const auto parts = splitHostPort(text);
      CPPUNIT_ASSERT_MESSAGE(text, !parts.ok());
      CPPUNIT_ASSERT(parts.status().kind() == ErrorKind::kInvalid);
      CPPUNIT_ASSERT_EQUAL(why, parts.status().detail());
    }
  }

  void portsAreSixteenBits() {
    CPPUNIT_ASSERT(parsePort("0") == std::uint16_t{0});
    CPPUNIT_ASSERT(parsePort("65535") == std::uint16_t{65'535});
    for (const char* const bad : {"", "65536", "-1", "+1", " 1", "1 ", "1x", "http", "1-2"}) {
      CPPUNIT_ASSERT_MESSAGE(bad, !parsePort(bad));
    }
  }

  void joiningBracketsIpv6() {
    CPPUNIT_ASSERT_EQUAL(std::string("host:80"), joinHostPort("host", std::uint16_t{80}));
    CPPUNIT_ASSERT_EQUAL(std::string("[::1]:80"), joinHostPort("::1", std::uint16_t{80}));
    CPPUNIT_ASSERT_EQUAL(std::string("[::1]:80"), joinHostPort("[::1]", std::uint16_t{80}));
    CPPUNIT_ASSERT_EQUAL(std::string(":80"), joinHostPort("", "80"));
    CPPUNIT_ASSERT_EQUAL(std::string("[fe80::1%eth0]"), bracketed("fe80::1%eth0"));
    CPPUNIT_ASSERT_EQUAL(std::string("10.0.0.1"), bracketed("10.0.0.1"));
    CPPUNIT_ASSERT_EQUAL(std::string(), bracketed(""));
    CPPUNIT_ASSERT_EQUAL(std::string("h:1-2"), joinHostPort("h", "1-2"));
  }

  void hostNamesHaveNoDelimiters() {
    for (const char* const good :
         {"host", "a.b-c_d~e.", "10.0.0.1", "::1", "::ffff:10.0.0.1", "fe80::1%eth0", "\xC3\xBC"}) {
      CPPUNIT_ASSERT_MESSAGE(good, isHostName(good));
    }
    for (const char* const bad : {"", "a b", " a", "a/b", "a@b", "a?b", "a#b", "a\\b", "[a", "a\n",
                                  "a,b", "a%20b", "\x7f", "::g", "fe80::1%", "fe80::1%a/b"}) {
      CPPUNIT_ASSERT_MESSAGE(bad, !isHostName(bad));
    }
  }

  void schemesHaveNoCase() {
    const Scheme scheme = splitScheme("HTTPS://Host:1/");
    CPPUNIT_ASSERT_EQUAL(std::string("https"), scheme.name);
    CPPUNIT_ASSERT_EQUAL(std::string("Host:1/"), std::string(scheme.rest));
    const Scheme none = splitScheme("host:1");
    CPPUNIT_ASSERT_EQUAL(std::string(), none.name);
    CPPUNIT_ASSERT_EQUAL(std::string("host:1"), std::string(none.rest));
  }

  void blanksAreTrimmed() {
    CPPUNIT_ASSERT_EQUAL(std::string("a b"), std::string(trimBlanks(" \ta b\r\n")));
    CPPUNIT_ASSERT_EQUAL(std::string(), std::string(trimBlanks(" \t")));
    CPPUNIT_ASSERT_EQUAL(std::string(), std::string(trimBlanks("")));
  }

 private:
  static void check(const std::string& text, const std::string& host, const std::string& port,
                    bool hasPort) {
    const auto parts = splitHostPort(text);
    CPPUNIT_ASSERT_MESSAGE(text, parts.ok());
    CPPUNIT_ASSERT_EQUAL(host, std::string(parts->host));
    CPPUNIT_ASSERT_EQUAL(port, std::string(parts->port));
    CPPUNIT_ASSERT_EQUAL(hasPort, parts->hasPort);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HostPortTest);

}  // namespace evmicro

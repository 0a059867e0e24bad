#include "registry/advertise.h"

#include <memory>
#include <tuple>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>

#include <cppunit/extensions/HelperMacros.h>

#include "support/captured_log.h"

namespace evmicro {

class AdvertiseTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AdvertiseTest);
  CPPUNIT_TEST(whatIsWantedIsTaken);
  CPPUNIT_TEST(otherwiseTheBoundHostIs);
  CPPUNIT_TEST(theRouteToTheRegistryIsNext);
  CPPUNIT_TEST(withoutARouteItIsAnAddressOfTheMachine);
  CPPUNIT_TEST(malformedOnesAreInvalid);
  CPPUNIT_TEST_SUITE_END();

 public:
  void whatIsWantedIsTaken() {
    for (const char* bound : {"[::]:9000", "0.0.0.0:9000", "127.0.0.1:9000"}) {
      CPPUNIT_ASSERT_EQUAL(std::string("shop.example:9000"), advertised(bound, "shop.example"));
      CPPUNIT_ASSERT_EQUAL(std::string("shop.example:80"), advertised(bound, "shop.example:80"));
      CPPUNIT_ASSERT_EQUAL(std::string("[2001:db8::1]:9000"), advertised(bound, "[2001:db8::1]"));
    }
  }

  void otherwiseTheBoundHostIs() {
    CPPUNIT_ASSERT_EQUAL(std::string("127.0.0.1:9000"), advertised("127.0.0.1:9000", ""));
    CPPUNIT_ASSERT_EQUAL(std::string("[::1]:9000"), advertised("[::1]:9000", ""));
    CPPUNIT_ASSERT_EQUAL(std::string("unix:///run/x:0"), advertised("unix:///run/x", ""));
  }

  void theRouteToTheRegistryIsNext() {
    for (const auto& [bound, registry, host] :
         {std::tuple{"0.0.0.0:9000", "127.0.0.1:8500", "127.0.0.1"},
          std::tuple{"[::]:9000", "127.0.0.1:8500", "127.0.0.1"},
          std::tuple{"[::]:9000", "localhost:8500", "127.0.0.1"}}) {
      const test::CapturedLog log("registry");
      CPPUNIT_ASSERT_EQUAL(std::string(host), hostOf(advertised(bound, "", registry)));
      CPPUNIT_ASSERT_EQUAL(std::size_t(1), log.lines().size());
      CPPUNIT_ASSERT(log.lines().front().find("--server_advertise") != std::string::npos);
    }
    const test::CapturedLog log("registry");
    advertised("[::]:9000", "10.0.0.7", "127.0.0.1:8500");
    advertised("127.0.0.1:9000", "", "127.0.0.1:8500");
    CPPUNIT_ASSERT(log.lines().empty());
  }

  void withoutARouteItIsAnAddressOfTheMachine() {
    for (const char* bound : {"[::]:9000", "0.0.0.0:9000"}) {
      for (const char* registry : {"", "unix:///run/consul.sock", "registry.example:8500", "?"}) {
        const test::CapturedLog log("registry");
        const bool reachable = hasAddress(std::string_view(bound) == "[::]:9000");
        const std::string host = hostOf(advertised(bound, "", registry));
        CPPUNIT_ASSERT_EQUAL_MESSAGE(registry + (" gives " + host), reachable, !isLoopback(host));
        CPPUNIT_ASSERT_EQUAL_MESSAGE(registry, reachable, log.lines().empty());
      }
    }
  }

  void malformedOnesAreInvalid() {
    for (const char* wanted : {"a:b:c", "host:", "host:65536", "[::1"}) {
      const auto result = detail::advertisedAddress("[::]:9000", wanted, "", "--flag");
      CPPUNIT_ASSERT_EQUAL_MESSAGE(wanted, ErrorKind::kInvalid, result.status().kind());
    }
  }

 private:
  static std::string advertised(const std::string& bound, const std::string& wanted,
                                const std::string& registry = {}) {
    const auto result = detail::advertisedAddress(bound, wanted, registry, "--server_advertise");
    if (!result.ok()) return result.status().toString();
    return result->host + ":" + std::to_string(result->port);
  }
  static std::string hostOf(const std::string& address) {
    return address.substr(0, address.rfind(':'));
  }
  static bool isLoopback(const std::string& host) { return host == "127.0.0.1" || host == "[::1]"; }

  // Whether this machine has an address that others can reach.
  static bool hasAddress(bool six) {
    ifaddrs* list = nullptr;
    if (getifaddrs(&list) != 0) return false;
    const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(list, freeifaddrs);
    for (const ifaddrs* entry = list; entry; entry = entry->ifa_next) {
      if (!entry->ifa_addr || (entry->ifa_flags & IFF_UP) == 0) continue;
      if ((entry->ifa_flags & IFF_LOOPBACK) != 0) continue;
      if (entry->ifa_addr->sa_family == AF_INET) return true;
      const auto& own = *reinterpret_cast<const sockaddr_in6*>(entry->ifa_addr);
      if (six && own.sin6_family == AF_INET6 && !IN6_IS_ADDR_LINKLOCAL(&own.sin6_addr)) return true;
    }
    return false;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(AdvertiseTest);

}  // namespace evmicro

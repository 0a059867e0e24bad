#include "registry/etcd/services.h"

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/service_json.h>

namespace evmicro {

class EtcdServicesTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(EtcdServicesTest);
  CPPUNIT_TEST(portIsPartOfTheAddress);
  CPPUNIT_TEST(portBesideTheAddressIsKept);
  CPPUNIT_TEST(nodesWithoutAPortAreLeftOut);
  CPPUNIT_TEST(whatIsWrittenIsRead);
  CPPUNIT_TEST_SUITE_END();

 public:
  void portIsPartOfTheAddress() {
    CPPUNIT_ASSERT_EQUAL(std::string("10.0.0.1 80"), read("10.0.0.1:80", 0));
    CPPUNIT_ASSERT_EQUAL(std::string("[::1] 65535"), read("[::1]:65535", 0));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("as Go may write it", std::string("[fe80::1] 80"),
                                 read("fe80::1:80", 0));
  }

  void portBesideTheAddressIsKept() {
    CPPUNIT_ASSERT_EQUAL(std::string("10.0.0.1 80"), read("10.0.0.1", 80));
  }

  void nodesWithoutAPortAreLeftOut() {
    for (const char* address : {"", "host", "host:", "host:0", "host:65536", "host:x", ":"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(address, std::string(), read(address, 0));
    }
  }

  void whatIsWrittenIsRead() {
    ServiceInfo service = serviceAt("[::1]", 9000);
    const auto found = detail::readEtcdValue(detail::etcdValue(service, service.nodes[0]), "x");
    CPPUNIT_ASSERT(found && *found == service);
    CPPUNIT_ASSERT(!detail::readEtcdValue(detail::etcdValue(service, service.nodes[0]), "y"));
  }

 private:
  static ServiceInfo serviceAt(const std::string& address, std::uint16_t port) {
    ServiceInfo service;
    service.name = "x";
    service.version = "1";
    service.nodes.push_back({"x-1", address, port, {}});
    return service;
  }
  // `address port` of the node in a value that has these; empty when it is left out.
  static std::string read(const std::string& address, std::uint16_t port) {
    const auto found = detail::readEtcdValue(toJson(serviceAt(address, port)), "x");
    CPPUNIT_ASSERT(found.has_value());
    if (found->nodes.empty()) return {};
    return found->nodes[0].address + " " + std::to_string(found->nodes[0].port);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(EtcdServicesTest);

}  // namespace evmicro

#include <evmicro/service_json.h>

#include <cppunit/extensions/HelperMacros.h>

namespace evmicro {

class ServiceJsonTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ServiceJsonTest);
  CPPUNIT_TEST(emptyPartsAreNull);
  CPPUNIT_TEST(wholeServiceIsWrittenInOrder);
  CPPUNIT_TEST(whatIsWrittenIsRead);
  CPPUNIT_TEST(partsMayBeMissing);
  CPPUNIT_TEST(keysMayBeInAnotherCase);
  CPPUNIT_TEST(wrongTypesNameTheirPlace);
  CPPUNIT_TEST(noJsonIsAnError);
  CPPUNIT_TEST(everyTruncationIsAnError);
  CPPUNIT_TEST_SUITE_END();

 public:
  void emptyPartsAreNull() {
    CPPUNIT_ASSERT_EQUAL(
        std::string(R"({"name":"","version":"","metadata":null,"endpoints":null,"nodes":null})"),
        toJson(ServiceInfo()));
  }

  void wholeServiceIsWrittenInOrder() { CPPUNIT_ASSERT_EQUAL(std::string(kText), toJson(whole())); }

  void whatIsWrittenIsRead() {
    const auto service = serviceFromJson(kText);
    CPPUNIT_ASSERT(service.ok());
    CPPUNIT_ASSERT_EQUAL(std::string(kText), toJson(*service));
    CPPUNIT_ASSERT(service->endpoints.at(0).request.has_value());
    CPPUNIT_ASSERT(!service->endpoints.at(0).response.has_value());
  }

  void partsMayBeMissing() {
    const auto service = serviceFromJson(
        R"({"nodes":[{"port":1},{"id":"b","metadata":null}],"unknown":{},"version":null})");
    CPPUNIT_ASSERT(service.ok());
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), service->nodes.size());
    CPPUNIT_ASSERT_EQUAL(std::string("b"), service->nodes[1].id);
    CPPUNIT_ASSERT(serviceFromJson("{}").ok());
  }

  void keysMayBeInAnotherCase() {
    const auto service = serviceFromJson(
        R"({"NAME":"a","Version":"1","nodes":[{"ID":"b","id":"c","Port":1,"Metadata":{"K":"v"}}]})");
    CPPUNIT_ASSERT(service.ok());
    CPPUNIT_ASSERT_EQUAL(
        std::string(R"({"name":"a","version":"1","metadata":null,"endpoints":null,)"
                    R"("nodes":[{"id":"c","address":"","port":1,)"
                    R"("metadata":{"K":"v"}}]})"),
        toJson(*service));
  }

  void wrongTypesNameTheirPlace() {
    const struct {
      const char* text;
      const char* error;
    } cases[] = {
        {"[]", "expected a JSON object"},
        {R"({"name":7})", "name: expected a string"},
        {R"({"metadata":[]})", "metadata: expected an object"},
        {R"({"metadata":{"a":1}})", "metadata.a: expected a string"},
        {R"({"nodes":{}})", "nodes: expected an array"},
        {R"({"nodes":[{"id":"a"},7]})", "nodes[1]: expected an object"},
        {R"({"nodes":[{"port":"80"}]})", "nodes[0].port: expected a number"},
        {R"({"nodes":[{"port":1.5}]})", "nodes[0].port: expected a number"},
        {R"({"nodes":[{"port":65536}]})", "nodes[0].port: expected a port from 0 to 65535"},
        {R"({"nodes":[{"port":-1}]})", "nodes[0].port: expected a port from 0 to 65535"},
        {R"({"endpoints":[{"request":"x"}]})", "endpoints[0].request: expected an object"},
        {R"({"endpoints":[{"request":{"values":[{},{"type":{}}]}}]})",
         "endpoints[0].request.values[1].type: expected a string"},
        {R"({"name":7,"version":7})", "name: expected a string"},
    };
    for (const auto& entry : cases) {
      const auto service = serviceFromJson(entry.text);
      CPPUNIT_ASSERT_MESSAGE(entry.text, service.status().kind() == ErrorKind::kInvalid);
      CPPUNIT_ASSERT_EQUAL(std::string(entry.error), service.status().detail());
    }
  }

  void noJsonIsAnError() {
    const auto service = serviceFromJson("{\"name\" \"x\"}");
    CPPUNIT_ASSERT_EQUAL(std::string("not JSON at byte "), service.status().detail().substr(0, 17));
  }

  void everyTruncationIsAnError() {
    const std::string text = kText;
    for (std::size_t size = 0; size < text.size(); ++size) {
      CPPUNIT_ASSERT_MESSAGE(std::to_string(size), !serviceFromJson(text.substr(0, size)).ok());
    }
  }

 private:
  static constexpr const char* kText =
      R"({"name":"greeter","version":"latest","metadata":{"m":"1"},"endpoints":[{"name":"Greeter.)"
      R"(Hello","request":{"name":"HelloRequest","type":"HelloRequest","values":[{"name":"Name","t)"
      R"(ype":"string","values":null}]},"response":null,"metadata":{"stream":"false"}}],"nodes":[{)"
      R"("id":"greeter-1","address":"127.0.0.1","port":9090,"metadata":{"note":"a\u003cb\u0026c\u0)"
      R"(03e\"q\"","zone":"a"}}]})";

  static ServiceInfo whole() {
    ServiceInfo service;
    service.name = "greeter";
    service.version = "latest";
    service.metadata = {{"m", "1"}};
    service.endpoints = {{"Greeter.Hello",
                          Value{"HelloRequest", "HelloRequest", {{"Name", "string", {}}}},
                          std::nullopt,
                          {{"stream", "false"}}}};
    service.nodes = {{"greeter-1", "127.0.0.1", 9090, {{"zone", "a"}, {"note", "a<b&c>\"q\""}}}};
    return service;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ServiceJsonTest);

}  // namespace evmicro

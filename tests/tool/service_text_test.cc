#include "tool/service_text.h"

#include <cppunit/extensions/HelperMacros.h>

namespace evmicro {

class ServiceTextTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ServiceTextTest);
  CPPUNIT_TEST(showsNodesOfEachVersion);
  CPPUNIT_TEST(showsEndpointsWithTheirFields);
  CPPUNIT_TEST(fieldsHaveTheNamesOfTheProto);
  CPPUNIT_TEST(hostileTextStaysOnItsLine);
  CPPUNIT_TEST_SUITE_END();

 public:
  void showsNodesOfEachVersion() {
    const ServiceInfo one{"greeter", "1.0", {}, {}, {{"greeter-1", "10.0.0.1", 9090, {}}}};
    const ServiceInfo two{
        "greeter",
        "2.0",
        {},
        {},
        {{"greeter-2", "[::1]", 9091, {{"b", "2"}, {"a", "1"}}}, {"greeter-3", "host", 0, {}}}};
    CPPUNIT_ASSERT_EQUAL(std::string("service  greeter\n"
                                     "\n"
                                     "version 1.0\n"
                                     "\n"
                                     "Id\tAddress\tPort\tMetadata\n"
                                     "greeter-1\t10.0.0.1\t9090\t\n"
                                     "\n"
                                     "version 2.0\n"
                                     "\n"
                                     "Id\tAddress\tPort\tMetadata\n"
                                     "greeter-2\t[::1]\t9091\ta=1,b=2\n"
                                     "greeter-3\thost\t0\t\n"),
                         tool::describeServices({one, two}));
  }

  void showsEndpointsWithTheirFields() {
    const Value inner{"Inner", "Inner", {{"Deep", "int64", {}}, {"More", "More", {}}}};
    const Value request{"Request", "Request", {{"Name", "string", {}}, inner}};
    ServiceInfo service{"s", "v", {}, {}, {}};
    service.endpoints = {{"A.Call", request, Value{"Response", "Response", {}}, {{"x", "y"}}},
                         {"A.Other", std::nullopt, std::nullopt, {}}};
    CPPUNIT_ASSERT_EQUAL(std::string("service  s\n"
                                     "\n"
                                     "version v\n"
                                     "\n"
                                     "Id\tAddress\tPort\tMetadata\n"
                                     "\n"
                                     "Endpoint: A.Call\n"
                                     "Metadata: x=y\n"
                                     "Request: {\n"
                                     "\tname string\n"
                                     "\tinner Inner {\n"
                                     "\t\tdeep int64\n"
                                     "\t\tmore More\n"
                                     "\t}\n"
                                     "}\n"
                                     "\n"
                                     "Response: {}\n"
                                     "\n"
                                     "Endpoint: A.Other\n"
                                     "Metadata: \n"
                                     "Request: {}\n"
                                     "\n"
                                     "Response: {}\n"),
                         tool::describeServices({service}));
  }

  void fieldsHaveTheNamesOfTheProto() {
    ServiceInfo service{"s", "v", {}, {}, {}};
    service.endpoints = {{"A.B", Value{"R", "R", {{"UserId", "string", {}}}}, std::nullopt, {}}};
    const std::string text = tool::describeServices({service});
    CPPUNIT_ASSERT_MESSAGE(text, text.find("\tuser_id string\n") != std::string::npos);
  }

  void hostileTextStaysOnItsLine() {
    const Value request{"R", "R", {{"F\n", "t\x1B", {}}}};
    ServiceInfo service{"s\x1B[2J", "v\n", {}, {}, {{"n\t1", "a\r", 1, {{"k\n", "v\x07"}}}}};
    service.endpoints = {{"E\n", request, std::nullopt, {{"m\n", "\xFF"}}}};
    CPPUNIT_ASSERT_EQUAL(std::string("service  s\\x1b[2J\n"
                                     "\n"
                                     "version v\\n\n"
                                     "\n"
                                     "Id\tAddress\tPort\tMetadata\n"
                                     "n\\t1\ta\\r\t1\tk\\n=v\\x07\n"
                                     "\n"
                                     "Endpoint: E\\n\n"
                                     "Metadata: m\\n=\\xff\n"
                                     "Request: {\n"
                                     "\tf\\n t\\x1b\n"
                                     "}\n"
                                     "\n"
                                     "Response: {}\n"),
                         tool::describeServices({service}));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(ServiceTextTest);

}  // namespace evmicro

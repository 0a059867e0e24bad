#include "server/method_table.h"

#include <stdexcept>

#include <cppunit/extensions/HelperMacros.h>

namespace evmicro::detail {

class MethodTableTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MethodTableTest);
  CPPUNIT_TEST(methodsAreFoundByName);
  CPPUNIT_TEST(aPackageIsNotPartOfTheName);
  CPPUNIT_TEST(badNamesAreRefused);
  CPPUNIT_TEST(aServiceHasOnePackage);
  CPPUNIT_TEST(standardServicesHaveNamesOfTheirOwn);
  CPPUNIT_TEST_SUITE_END();

 public:
  void methodsAreFoundByName() {
    add("Echo.Say");
    CPPUNIT_ASSERT(table_.find("Echo.Say").method != nullptr);
    CPPUNIT_ASSERT_EQUAL(std::string("rpc: can't find method Echo.Nope"),
                         table_.find("Echo.Nope").problem);
    CPPUNIT_ASSERT_EQUAL(std::string("rpc: can't find service Ech.Say"),
                         table_.find("Ech.Say").problem);
    CPPUNIT_ASSERT_EQUAL(std::string("rpc: service/method request ill-formed: Echo"),
                         table_.find("Echo").problem);
  }

  void aPackageIsNotPartOfTheName() {
    add("some.package.Echo.Say");
    const Method* const method = table_.find("Echo.Say").method;
    CPPUNIT_ASSERT(method != nullptr);
    CPPUNIT_ASSERT_EQUAL(std::string("some.package"), method->package);
    CPPUNIT_ASSERT_EQUAL(std::string("Echo.Say"), table_.endpoints().at(0).name);
    // go-micro's callers do not send one; by gRPC it does not count.
    CPPUNIT_ASSERT(table_.find("some.package.Echo.Say").method == nullptr);
    for (const char* path : {"Echo.Say", "some.package.Echo.Say", "other.Echo.Say"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(path, std::string("Echo.Say"), std::string(table_.nameOf(path)));
    }
    CPPUNIT_ASSERT_EQUAL(std::string("Echo"), std::string(table_.nameOf("Echo")));
    CPPUNIT_ASSERT(table_.packageOf("Echo") == std::string("some.package"));
    CPPUNIT_ASSERT(!table_.packageOf("Ech").has_value());
  }

  void badNamesAreRefused() {
    add("Echo.Say");
    for (const char* name :
         {"", ".", "Echo", "Echo.", ".Say", ".Echo.Say", "a..Say", "a.Echo.", "Echo.Say"}) {
      CPPUNIT_ASSERT_THROW_MESSAGE(name, add(name), std::invalid_argument);
    }
  }

  void aServiceHasOnePackage() {
    add("a.Echo.Say");
    add("a.Echo.Ask");
    add("Echo.Tell");
    add("b.Other.Say");
    CPPUNIT_ASSERT_THROW(add("b.Echo.Shout"), std::invalid_argument);
    CPPUNIT_ASSERT_THROW(add("b.Echo.Say"), std::invalid_argument);
    try {
      add("b.Echo.Shout");
    } catch (const std::invalid_argument& error) {
      const std::string text = error.what();
      CPPUNIT_ASSERT_MESSAGE(text, text.find("b.Echo.Shout") != text.npos);
      CPPUNIT_ASSERT_MESSAGE(text, text.find("package a ") != text.npos);
    }
  }

  void standardServicesHaveNamesOfTheirOwn() {
    add("grpc.health.v1.Health.Check");
    add("Health.Check");
    CPPUNIT_ASSERT_EQUAL(std::string("grpc.health.v1.Health.Check"),
                         std::string(table_.nameOf("grpc.health.v1.Health.Check")));
    const Method* const standard = table_.find("grpc.health.v1.Health.Check").method;
    CPPUNIT_ASSERT(standard != nullptr);
    CPPUNIT_ASSERT(table_.find("Health.Check").method != standard);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, table_.endpoints().size());
    int visited = 0;
    table_.forEach([&visited](const Method&) { ++visited; });
    CPPUNIT_ASSERT_EQUAL(1, visited);
    add("grpc.health.v1.Health.Check");  // the program's own replaces it
  }

 private:
  void add(const std::string& name) {
    Method method;
    method.endpoint.name = name;
    table_.add(std::move(method));
  }

  MethodTable table_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(MethodTableTest);

}  // namespace evmicro::detail

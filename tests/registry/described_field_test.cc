#include "registry/described_field.h"

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/server.h>

#include "tests/codec/mapping.pb.h"

namespace evmicro {

using detail::describedField;
using detail::elementOf;
using detail::isList;

// Of messages as services describe them.
class DescribedFieldTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(DescribedFieldTest);
  CPPUNIT_TEST(fieldsAreFoundByAnyFormOfTheirName);
  CPPUNIT_TEST(listsSayWhatTheirElementsAre);
  CPPUNIT_TEST_SUITE_END();

 public:
  void fieldsAreFoundByAnyFormOfTheirName() {
    const Value maps = detail::describe(*test::mapping::Maps::descriptor());
    for (const char* const name : {"by_number", "byNumber", "ByNumber"}) {
      const Value* const field = describedField(maps.values, name);
      CPPUNIT_ASSERT_MESSAGE(name, field && field->name == "ByNumber");
    }
    CPPUNIT_ASSERT(!describedField(maps.values, "by"));
    // The name as it is written goes before one with the same words.
    const std::vector<Value> both = {{"UserId", "int32", {}}, {"Userid", "string", {}}};
    CPPUNIT_ASSERT_EQUAL(std::string("string"), describedField(both, "Userid")->type);
    CPPUNIT_ASSERT_EQUAL(std::string("int32"), describedField(both, "user_id")->type);
  }

  void listsSayWhatTheirElementsAre() {
    const Value lists = detail::describe(*test::mapping::Lists::descriptor());
    const auto element = [&lists](const char* name) {
      const Value& field = *describedField(lists.values, name);
      CPPUNIT_ASSERT_MESSAGE(name, isList(field));
      return std::string(elementOf(field).type);
    };
    const char* const rows[][2] = {{"d", "float64"},   {"i32", "int32"},    {"flag", "bool"},
                                   {"text", "string"}, {"data", "[]uint8"}, {"color", "Color"},
                                   {"items", "Inner"}};
    for (const auto& [name, type] : rows) CPPUNIT_ASSERT_EQUAL(std::string(type), element(name));
    const Value scalars = detail::describe(*test::mapping::Scalars::descriptor());
    for (const Value& field : scalars.values) CPPUNIT_ASSERT_MESSAGE(field.name, !isList(field));
    // Too deep for its elements to be described.
    CPPUNIT_ASSERT_EQUAL(std::string("Deep"),
                         std::string(elementOf(Value{"Deep", "[]Deep", {}}).type));
    CPPUNIT_ASSERT(elementOf(Value{"Deep", "[]Deep", {}}).fields.empty());
    CPPUNIT_ASSERT(!isList(Value{"Data", "[]byte", {}}));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(DescribedFieldTest);

}  // namespace evmicro

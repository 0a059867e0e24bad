#include "json/field_names.h"

#include <cppunit/extensions/HelperMacros.h>

namespace evmicro {

using detail::sameWords;
using detail::snakeCase;
using detail::wordsOf;

class FieldNamesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(FieldNamesTest);
  CPPUNIT_TEST(formsOfOneNameAreTheSame);
  CPPUNIT_TEST(wordsAreAKeyForTheSameNames);
  CPPUNIT_TEST(goNamesBecomeThoseOfTheProto);
  CPPUNIT_TEST_SUITE_END();

 public:
  void formsOfOneNameAreTheSame() {
    for (const char* const name : {"user_id", "userId", "UserID", "USER_ID", "userid", "user__id",
                                   "user_id_", "u_s_e_r_i_d"}) {
      CPPUNIT_ASSERT_MESSAGE(name, sameWords(name, "user_id"));
      CPPUNIT_ASSERT_MESSAGE(name, sameWords("user_id", name));
    }
    for (const char* const name : {"", "user", "user_id2", "_user_id", "user-id", "user.id"}) {
      CPPUNIT_ASSERT_MESSAGE(name, !sameWords(name, "user_id"));
      CPPUNIT_ASSERT_MESSAGE(name, !sameWords("user_id", name));
    }
    CPPUNIT_ASSERT(sameWords("", ""));
    CPPUNIT_ASSERT(!sameWords("a", "_a"));
  }

  void wordsAreAKeyForTheSameNames() {
    const char* const names[] = {"",   "_",  "__",  "a",   "A",   "_a",   "__a",
                                 "a_", "ab", "a_b", "A_B", "aB_", "a__b", "_a_b"};
    for (const char* const a : names) {
      for (const char* const b : names) {
        CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string(a) + " and " + b, sameWords(a, b),
                                     wordsOf(a) == wordsOf(b));
      }
    }
  }

  void goNamesBecomeThoseOfTheProto() {
    const char* const rows[][2] = {{"", ""},
                                   {"Name", "name"},
                                   {"UserId", "user_id"},
                                   {"ID", "id"},
                                   {"UserID", "user_id"},
                                   {"HTTPPort", "http_port"},
                                   {"A", "a"},
                                   {"AB", "ab"},
                                   {"ABc", "a_bc"},
                                   {"name", "name"},
                                   {"user_id", "user_id"},
                                   {"Field_2", "field_2"},
                                   {"X_Y", "x_y"},
                                   {"Base64Data", "base64_data"}};
    for (const auto& [go, proto] : rows) {
      CPPUNIT_ASSERT_EQUAL(std::string(proto), snakeCase(go));
    }
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(FieldNamesTest);

}  // namespace evmicro

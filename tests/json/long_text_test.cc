// Texts are written and read in pieces of eight bytes, gathered in blocks: what a character becomes
// must not depend on where it is.
#include <string>
#include <vector>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "json/scanner.h"
#include "json/text.h"

namespace evmicro::detail {

class JsonLongTextTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(JsonLongTextTest);
  CPPUNIT_TEST(everyByteIsWrittenAlikeAtEveryPlace);
  CPPUNIT_TEST(charactersAreWrittenAlikeAtTheEndsOfBlocks);
  CPPUNIT_TEST(escapesAreDecodedAlikeAtTheEndsOfBlocks);
  CPPUNIT_TEST(everyByteIsDecodedAlikeAtEveryPlace);
  CPPUNIT_TEST(textIsCompactedAlikeAtTheEndsOfBlocks);
  CPPUNIT_TEST(aLongTextGrowsOnce);
  CPPUNIT_TEST_SUITE_END();

 public:
  void everyByteIsWrittenAlikeAtEveryPlace() {
    for (int c = 0; c < 256; ++c) {
      const std::string byte(1, static_cast<char>(c));
      for (std::size_t before = 0; before < 9; ++before) {
        for (std::size_t after = 0; after < 9; ++after) {
          const std::string x(before, 'x'), y(after, 'y');
          CPPUNIT_ASSERT_EQUAL('"' + x + writtenForm(byte) + y + '"', jsonString(x + byte + y));
        }
      }
    }
  }

  void charactersAreWrittenAlikeAtTheEndsOfBlocks() {
    for (const std::string& part : parts()) {
      const std::string written = writtenForm(part);
      for (std::size_t before = kBlock - 24; before < kBlock + 3; ++before) {
        const std::string x(before, 'x');
        CPPUNIT_ASSERT_EQUAL('"' + x + written + '"', jsonString(x + part));
        CPPUNIT_ASSERT_EQUAL('"' + x + written + written + "y\"",
                             jsonString(x + part + part + "y"));
      }
    }
  }

  void escapesAreDecodedAlikeAtTheEndsOfBlocks() {
    const struct {
      const char* escaped;
      std::string decoded;
    } table[] = {
        {R"(\n)", "\n"},
        {R"(\\)", "\\"},
        {R"(\u0041)", "A"},
        {R"(\u00fc)", "\xC3\xBC"},
        {R"(\u20ac)", "\xE2\x82\xAC"},
        {R"(\ud83d\ude00)", "\xF0\x9F\x98\x80"},
        {R"(\ud83d)", "\xEF\xBF\xBD"},
        {R"(\ud83d\n)", "\xEF\xBF\xBD\n"},
        {"\xFF", "\xEF\xBF\xBD"},
        {"\xE2\x82\xAC\\/", "\xE2\x82\xAC/"},
    };
    for (const auto& row : table) {
      for (std::size_t before = kBlock - 24; before < kBlock + 3; ++before) {
        const std::string x(before, 'x');
        // The first escape decides that there is something to decode.
        CPPUNIT_ASSERT_EQUAL("\t" + x + row.decoded, decoded("\\t" + x + row.escaped));
        CPPUNIT_ASSERT_EQUAL("\t" + x + row.decoded + row.decoded + "y",
                             decoded("\\t" + x + row.escaped + row.escaped + "y"));
      }
    }
  }

  void everyByteIsDecodedAlikeAtEveryPlace() {
    for (int c = 0; c < 256; ++c) {
      if (c == '\\') continue;
      const std::string byte(1, static_cast<char>(c));
      const std::string expected = c < 0x80 ? byte : "\xEF\xBF\xBD";
      for (std::size_t before = 0; before < 18; ++before) {
        const std::string x(before, 'x');
        CPPUNIT_ASSERT_EQUAL(x + expected + "yyyyyyyyy", decoded(x + byte + "yyyyyyyyy"));
        CPPUNIT_ASSERT_EQUAL(x + expected, decoded(x + byte));
        CPPUNIT_ASSERT_EQUAL("\n" + x + expected + "y", decoded("\\n" + x + byte + "y"));
      }
    }
  }

  void textIsCompactedAlikeAtTheEndsOfBlocks() {
    for (std::size_t before = kBlock - 40; before < kBlock + 3; ++before) {
      const std::string x(before, 'x');
      CPPUNIT_ASSERT_EQUAL(
          "{\"" + x + R"(\"\u003c \u2028)" + "\xE2\x82\xAC\":[1,2]}",
          compacted("{ \"" + x + "\\\"< \xE2\x80\xA8\xE2\x82\xAC\" : [ 1,\t2 ] }"));
      CPPUNIT_ASSERT_EQUAL('"' + x + "\\\\\"", compacted('"' + x + "\\\\\" "));
      CPPUNIT_ASSERT_EQUAL('"' + x + "\xE2\x80\"", compacted('"' + x + "\xE2\x80\""));
    }
  }

  // Growing copies all, and touches as many new pages again.
  void aLongTextGrowsOnce() {
    for (const std::string& part : parts()) {
      constexpr std::size_t kLong = 300'000;
      std::string text;
      while (text.size() < kLong) text += part;
      const std::string written = jsonString(text);
      CPPUNIT_ASSERT_MESSAGE(part, written.capacity() < written.size() + written.size() / 16);
    }
  }

 private:
  static constexpr std::size_t kBlock = 2048;  // as json/in_blocks.h

  static std::vector<std::string> parts() {
    return {"<",
            "&",
            "\"",
            "\n",
            std::string(1, '\0'),
            "\x7f",
            "\xC3\xBC",
            "\xE2\x82\xAC",
            "\xE2\x80\xA8",
            "\xE2\x80\xA9",
            "\xE2\x80",
            "\xFF",
            "\xF0\x9F\x98\x80",
            "\xF0\x9F\x98",
            "a<",
            "a\xC3\xBC"};
  }
  // Short texts are covered by JsonTextTest.
  static std::string writtenForm(const std::string& part) {
    const std::string quoted = jsonString(part);
    return quoted.substr(1, quoted.size() - 2);
  }
  static std::string decoded(const std::string& text) {
    std::string scratch;
    return std::string(decodeJsonString('"' + text + '"', scratch));
  }
  static std::string compacted(const std::string& json) {
    std::string out;
    appendCompactJson(out, json);
    return out;
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(JsonLongTextTest);

}  // namespace evmicro::detail

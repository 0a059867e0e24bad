#include "http/head_writer.h"

#include <cstdint>
#include <limits>
#include <string>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/metadata.h>

namespace evmicro::detail {

class HeadWriterTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HeadWriterTest);
  CPPUNIT_TEST(repliesBeginWithTheirStatus);
  CPPUNIT_TEST(requestsBeginWithMethodAndTarget);
  CPPUNIT_TEST(numbersHaveAllTheirDigits);
  CPPUNIT_TEST(carriesWhatIsCarried);
  CPPUNIT_TEST(carriedValuesStayOneLine);
  CPPUNIT_TEST(beginsAnew);
  CPPUNIT_TEST_SUITE_END();

 public:
  void repliesBeginWithTheirStatus() {
    CPPUNIT_ASSERT_EQUAL(std::string("HTTP/1.1 200 OK\r\n"), status(200));
    CPPUNIT_ASSERT_EQUAL(std::string("HTTP/1.1 201 Created\r\n"), status(201));
    CPPUNIT_ASSERT_EQUAL(std::string("HTTP/1.1 503 Service Unavailable\r\n"), status(503));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("a code without a name", std::string("HTTP/1.1 299 \r\n"),
                                 status(299));
  }

  void requestsBeginWithMethodAndTarget() {
    HeadWriter(out_).request("GET", "/a?b=c").end();
    CPPUNIT_ASSERT_EQUAL(std::string("GET /a?b=c HTTP/1.1\r\n\r\n"), out_);
    HeadWriter(out_).request("POST", "/", "h:80").field("A-B", "c d").end();
    CPPUNIT_ASSERT_EQUAL(std::string("POST / HTTP/1.1\r\nHost: h:80\r\nA-B: c d\r\n\r\n"), out_);
    HeadWriter(out_).field("Empty", "").end();
    CPPUNIT_ASSERT_EQUAL(std::string("Empty: \r\n\r\n"), out_);
  }

  void numbersHaveAllTheirDigits() {
    constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
    HeadWriter(out_).length(0).length(kMost).field("Keep-Alive", "timeout=", kMost).end();
    CPPUNIT_ASSERT_EQUAL(std::string("Content-Length: 0\r\n"
                                     "Content-Length: 18446744073709551615\r\n"
                                     "Keep-Alive: timeout=18446744073709551615\r\n\r\n"),
                         out_);
  }

  void carriesWhatIsCarried() {
    Metadata headers;
    headers.set("Content-Type", "application/json");
    headers.set("Content-Length", "7");
    headers.set("Host", "h");
    headers.set("X-Empty", "");
    headers.set("No Name", "x");
    headers.set("X-Id", "1");
    HeadWriter(out_).carried(headers);
    CPPUNIT_ASSERT_EQUAL(std::string("Content-Type: application/json\r\nX-Empty: \r\nX-Id: 1\r\n"),
                         out_);
  }

  void carriedValuesStayOneLine() {
    CPPUNIT_ASSERT_EQUAL(std::string("a"), carried("a"));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("blanks inside", std::string("a b\tc"), carried("a b\tc"));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("blanks before", std::string("a"), carried(" \ta"));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("blanks behind", std::string("a"), carried("a\t "));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("only blanks", std::string(), carried(" \t"));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("the end of a line", std::string("a  X-Evil: 1"),
                                 carried("a\r\nX-Evil: 1"));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("NUL and DEL", std::string("a b c"),
                                 carried(std::string("a\0b\x7f", 4) + "c"));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("UTF-8", std::string("Z\xc3\xbcrich\xc3\xa4"),
                                 carried("Z\xc3\xbcrich\xc3\xa4"));
  }

  void beginsAnew() {
    out_ = "old";
    HeadWriter(out_).end();
    CPPUNIT_ASSERT_EQUAL(std::string("\r\n"), out_);
  }

 private:
  std::string status(int code) {
    HeadWriter(out_).status(code);
    return out_;
  }

  // The value of a header as it is written.
  std::string carried(const std::string& value) {
    Metadata headers;
    headers.set("X", value);
    HeadWriter(out_).carried(headers);
    CPPUNIT_ASSERT_EQUAL(std::string("X: "), out_.substr(0, 3));
    CPPUNIT_ASSERT_EQUAL(std::string("\r\n"), out_.substr(out_.size() - 2));
    return out_.substr(3, out_.size() - 5);
  }

  std::string out_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(HeadWriterTest);

}  // namespace evmicro::detail

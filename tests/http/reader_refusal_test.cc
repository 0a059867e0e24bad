// Malformed messages and limits.
#include "http/reader.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include "http/reader_feed.h"

namespace evmicro {

using namespace detail;

namespace {

using Role = HttpReader::Role;
using test::Feed;
using test::kGoRequest;
using test::post;
using test::readAndClose;
using test::Reading;
using test::readWhole;

}  // namespace

class HttpReaderRefusalTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HttpReaderRefusalTest);
  CPPUNIT_TEST(refusesMalformedRequests);
  CPPUNIT_TEST(refusesMalformedChunks);
  CPPUNIT_TEST(refusesChunksInHttp10);
  CPPUNIT_TEST(refusesTooManyEmptyLines);
  CPPUNIT_TEST(limitsHeaderLines);
  CPPUNIT_TEST(refusesMalformedReplies);
  CPPUNIT_TEST(limitsHold);
  CPPUNIT_TEST(limitsOfZeroDoNotLimit);
  CPPUNIT_TEST(noticesBytesThatCannotBeHttpAtOnce);
  CPPUNIT_TEST(nothingIsReadAfterARefusal);
  CPPUNIT_TEST_SUITE_END();

 public:
  void refusesMalformedRequests() {
    using namespace std::string_literals;
    const std::vector<std::pair<int, std::string>> cases = {
        {400, "\r\n"},
        {400, "\n"},
        {400, "GET\r\n\r\n"},
        {400, "GET /\r\n\r\n"},
        {400, " GET / HTTP/1.1\r\nHost: h\r\n\r\n"},
        {400, "GET  / HTTP/1.1\r\nHost: h\r\n\r\n"},
        {400, "GET /  HTTP/1.1\r\nHost: h\r\n\r\n"},
        {400, "GET / HTTP/1.1 \r\n\r\n"},
        {400, "GET / b HTTP/1.1\r\nHost: h\r\n\r\n"},
        {400, "GET /\x01 HTTP/1.1\r\nHost: h\r\n\r\n"},
        {400, "GET /\x7f HTTP/1.1\r\nHost: h\r\n\r\n"},
        {400, "GET /\tHTTP/1.1\r\nHost: h\r\n\r\n"},
        {400, "GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n"s},
        {400, "G@T / HTTP/1.1\r\nHost: h\r\n\r\n"},
        {400, "GET / http/1.1\r\n\r\n"},
        {400, "GET / HTTP/-1.1\r\n\r\n"},
        {400, "GET / HTTP/1.\r\n\r\n"},
        {400, "GET / HTTP/11.1\r\n\r\n"},
        {505, "GET / HTTP/1.2\r\n\r\n"},
        {505, "GET / HTTP/0.9\r\n\r\n"},
        {505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
        {501, "CONNECT host:80 HTTP/1.1\r\nHost: h\r\n\r\n"},
        {400, post("Name : value\r\n")},
        {400, post("Content-Length : 5\r\n")},
        {400, post("Content-Length\t: 5\r\n")},
        {400, post(" : value\r\n")},
        {400, post("Two Words: value\r\n")},
        {400, post("N\0ame: value\r\n"s)},
        {400, post("no colon\r\n")},
        {400, post("X: one\r\n two\r\n")},
        {400, post(" X: one\r\n")},
        {400, post("\tX: one\r\n")},
        {400, post("X: a\0b\r\n"s)},
        {400, post("X: a\rb\r\n")},
        {400, post("X: a\r\r\n")},
        {400, post("X: a\x1b[2J\r\n")},
        {400, post("X: a\x7f\r\n")},
        {400, post("Content-Length:\r\n")},
        {400, post("Content-Length: +5\r\n")},
        {400, post("Content-Length: -5\r\n")},
        {400, post("Content-Length: 0x5\r\n")},
        {400, post("Content-Length: 5 5\r\n")},
        {400, post("Content-Length: 5, 5\r\n")},
        {400, post("Content-Length: 5.0\r\n")},
        {400, post("Content-Length: 0\r\nContent-Length: 5\r\n")},
        {400, post("Content-Length: 5\r\ncontent-length: 0\r\n")},
        {413, post("Content-Length: 18446744073709551616\r\n")},
        {413, post("Content-Length: 99999999999999999999999999999999\r\n")},
        {400, post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")},
        {400, post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")},
        {400, post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")},
        {400, post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n")},
        {501, post("Transfer-Encoding: gzip\r\n")},
        {501, post("Transfer-Encoding: identity\r\n")},
        {501, post("Transfer-Encoding: xchunked\r\n")},
        {501, post("Transfer-Encoding: chunked, chunked\r\n")},
        {501, post("Transfer-Encoding: gzip, chunked\r\n")},
        {501, post("Transfer-Encoding: \"chunked\"\r\n")},
        {501, post("Transfer-Encoding:\r\n")},
        {400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {400, "HEAD / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n"},
        {400, "HEAD / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {400, post("Host: a\r\nHost: a\r\n")},
    };
    for (const auto& [status, bytes] : cases) {
      const Reading reading =
          readWhole(Role::kRequests, bytes + "hello GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n");
      CPPUNIT_ASSERT_EQUAL_MESSAGE(bytes, status, reading.refused);
      CPPUNIT_ASSERT_MESSAGE(bytes, !reading.reason.empty());
      CPPUNIT_ASSERT_MESSAGE(bytes, reading.messages.empty());
    }
  }

  void refusesMalformedChunks() {
    using namespace std::string_literals;
    const std::vector<std::pair<int, std::string>> cases = {
        {400, "\r\n"},
        {400, "+3\r\nabc\r\n0\r\n\r\n"},
        {400, "-3\r\nabc\r\n0\r\n\r\n"},
        {400, " 3\r\nabc\r\n0\r\n\r\n"},
        {400, "3 ;x=1\r\nabc\r\n0\r\n\r\n"},
        {400, "3 0\r\nabc\r\n0\r\n\r\n"},
        {400, "0x3\r\nabc\r\n0\r\n\r\n"},
        {400, "g\r\n"},
        {400, ";a=b\r\n"},
        {400, "3\nabc\r\n0\r\n\r\n"},
        {400, "3\rabc\r\n0\r\n\r\n"},
        {400, "3;a\rb\r\nabc\r\n0\r\n\r\n"},
        {400, "3;a\nb\r\nabc\r\n0\r\n\r\n"},
        {400, "3;\0\r\nabc\r\n0\r\n\r\n"s},
        {400, "3;" + std::string(300, 'x')},
        {400, std::string(300, '0')},
        {400, "3\r\nabcd\r\n0\r\n\r\n"},
        {400, "3\r\nabc\n0\r\n\r\n"},
        {400, "3\r\nabc\rX0\r\n\r\n"},
        {413, "ffffffffffffffff\r\nabc"},
        {400, "1ffffffffffffffff\r\nabc"},
        {413, "3\r\nabc\r\nfffffffffffffffe\r\nabc"},
        {400, "0\r\n\n"},
        {400, "0\r\nX: a\nY: b\r\n\r\n"},
        {400, "0\r\nX: \0\r\n\r\n"s},
        {400, "0\r\nno colon\r\n\r\n"},
        {400, "0\r\n: x\r\n\r\n"},
        {400, "0\r\nX : y\r\n\r\n"},
        {400, "0\r\nX: y\r\n folded\r\n\r\n"},
        {400, "0\r\nGET /smuggled HTTP/1.1\r\nX: y\r\n\r\n"},
    };
    for (const auto& [status, bytes] : cases) {
      const Reading reading =
          readWhole(Role::kRequests, post("Transfer-Encoding: chunked\r\n", bytes));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(bytes, status, reading.refused);
      CPPUNIT_ASSERT_MESSAGE(bytes, !reading.reason.empty() && reading.messages.empty());
    }
  }

  // With a sound body: only the head is wrong.
  void refusesChunksInHttp10() {
    const std::string rest = "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    const Reading old = readWhole(Role::kRequests, "POST / HTTP/1.0\r\n" + rest);
    CPPUNIT_ASSERT_EQUAL(400, old.refused);
    CPPUNIT_ASSERT_EQUAL(std::string("Transfer-Encoding with HTTP/1.0"), old.reason);
    const Reading current = readWhole(Role::kRequests, "POST / HTTP/1.1\r\nHost: h\r\n" + rest);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), current.messages.size());
    for (const char* const method : {"Content-Length: 3", "Transfer-Encoding: chunked"}) {
      const std::string head = std::string(method) + "\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
      const Reading headRequest =
          readWhole(Role::kRequests, "HEAD / HTTP/1.1\r\nHost: h\r\n" + head);
      CPPUNIT_ASSERT_EQUAL(std::string("HEAD with a body"), headRequest.reason);
    }
  }

  void refusesTooManyEmptyLines() {
    const auto lines = [](int count) {
      std::string text;
      for (int i = 0; i < count; ++i) text += "\r\n";
      return text;
    };
    const std::string get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    const Reading most = readWhole(Role::kRequests, lines(8) + get + lines(8) + get);
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), most.messages.size());
    CPPUNIT_ASSERT_EQUAL(0, most.refused);
    CPPUNIT_ASSERT_EQUAL(400, readWhole(Role::kRequests, lines(9) + get).refused);
  }

  void limitsHeaderLines() {
    HttpReader::Limits limits;
    const auto request = [](std::size_t count) {
      std::string lines;
      for (std::size_t i = 0; i < count; ++i) lines += "X-" + std::to_string(i) + ": y\r\n";
      return post(lines);
    };
    CPPUNIT_ASSERT_EQUAL(std::size_t(128), limits.headerLines);
    CPPUNIT_ASSERT_EQUAL(0, readWhole(Role::kRequests, request(127)).refused);
    const Reading more = readWhole(Role::kRequests, request(128));  // and Host
    CPPUNIT_ASSERT_EQUAL(431, more.refused);
    CPPUNIT_ASSERT(more.messages.empty());
    limits.headerLines = 0;
    CPPUNIT_ASSERT_EQUAL(0, readWhole(Role::kRequests, request(1'000), limits).refused);
  }

  void refusesMalformedReplies() {
    const std::vector<std::string> cases = {
        "SSH-2.0-OpenSSH_9.2\r\n",
        "HTTP/1.1\r\n\r\n",
        "HTTP/1.1 20\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1  200 OK\r\n\r\n",
        "HTTP/1.1 099 Low\r\n\r\n",
        "HTTP/0.9 200 OK\r\n\r\n",
        "HTTP/x.1 200 OK\r\n\r\n",
        "http/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 O\x01K\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nX: one\r\n two\r\n\r\n",
        "HTTP/1.1 100 Continue\r\nX\r\n\r\n",
    };
    for (const std::string& bytes : cases) {
      const Reading reading = readWhole(Role::kReplies, bytes);
      CPPUNIT_ASSERT_MESSAGE(bytes, reading.refused >= 400 && !reading.reason.empty());
      CPPUNIT_ASSERT_MESSAGE(bytes, reading.messages.empty());
    }
  }

  void limitsHold() {
    const std::string head = post("Content-Length: 10\r\n");
    const HttpReader::Limits exact{head.size(), 10};
    CPPUNIT_ASSERT_EQUAL(0, readWhole(Role::kRequests, head + "0123456789", exact).refused);
    const HttpReader::Limits lessHead{head.size() - 1, 10};
    CPPUNIT_ASSERT_EQUAL(431, readWhole(Role::kRequests, head, lessHead).refused);
    CPPUNIT_ASSERT_EQUAL(431,
                         readWhole(Role::kRequests, std::string(head.size(), 'x'), exact).refused);
    const HttpReader::Limits lessBody{head.size(), 9};
    CPPUNIT_ASSERT_EQUAL(413, readWhole(Role::kRequests, head, lessBody).refused);

    const std::string chunked = post("Transfer-Encoding: chunked\r\n");
    const std::string chunks = "6\r\n012345\r\n4\r\n6789\r\n0\r\n";
    const HttpReader::Limits ten{100, 10};
    CPPUNIT_ASSERT_EQUAL(0, readWhole(Role::kRequests, chunked + chunks + "\r\n", ten).refused);
    const HttpReader::Limits nine{100, 9};
    CPPUNIT_ASSERT_EQUAL(413, readWhole(Role::kRequests, chunked + chunks, nine).refused);
    const std::string trailers = "X: " + std::string(60, 'x') + "\r\n";
    CPPUNIT_ASSERT_EQUAL(
        400, readWhole(Role::kRequests, chunked + chunks + trailers + trailers, ten).refused);
    HttpReader::Limits two;
    two.headerLines = 2;
    const std::string line = "X: y\r\n";
    CPPUNIT_ASSERT_EQUAL(
        0, readWhole(Role::kRequests, chunked + chunks + line + line + "\r\n", two).refused);
    CPPUNIT_ASSERT_EQUAL(
        431, readWhole(Role::kRequests, chunked + chunks + line + line + line, two).refused);
    CPPUNIT_ASSERT_EQUAL(
        413, readAndClose(Role::kReplies, "HTTP/1.0 200 OK\r\n\r\n01234567890", ten).refused);
  }

  void limitsOfZeroDoNotLimit() {
    const std::string big(200'000, 'x');
    const Reading reading = readWhole(
        Role::kRequests, post("X: " + big + "\r\nContent-Length: 200000\r\n", big), {0, 0});
    CPPUNIT_ASSERT_EQUAL(std::string(), reading.reason);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), reading.messages.size());
  }

  void noticesBytesThatCannotBeHttpAtOnce() {
    CPPUNIT_ASSERT_EQUAL(400, readWhole(Role::kRequests, "\x16\x03\x01").refused);
    CPPUNIT_ASSERT_EQUAL(400, readWhole(Role::kReplies, "\x15").refused);
  }

  void nothingIsReadAfterARefusal() {
    Feed feed(Role::kRequests);
    feed.add("nonsense\r\n\r\n");
    feed.add(kGoRequest);
    feed.close();
    CPPUNIT_ASSERT(feed.result().messages.empty());
    CPPUNIT_ASSERT_EQUAL(400, feed.result().refused);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HttpReaderRefusalTest);

}  // namespace evmicro

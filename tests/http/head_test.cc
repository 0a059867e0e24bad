// The head of a message alone: no body, no reader. Each head that is refused differs from a sound
// one in a single thing, and is refused for that.
#include "http/head.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

namespace evmicro::detail {

using namespace std::string_literals;

class HttpHeadTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HttpHeadTest);
  CPPUNIT_TEST(soundRequestsAreTaken);
  CPPUNIT_TEST(requestLinesAreRefusedForTheirOwnReason);
  CPPUNIT_TEST(headerLinesAreRefusedForTheirOwnReason);
  CPPUNIT_TEST(http11HasOneValidHost);
  CPPUNIT_TEST(framingIsRefusedForItsOwnReason);
  CPPUNIT_TEST(whatOneRoleRefusesTheOtherMayTake);
  CPPUNIT_TEST(statusLinesAreRefusedForTheirOwnReason);
  CPPUNIT_TEST(everyByteHasItsPlaces);
  CPPUNIT_TEST(longValuesAreLookedThrough);
  CPPUNIT_TEST(linesAreCounted);
  CPPUNIT_TEST(theLongestLength);
  CPPUNIT_TEST(closesUnlessKeptAlive);
  CPPUNIT_TEST(expectations);
  CPPUNIT_TEST(theFirstOfRepeatedHeadersCounts);
  CPPUNIT_TEST(nothingIsLeftOfTheHeadBefore);
  CPPUNIT_TEST(targetsAreSplit);
  CPPUNIT_TEST(firstBytes);
  CPPUNIT_TEST_SUITE_END();

 public:
  void soundRequestsAreTaken() {
    expect(0, "", "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    CPPUNIT_ASSERT_EQUAL(1, int(head_.minorVersion));
    expect(0, "", "GET / HTTP/1.0\n\n");
    CPPUNIT_ASSERT_EQUAL(0, int(head_.minorVersion));
    expect(0, "", "M-SEARCH * HTTP/1.1\r\nHost: a:1\r\nX:\r\nY: \t z \t\r\n\r\n");
    CPPUNIT_ASSERT_EQUAL("M-SEARCH"s, head_.method);
    CPPUNIT_ASSERT_EQUAL("*"s, head_.target);
    CPPUNIT_ASSERT(headers_.get("Host") == "a:1");
    CPPUNIT_ASSERT(headers_.get("X") == "");
    CPPUNIT_ASSERT(headers_.get("Y") == "z");
    CPPUNIT_ASSERT(!head_.hasLength && !head_.chunked && !head_.close);
  }

  void requestLinesAreRefusedForTheirOwnReason() {
    constexpr const char* kNoMethod =
        "malformed request line: it does not begin with a method and a space";
    constexpr const char* kNoVersion = "malformed request line: no HTTP version";
    constexpr const char* kTarget =
        "malformed request line: the target is empty or has a control byte in it";
    constexpr const char* kVersion = "malformed request line: it does not end in an HTTP version";
    constexpr const char* kOther = "only HTTP/1.0 and HTTP/1.1 are spoken here";
    const std::vector<Refused> cases = {
        {400, kNoMethod, ""},
        {400, kNoMethod, "GET"},
        {400, kNoMethod, " GET / HTTP/1.1"},
        {400, kNoMethod, "G@T / HTTP/1.1"},
        {400, kNoMethod, "GE\tT / HTTP/1.1"},
        {400, kNoVersion, "GET /"},
        {400, kNoVersion, "GET /\tHTTP/1.1"},
        {400, kTarget, "GET  / HTTP/1.1"},
        {400, kTarget, "GET /\x01 HTTP/1.1"},
        {400, kTarget, "GET /\x7f HTTP/1.1"},
        {400, kTarget, "GET /\0 HTTP/1.1"s},
        {400, kVersion, "GET /  HTTP/1.1"},
        {400, kVersion, "GET / HTTP/1.1 "},
        {400, kVersion, "GET / b HTTP/1.1"},
        {400, kVersion, "GET / http/1.1"},
        {400, kVersion, "GET / HTTP/-1.1"},
        {400, kVersion, "GET / HTTP/1."},
        {400, kVersion, "GET / HTTP/1"},
        {400, kVersion, "GET / HTTP/11.1"},
        {400, kVersion, "GET / HTTP/1.11"},
        {400, kVersion, "GET / HTTP/1,1"},
        {400, kVersion, "GET / HTTP/a.1"},
        {400, kVersion, "GET / HTTP/1.a"},
        {400, kVersion, "GET / HTTPS1.1"},
        {505, kOther, "GET / HTTP/1.2"},
        {505, kOther, "GET / HTTP/0.9"},
        {505, kOther, "GET / HTTP/2.0"},
        {505, kOther, "PRI * HTTP/2.0"},
        {501, "no tunnels here", "CONNECT host:80 HTTP/1.1\r\nHost: host:80"},
    };
    for (const auto& [status, reason, line] : cases) expect(status, reason, line + "\r\n\r\n");
  }

  void headerLinesAreRefusedForTheirOwnReason() {
    constexpr const char* kName = "header name is not a token";
    constexpr const char* kValue = "control byte in a header value";
    const std::vector<Refused> cases = {
        {400, kName, "Name : value"},
        {400, kName, "Content-Length : 5"},
        {400, kName, "Content-Length\t: 5"},
        {400, kName, "Two Words: value"},
        {400, kName, "N\0ame: value"s},
        {400, "folded header line", " X: one"},
        {400, "folded header line", "\tX: one"},
        {400, "folded header line", " : value"},
        {400, "folded header line", "X: one\r\n two"},
        {400, "header line without a colon", "no colon"},
        {400, kValue, "X: a\0b"s},
        {400, kValue, "X: a\rb"},
        {400, kValue, "X: a\r"},
        {400, kValue, "X: a\x1b[2J"},
        {400, kValue, "X: a\x7f"},
        {400, "more than one Host header", "Host: a\r\nHost: a"},
        {400, "more than one Host header", "HOST: a\r\nhost: a"},
    };
    for (const auto& [status, reason, line] : cases) expect(status, reason, withHeaders(line));
    expect(0, "", withHeaders(": value"));  // has no name, and goes
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), headers_.size());
  }

  // RFC 9112, 3.2. Every go-micro peer sends it; HAProxy's default check is HTTP/1.0 without.
  void http11HasOneValidHost() {
    const auto get = [](const std::string& lines, const char* version = "1.1") {
      return std::string("GET http://a/ HTTP/") + version + "\r\n" + lines + "\r\n";
    };
    expect(400, "no Host header", get(""));
    expect(400, "no Host header", get("X-Host: a\r\n"));
    expect(0, "", get("", "1.0"));
    for (const char* host : {"", "a", "a:1", "A.b-c_d.:65535", "[::1]:80", "[fe80::1%25eth0]",
                             "a%20b", "1.2.3.4", "!$&'()*+,;=~"}) {
      expect(0, "", get(std::string("Host: ") + host + " \r\n"));
      CPPUNIT_ASSERT(headers_.get("Host") == host);
    }
    for (const char* host : {"a b", "a/b", "a\tb", "a@b", "a?b", "a#b", "a\\b", "<a>", "\"a\"",
                             "a|b", "a^b", "a`b", "{a}", "a\xc3\xa9"}) {
      for (const char* version : {"1.0", "1.1"}) {
        expect(400, "malformed Host header", get(std::string("Host: ") + host + "\r\n", version));
      }
    }
    expect(400, "more than one Host header", get("Host: a\r\nHost: a\r\n", "1.0"));
  }

  void framingIsRefusedForItsOwnReason() {
    constexpr const char* kNumber = "Content-Length is not a number";
    constexpr const char* kHuge = "Content-Length is beyond any limit";
    constexpr const char* kOther = "only the transfer encoding chunked is known";
    constexpr const char* kBoth = "both Content-Length and Transfer-Encoding";
    constexpr const char* kTwo = "more than one Transfer-Encoding";
    const std::vector<Refused> cases = {
        {400, "empty Content-Length", "Content-Length:"},
        {400, kNumber, "Content-Length: +5"},
        {400, kNumber, "Content-Length: -5"},
        {400, kNumber, "Content-Length: 0x5"},
        {400, kNumber, "Content-Length: 5 5"},
        {400, kNumber, "Content-Length: 5, 5"},
        {400, kNumber, "Content-Length: 5.0"},
        {400, kNumber, "Content-Length: :"},
        {400, kNumber, "Content-Length: /"},
        {400, "two different Content-Lengths", "Content-Length: 0\r\nContent-Length: 5"},
        {400, "two different Content-Lengths", "Content-Length: 5\r\ncontent-length: 0"},
        {413, kHuge, "Content-Length: 18446744073709551616"},
        {413, kHuge, "Content-Length: 99999999999999999999999999999999"},
        {400, kBoth, "Content-Length: 5\r\nTransfer-Encoding: chunked"},
        {400, kBoth, "Transfer-Encoding: chunked\r\nContent-Length: 0"},
        {400, kTwo, "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"},
        {400, kTwo, "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"},
        {501, kOther, "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked"},
        {501, kOther, "Transfer-Encoding: gzip"},
        {501, kOther, "Transfer-Encoding: xchunked"},
        {501, kOther, "Transfer-Encoding: chunked, chunked"},
        {501, kOther, "Transfer-Encoding: gzip, chunked"},
        {501, kOther, "Transfer-Encoding: \"chunked\""},
        {501, kOther, "Transfer-Encoding:"},
    };
    for (const auto& [status, reason, lines] : cases) expect(status, reason, withHeaders(lines));
    for (const char* sound : {"Content-Length: 5", "Content-Length: 5\r\nContent-Length: 05",
                              "Transfer-Encoding: CHUNKED", "transfer-encoding:\tchunked "}) {
      expect(0, "", withHeaders(sound));
    }
    const std::string chunked = "Transfer-Encoding: chunked\r\n\r\n";
    expect(400, "Transfer-Encoding with HTTP/1.0", "POST / HTTP/1.0\r\n" + chunked);
    expect(0, "", "POST / HTTP/1.1\r\nHost: h\r\n" + chunked);
    CPPUNIT_ASSERT(head_.chunked);
    expect(400, "HEAD with a body", "HEAD / HTTP/1.1\r\nHost: h\r\n" + chunked);
    expect(400, "HEAD with a body", "HEAD / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n");
    expect(0, "", "HEAD / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
    expect(0, "", "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n");
  }

  void whatOneRoleRefusesTheOtherMayTake() {
    for (const char* lines : {"Host: a\r\nHost: b\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n"}) {
      expect(0, "", std::string("HTTP/1.0 200 OK\r\n") + lines, HttpRole::kReplies);
    }
    expect(400, "both Content-Length and Transfer-Encoding",
           "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
           HttpRole::kReplies);
    expect(0, "", "HTTP/1.1 200 OK\r\nExpect: 100-continue\r\n\r\n", HttpRole::kReplies);
    CPPUNIT_ASSERT(!head_.expectsContinue);
  }

  void statusLinesAreRefusedForTheirOwnReason() {
    constexpr const char* kShape = "not an HTTP reply: malformed status line";
    const std::vector<Refused> cases = {
        {400, kShape, ""},
        {400, kShape, "HTTP/1.1 20"},
        {400, kShape, "HTTP/1.1 2000"},
        {400, kShape, "HTTP/1.1 2x0"},
        {400, kShape, "HTTP/1.1 x00"},
        {400, kShape, "HTTP/1.1 20x"},
        {400, kShape, "HTTP/1.1\t200"},
        {400, kShape, "HTTP/1.x 200"},
        {400, kShape, "HTTP/x.1 200"},
        {400, kShape, "HTTP/1,1 200"},
        {400, kShape, "HTTP/0.9 200"},
        {400, kShape, "http/1.1 200 OK"},
        {400, kShape, "ICY 200 OK, this is no web server"},
        {400, "malformed status line: control byte in it", "HTTP/1.1 200 O\x01K"},
        {400, "malformed status line: status below 100", "HTTP/1.1 099 x"},
        {0, "", "HTTP/1.1 100 Continue"},
        {0, "", "HTTP/1.1 200"},
        {0, "", "HTTP/2.9 999 \xff"},
    };
    for (const auto& [status, reason, line] : cases) {
      expect(status, reason, line + "\r\n\r\n", HttpRole::kReplies);
    }
    CPPUNIT_ASSERT_EQUAL(999, int(head_.status));
    CPPUNIT_ASSERT_EQUAL(1, int(head_.minorVersion));
    expect(0, "", "HTTP/1.0 123 x\r\n\r\n", HttpRole::kReplies);
    CPPUNIT_ASSERT_EQUAL(123, int(head_.status));
    CPPUNIT_ASSERT_EQUAL(0, int(head_.minorVersion));
    expect(0, "", "HTTP/2.0 200 x\r\n\r\n", HttpRole::kReplies);
    CPPUNIT_ASSERT_EQUAL(1, int(head_.minorVersion));
  }

  void everyByteHasItsPlaces() {
    const std::string marks = "!#$%&'*+-.^_`|~";
    for (int byte = 0; byte < 256; ++byte) {
      const std::string c(1, static_cast<char>(byte));
      const bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
      const bool token = letter || (byte >= '0' && byte <= '9') ||
                         (byte > 0 && marks.find(c) != std::string::npos);
      const bool value = (byte >= 0x20 && byte != 0x7f) || byte == '\t';
      CPPUNIT_ASSERT_EQUAL_MESSAGE(std::to_string(byte), token, isHttpToken("a" + c + "b"));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(std::to_string(byte), value, isHttpFieldValue("a" + c + "b"));
      if (byte == '\n') continue;  // ends a line
      CPPUNIT_ASSERT_EQUAL_MESSAGE(std::to_string(byte), value,
                                   taken(withHeaders("X: a" + c + "b")));
      if (byte != ':') {
        CPPUNIT_ASSERT_EQUAL_MESSAGE(std::to_string(byte), token,
                                     taken(withHeaders("a" + c + "b: x")));
      }
      if (byte == ' ') continue;  // ends a method, and a target
      CPPUNIT_ASSERT_EQUAL_MESSAGE(std::to_string(byte), token,
                                   taken("G" + c + "T / HTTP/1.1\r\nHost: h\r\n\r\n"));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(std::to_string(byte), value && byte != '\t',
                                   taken("GET /" + c + "x HTTP/1.1\r\nHost: h\r\n\r\n"));
    }
  }

  // Values are looked through in steps of eight bytes.
  void longValuesAreLookedThrough() {
    for (std::size_t size = 1; size <= 34; ++size) {
      for (std::size_t at = 0; at < size; ++at) {
        for (const auto& [byte, sound] :
             {std::pair('\x1f', false), std::pair('\x20', true), std::pair('\x7e', true),
              std::pair('\x7f', false), std::pair('\x80', true), std::pair('\xff', true),
              std::pair('\t', true), std::pair('\0', false)}) {
          std::string text(size, 'x');
          text[at] = byte;
          CPPUNIT_ASSERT_EQUAL_MESSAGE(text, sound, isHttpFieldValue(text));
        }
      }
    }
    CPPUNIT_ASSERT(isHttpFieldValue(""));
    CPPUNIT_ASSERT(!isHttpToken(""));
  }

  void linesAreCounted() {
    const std::string two = "GET / HTTP/1.1\r\nHost: h\r\nB: 2\r\n\r\n";
    expect(0, "", two, HttpRole::kRequests, 2);
    expect(kTooManyLines.status, std::string(kTooManyLines.reason), two, HttpRole::kRequests, 1);
    expect(0, "", "GET / HTTP/1.0\r\n\r\n", HttpRole::kRequests, 0);
  }

  void theLongestLength() {
    expect(0, "", withHeaders("Content-Length: 18446744073709551615"));
    CPPUNIT_ASSERT(head_.hasLength);
    CPPUNIT_ASSERT_EQUAL(~std::uint64_t(0), std::uint64_t(head_.length));
    expect(0, "", withHeaders("Content-Length: 000000000000000000000000001203"));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1203), std::uint64_t(head_.length));
  }

  void closesUnlessKeptAlive() {
    const std::vector<std::pair<std::string, bool>> cases = {
        {"1.1\r\n", false},
        {"1.0\r\n", true},
        {"1.1\r\nConnection: close\r\n", true},
        {"1.1\r\nConnection: x, CLOSE ,y\r\n", true},
        {"1.1\r\nConnection: x,y\r\nConnection: close\r\n", true},
        {"1.1\r\nConnection: closed\r\n", false},
        {"1.1\r\nConnection: keep-alive\r\n", false},
        {"1.0\r\nConnection: Keep-Alive\r\n", false},
        {"1.0\r\nConnection: x,keep-alive\r\n", false},
        {"1.0\r\nConnection: keep-alive, close\r\n", true},
        {"1.1\r\nConnection:\r\n", false},
        {"1.1\r\nConnectiom: close\r\n", false},
    };
    for (const auto& [rest, closes] : cases) {
      expect(0, "", "GET / HTTP/" + rest + "Host: h\r\n\r\n");
      CPPUNIT_ASSERT_EQUAL_MESSAGE(rest, closes, head_.close);
    }
  }

  void expectations() {
    for (const auto& [rest, expects] : {std::pair("1.1\r\nExpect: 100-continue", true),
                                        std::pair("1.1\r\nExpect: 100-Continue", true),
                                        std::pair("1.0\r\nExpect: 100-continue", false),
                                        std::pair("1.1\r\nExpect: 100-continued", false),
                                        std::pair("1.1\r\nAccept: 100-continue", false)}) {
      expect(0, "", std::string("POST / HTTP/") + rest + "\r\nHost: h\r\n\r\n");
      CPPUNIT_ASSERT_EQUAL_MESSAGE(rest, expects, head_.expectsContinue);
    }
  }

  void theFirstOfRepeatedHeadersCounts() {
    expect(0, "", withHeaders("x-a: 1\r\nX-A: 2\r\nX-B: 3"));
    CPPUNIT_ASSERT_EQUAL(std::size_t(3), headers_.size());  // with Host
    CPPUNIT_ASSERT(headers_.get("X-A") == "1");
    CPPUNIT_ASSERT_EQUAL("X-A"s, std::string((*++headers_.begin()).name));
  }

  void nothingIsLeftOfTheHeadBefore() {
    expect(0, "", withHeaders("Content-Length: 5\r\nExpect: 100-continue\r\nConnection: close"));
    expect(0, "", "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    CPPUNIT_ASSERT(!head_.hasLength && !head_.expectsContinue && !head_.close && !head_.chunked);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), std::uint64_t(head_.length));
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), headers_.size());
    expect(0, "", withHeaders("Transfer-Encoding: chunked\r\nX: y"));
    expect(400, "header line without a colon", withHeaders("X: y\r\nno"));
    CPPUNIT_ASSERT(headers_.empty());
    expect(0, "", "GET / HTTP/1.0\r\n\r\n");
    CPPUNIT_ASSERT(!head_.chunked);
  }

  void targetsAreSplit() {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"/", "/ ?"},
        {"/a/b?c=d?e", "/a/b ?c=d?e"},
        {"/a#b", "/a ?"},
        {"/a?b#c", "/a ?b"},
        {"?b", "/ ?b"},
        {"", "/ ?"},
        {"*", "* ?"},
        {"http://host:80/a?b", "/a ?b"},
        {"http://host", "/ ?"},
        {"http://host?b", "/ ?b"},
        {"/http://host/a", "/http://host/a ?"},
        {"://x", "/ ?"},
    };
    for (const auto& [target, parts] : cases) {
      const HttpTarget split = splitHttpTarget(target);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(target, parts,
                                   std::string(split.path) + " ?" + std::string(split.query));
    }
  }

  void firstBytes() {
    for (const char c : "GPH!9"s) CPPUNIT_ASSERT(!cannotBeginHttp(HttpRole::kRequests, c));
    for (const char c : " \x16\0\x80@"s) CPPUNIT_ASSERT(cannotBeginHttp(HttpRole::kRequests, c));
    CPPUNIT_ASSERT(!cannotBeginHttp(HttpRole::kReplies, 'H'));
    CPPUNIT_ASSERT(cannotBeginHttp(HttpRole::kReplies, 'h'));
  }

 private:
  struct Refused {
    int status;
    std::string reason;
    std::string bytes;
  };

  static std::string withHeaders(const std::string& lines) {
    return "POST / HTTP/1.1\r\nHost: h\r\n" + lines + "\r\n\r\n";
  }
  HttpRefusal parse(const std::string& text, HttpRole role, std::size_t lines) {
    return parseHttpHead(role, text, lines, head_, headers_);
  }
  bool taken(const std::string& text) { return parse(text, HttpRole::kRequests, 10).status == 0; }
  void expect(int status, const std::string& reason, const std::string& text,
              HttpRole role = HttpRole::kRequests, std::size_t lines = 10) {
    const HttpRefusal refusal = parse(text, role, lines);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(text, reason, std::string(refusal.reason));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(text, status, int(refusal.status));
  }

  HttpHead head_;
  Metadata headers_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(HttpHeadTest);

}  // namespace evmicro::detail

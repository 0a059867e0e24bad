// Frames of WebSockets: what is read of every kind of right and wrong ones, in one piece and byte
// by byte, and what is written.
#include "web/web_socket_frames.h"

#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include "web/web_socket_bytes.h"

namespace evmicro::detail {

using test::clientFrame;
using test::closeWith;
using test::FrameOptions;

class WebSocketFramesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(WebSocketFramesTest);
  CPPUNIT_TEST(readsMessages);
  CPPUNIT_TEST(readsFragments);
  CPPUNIT_TEST(readsControlFrames);
  CPPUNIT_TEST(refusesViolations);
  CPPUNIT_TEST(refusesTextThatIsNotUtf8);
  CPPUNIT_TEST(checksCloseFrames);
  CPPUNIT_TEST(limitsMessages);
  CPPUNIT_TEST(incompleteFramesGiveNothing);
  CPPUNIT_TEST(nothingIsReadAfterTheEnd);
  CPPUNIT_TEST(writesHeads);
  CPPUNIT_TEST(closePayloadIsFitToBeSent);
  CPPUNIT_TEST_SUITE_END();

 public:
  void readsMessages() {
    expect("text:Hello ", clientFrame(1, "Hello"));
    expect("binary:\xFF\xFE ", clientFrame(2, "\xFF\xFE"));
    expect("text: ", clientFrame(1, ""));
    expect("text:a text:b ", clientFrame(1, "a") + clientFrame(1, "b"));
    for (const std::size_t size : {125, 126, 127, 128, 4'090, 4'096, 65'535, 65'536, 100'000}) {
      const std::string payload(size, 'x');
      expect("binary:" + payload + " ", clientFrame(2, payload));
    }
  }

  void readsFragments() {
    expect("text:abc ", part(1, "a") + part(0, "b") + clientFrame(0, "c"));
    expect("text: ", part(1, "") + part(0, "") + clientFrame(0, ""));
    expect("ping:p text:ab ", part(1, "a") + clientFrame(9, "p") + clientFrame(0, "b"));
    // A character may be divided.
    expect("text:\xC3\xA9 ", part(1, "\xC3") + clientFrame(0, "\xA9"));
    expect("binary:ab text:c ", part(2, "a") + clientFrame(0, "b") + clientFrame(1, "c"));
  }

  void readsControlFrames() {
    expect("ping: ", clientFrame(9, ""));
    expect("ping:" + std::string(125, 'p') + " ", clientFrame(9, std::string(125, 'p')));
    expect("pong:x ", clientFrame(10, "x"));
    expect("close1000:bye ", clientFrame(8, closeWith(1000, "bye")));
    expect("close1005: ", clientFrame(8, ""));
  }

  void refusesViolations() {
    for (unsigned reserved = 1; reserved < 8; ++reserved) {
      expect("fail1002 ", clientFrame(1, "x", {true, reserved, true}));
      expect("fail1002 ", clientFrame(9, "x", {true, reserved, true}));
    }
    for (const unsigned opcode : {3U, 4U, 5U, 6U, 7U, 11U, 12U, 13U, 14U, 15U}) {
      expect("fail1002 ", clientFrame(opcode, "x"));
      expect("fail1002 ", clientFrame(opcode, ""));
    }
    expect("fail1002 ", clientFrame(1, "x", {true, 0, false}));  // not masked
    expect("fail1002 ", clientFrame(0, "x"));                    // nothing to continue
    expect("text:ab fail1002 ", part(1, "a") + clientFrame(0, "b") + clientFrame(0, "c"));
    expect("fail1002 ", part(1, "a") + clientFrame(1, "b"));
    expect("fail1002 ", part(1, "a") + part(2, "b"));
    for (const unsigned opcode : {8U, 9U, 10U}) {
      expect("fail1002 ", part(opcode, ""));                            // a fragment
      expect("fail1002 ", clientFrame(opcode, std::string(126, 'x')));  // too long
    }
    expect("text:a fail1002 ", clientFrame(1, "a") + clientFrame(3, "") + clientFrame(1, "b"));
    // Lengths that are longer than necessary, or negative.
    expect("fail1002 ", std::string("\x82\xFE\x00\x05", 4) + "mask" + "12345");
    expect("fail1002 ", std::string("\x82\xFF\0\0\0\0\0\0\x01\0", 10) + "mask");
    expect("fail1002 ", std::string("\x82\xFF\x80\0\0\0\0\0\0\0", 10) + "mask");
  }

  void refusesTextThatIsNotUtf8() {
    for (const std::string text : {"\x80", "\xC0\x80", "\xC3", "\xE0\x80\x80", "\xED\xA0\x80",
                                   "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80",
                                   "a\xFF"
                                   "b"}) {
      expect("fail1007 ", clientFrame(1, text));
      expect("fail1007 ", part(1, text) + clientFrame(0, ""));
      expect("binary:" + text + " ", clientFrame(2, text));
    }
    expect("text:\xF4\x8F\xBF\xBF ", clientFrame(1, "\xF4\x8F\xBF\xBF"));
  }

  void checksCloseFrames() {
    for (const int code : {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014,
                           3000, 3999, 4000, 4999}) {
      expect("close" + std::to_string(code) + ": ", clientFrame(8, closeWith(code)));
    }
    for (const int code : {0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535}) {
      expect("fail1002 ", clientFrame(8, closeWith(code)));
    }
    expect("fail1002 ", clientFrame(8, "\x03"));
    expect("fail1007 ", clientFrame(8, closeWith(1000, "\xFF")));
    expect("close1000:" + std::string(123, 'r') + " ",
           clientFrame(8, closeWith(1000, std::string(123, 'r'))));
  }

  void limitsMessages() {
    limit_ = 10;
    expect("text:0123456789 ", clientFrame(1, "0123456789"));
    expect("fail1009 ", clientFrame(1, "0123456789x"));
    expect("text:0123456789 ", part(1, "012345678") + clientFrame(0, "9"));
    expect("fail1009 ", part(1, "012345678") + clientFrame(0, "9x"));
    // Of what is only announced, too.
    expect("fail1009 ", std::string("\x82\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 10) + "maskx");
    // Each message anew; control frames do not count.
    expect("text:0123456789 ping:p text:0123456789 ",
           clientFrame(1, "0123456789") + clientFrame(9, "p") + clientFrame(1, "0123456789"));
  }

  void incompleteFramesGiveNothing() {
    const std::string frame = clientFrame(1, std::string(200, 'x'));
    for (std::size_t size = 0; size < frame.size(); ++size) expect("", frame.substr(0, size));
  }

  void nothingIsReadAfterTheEnd() {
    expect("close1000: ", clientFrame(8, closeWith(1000)) + clientFrame(1, "late"));
    expect("fail1002 ", clientFrame(3, "") + clientFrame(1, "late"));
  }

  void writesHeads() {
    const auto head = [](std::size_t size) {
      std::string out;
      appendFrameHead(out, WebSocketOpcode::kText, size);
      return out;
    };
    CPPUNIT_ASSERT_EQUAL(std::string("\x81\0", 2), head(0));
    CPPUNIT_ASSERT_EQUAL(std::string("\x81\x7D"), head(125));
    CPPUNIT_ASSERT_EQUAL(std::string("\x81\x7E\0\x7E", 4), head(126));
    CPPUNIT_ASSERT_EQUAL(std::string("\x81\x7E\xFF\xFF"), head(65'535));
    CPPUNIT_ASSERT_EQUAL(std::string("\x81\x7F\0\0\0\0\0\x01\0\0", 10), head(65'536));
  }

  void closePayloadIsFitToBeSent() {
    CPPUNIT_ASSERT_EQUAL(closeWith(1000, "bye"), closePayload(1000, "bye"));
    for (const int code : {-1, 0, 1005, 1006, 1015, 2000, 5000, 70'000}) {
      CPPUNIT_ASSERT_EQUAL(closeWith(1011), closePayload(code, ""));
    }
    CPPUNIT_ASSERT_EQUAL(closeWith(4000, std::string(123, 'r')),
                         closePayload(4000, std::string(124, 'r')));
    // Not within a character.
    CPPUNIT_ASSERT_EQUAL(closeWith(1000, std::string(122, 'r')),
                         closePayload(1000, std::string(122, 'r') + "\xC3\xA9"));
    CPPUNIT_ASSERT_EQUAL(closeWith(1000, "a"), closePayload(1000, "a\xFF"));
  }

 private:
  static std::string part(unsigned opcode, std::string_view payload) {
    return clientFrame(opcode, payload, {false, 0, true});
  }

  static std::string describe(WebSocketReader::Event event, WebSocketReader& reader) {
    using Event = WebSocketReader::Event;
    switch (event) {
      case Event::kNeedMore: return "";
      case Event::kMessage: return (reader.text() ? "text:" : "binary:") + reader.payload() + " ";
      case Event::kPing: return "ping:" + reader.payload() + " ";
      case Event::kPong: return "pong:" + reader.payload() + " ";
      case Event::kClose:
        return "close" + std::to_string(reader.code()) + ":" + reader.payload() + " ";
      case Event::kFailed: return "fail" + std::to_string(reader.code()) + " ";
    }
    return "?";
  }

  static std::string readAll(WebSocketReader& reader, std::string_view input) {
    std::string events;
    for (;;) {
      const auto event = reader.read(input);
      if (event == WebSocketReader::Event::kNeedMore) break;
      events += describe(event, reader);
    }
    CPPUNIT_ASSERT(input.empty());
    return events;
  }

  void expect(const std::string& events, const std::string& bytes) {
    WebSocketReader whole(limit_);
    CPPUNIT_ASSERT_EQUAL(events, readAll(whole, bytes));
    WebSocketReader slow(limit_);
    std::string found;
    for (const char byte : bytes) found += readAll(slow, {&byte, 1});
    CPPUNIT_ASSERT_EQUAL(events, found);
  }

  std::size_t limit_ = 1U << 20;
};

CPPUNIT_TEST_SUITE_REGISTRATION(WebSocketFramesTest);

}  // namespace evmicro::detail

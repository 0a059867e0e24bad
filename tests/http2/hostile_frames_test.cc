// Frames that a good peer would not send, against a server on its port: what RFC 9113 wants happens
// to the stream or the connection, and the next connection is served.
#include "http2/echo_fixture.h"

namespace evmicro {

using test::echo;
using test::Fields;
using test::RawPeer;
using test::runUntil;
using test::Text;

namespace {

constexpr std::uint32_t kProtocolError = 1;
constexpr std::uint32_t kFlowControlError = 3;
constexpr std::uint32_t kFrameSizeError = 6;
constexpr std::uint32_t kCompressionError = 9;
constexpr std::uint32_t kEnhanceYourCalm = 11;

}  // namespace

class HostileFramesTest final : public test::EchoFixture {
  CPPUNIT_TEST_SUITE(HostileFramesTest);
  CPPUNIT_TEST(aCallIsAnswered);
  CPPUNIT_TEST(brokenConnectionsEndWithTheirReason);
  CPPUNIT_TEST(brokenStreamsEndAlone);
  CPPUNIT_TEST(badRequestsGetTheirStatus);
  CPPUNIT_TEST(rapidResetsEndTheConnection);
  CPPUNIT_TEST(streamsBrokenByThePeerEndTheConnection);
  CPPUNIT_TEST(pingsAreAnswered);
  CPPUNIT_TEST(unreadPingsEndTheConnection);
  CPPUNIT_TEST(everyCutOfAConversationIsHarmless);
  CPPUNIT_TEST(largeHeadsAreRefused);
  CPPUNIT_TEST(resetCancelsTheHandler);
  CPPUNIT_TEST(aStoppingServerSaysSo);
  CPPUNIT_TEST(pagesAndMessagesOfGoMicro);
  CPPUNIT_TEST_SUITE_END();

 public:
  void aCallIsAnswered() { served(); }

  void brokenConnectionsEndWithTheirReason() {
    using namespace test;
    struct Row {
      const char* name;
      std::string bytes;
      std::uint32_t code;
    };
    const std::string head = headerBlock(grpcHead("/Echo/Call"));
    const std::string settings(33 * 6, '\0');
    std::string continuations = frame(kHeaders, kNoFlag, 1, head);
    for (int i = 0; i < 20; ++i) continuations += frame(kContinuation, kNoFlag, 1, "");
    for (const Row& row : {
             Row{"DATA on stream 0", data(0, "x"), kProtocolError},
             Row{"HEADERS on stream 0", frame(kHeaders, kEndHeaders, 0, head), kProtocolError},
             Row{"an even stream", frame(kHeaders, kEndHeaders, 2, head), kProtocolError},
             Row{"DATA on an idle stream", data(1, "x"), kProtocolError},
             Row{"a frame above the limit", frame(kData, kNoFlag, 1, "", 16'385), kFrameSizeError},
             Row{"SETTINGS of 5 bytes", frame(kSettings, kNoFlag, 0, "12345"), kFrameSizeError},
             Row{"SETTINGS on a stream", frame(kSettings, kNoFlag, 1, ""), kProtocolError},
             Row{"SETTINGS: ack with content", frame(kSettings, kAck, 0, "123456"),
                 kFrameSizeError},
             Row{"SETTINGS: window of 2^31",
                 frame(kSettings, kNoFlag, 0, number(4, 2) + number(1U << 31, 4)),
                 kFlowControlError},
             Row{"PING of 7 bytes", frame(kPing, kNoFlag, 0, "1234567"), kFrameSizeError},
             Row{"WINDOW_UPDATE of 0", frame(kWindow, kNoFlag, 0, number(0, 4)), kProtocolError},
             Row{"WINDOW_UPDATE of 0 on a stream",
                 headers(1, grpcHead("/Echo/Later")) + frame(kWindow, kNoFlag, 1, number(0, 4)),
                 kProtocolError},
             Row{"WINDOW_UPDATE too large", frame(kWindow, kNoFlag, 0, number(0x7fffffff, 4)),
                 kFlowControlError},
             Row{"CONTINUATION without HEADERS", frame(kContinuation, kEndHeaders, 1, head),
                 kProtocolError},
             Row{"DATA between HEADERS and CONTINUATION",
                 frame(kHeaders, kNoFlag, 1, head) + data(1, ""), kProtocolError},
             Row{"a header block that is not HPACK",
                 frame(kHeaders, kEndHeaders, 1,
                       "\xff\xff\xff"
                       "\xff\xff"),
                 kCompressionError},
             Row{"many CONTINUATION frames", continuations, kEnhanceYourCalm},
             Row{"many SETTINGS in one frame", frame(kSettings, kNoFlag, 0, settings),
                 kEnhanceYourCalm},
             Row{"RST_STREAM of an idle stream", frame(kReset, kNoFlag, 1, number(8, 4)),
                 kProtocolError},
         }) {
      RawPeer& peer = connect();
      peer.send(opening() + row.bytes);
      CPPUNIT_ASSERT_MESSAGE(row.name, runUntil(*loop_, [&] {
                               return peer.ended() || codeOf(peer, kGoaway).has_value();
                             }));
      peer.finish();  // the server waits for that
      CPPUNIT_ASSERT_MESSAGE(row.name, ends(peer));
      const auto code = codeOf(peer, kGoaway);
      // nghttp2 ends some floods without a word.
      if (code) CPPUNIT_ASSERT_EQUAL_MESSAGE(row.name, row.code, *code);
      CPPUNIT_ASSERT_MESSAGE(row.name, code || row.code == kEnhanceYourCalm);
      served();
    }
  }

  void brokenStreamsEndAlone() {
    using namespace test;
    struct Row {
      const char* name;
      std::string bytes;
      std::uint32_t code;
    };
    Fields upper = grpcHead("/Echo/Call");
    upper.push_back({"Upper", "x"});
    Fields late = grpcHead("/Echo/Call");
    late.push_back({":path", "/again"});
    Fields hop = grpcHead("/Echo/Call");
    hop.push_back({"connection", "close"});
    Fields length = grpcHead("/Echo/Call");
    length.push_back({"content-length", "3"});
    for (const Row& row : {
             Row{"an upper-case name", headers(1, upper), kProtocolError},
             Row{"a pseudo header after the others", headers(1, late), kProtocolError},
             Row{"a header of a connection", headers(1, hop), kProtocolError},
             Row{"no :path", headers(1, {{":method", "POST"}, {":scheme", "http"}}),
                 kProtocolError},
             Row{"content-length that does not fit", headers(1, length) + data(1, "12345"),
                 kProtocolError},
         }) {
      RawPeer& peer = connect();
      peer.send(opening() + row.bytes + echo(3, "next"));
      CPPUNIT_ASSERT_MESSAGE(row.name, receives(peer, "next"));
      CPPUNIT_ASSERT_MESSAGE(row.name,
                             runUntil(*loop_, [&] { return codeOf(peer, kReset).has_value(); }));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.name, row.code, *codeOf(peer, kReset));
    }
  }

  void badRequestsGetTheirStatus() {
    using namespace test;
    const std::string good = test::text("x").SerializeAsString();
    struct Row {
      const char* name;
      std::string bytes;
      std::string status;
    };
    const auto head = [](const std::string& path, const Fields& more = {}) {
      return headers(1, grpcHead(path, more));
    };
    const std::string whole = data(1, message(good));
    for (const Row& row : {
             Row{"unknown service", head("/No/Call") + whole, "12"},
             Row{"unknown method", head("/Echo/No") + whole, "12"},
             Row{"no method", head("/Echo") + whole, "12"},
             Row{"unknown codec",
                 headers(1, {{":method", "POST"},
                             {":scheme", "http"},
                             {":authority", "x"},
                             {":path", "/Echo/Call"},
                             {"content-type", "application/grpc+avro"}}) +
                     whole,
                 "12"},
             Row{"no message", head("/Echo/Call") + data(1, ""), "12"},
             Row{"half a message", head("/Echo/Call") + data(1, message(good).substr(0, 6)), "13"},
             Row{"unknown flag", head("/Echo/Call") + data(1, message(good, 7)), "13"},
             Row{"compressed without encoding", head("/Echo/Call") + data(1, message(good, 1)),
                 "13"},
             Row{"unknown encoding", head("/Echo/Call", {{"grpc-encoding", "snappy"}}) + whole,
                 "12"},
             Row{"not gzip",
                 head("/Echo/Call", {{"grpc-encoding", "gzip"}}) + data(1, message(good, 1)), "13"},
             Row{"bad timeout", head("/Echo/Call", {{"grpc-timeout", "1x"}}) + whole, "13"},
             Row{"no time left", head("/Echo/Call", {{"grpc-timeout", "0n"}}) + whole, "4"},
             Row{"time runs out", head("/Echo/Later", {{"grpc-timeout", "1m"}}) + whole, "4"},
             Row{"bad binary metadata", head("/Echo/Call", {{"a-bin", "!"}}) + whole, "13"},
             Row{"bad payload", head("/Echo/Call") + data(1, message("\x0a\xff")), "3"},
             Row{"above the limit", head("/Echo/Call") + data(1, std::string("\0\x01\0\0\x01", 5)),
                 "8"},
         }) {
      RawPeer& peer = connect();
      peer.send(opening() + row.bytes);
      CPPUNIT_ASSERT_MESSAGE(row.name, getsStatus(peer));
      peer.send(echo(3, "next"));
      CPPUNIT_ASSERT_MESSAGE(row.name, receives(peer, "next"));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.name, row.status, statusOf(peer));
    }
    replies_.clear();
  }

  void rapidResetsEndTheConnection() {
    using namespace test;
    RawPeer& peer = connect();
    std::string bytes = opening();
    for (std::uint32_t i = 0; i < 3'000; ++i) {
      bytes += headers(2 * i + 1, grpcHead("/Echo/Later"));
      bytes += frame(kReset, kNoFlag, 2 * i + 1, number(8, 4));
    }
    peer.send(bytes);
    CPPUNIT_ASSERT(ends(peer));
    served();
  }

  // The server resets these streams, so that no limit of resets that come in counts them.
  void streamsBrokenByThePeerEndTheConnection() {
    using namespace test;
    for (const std::uint32_t many : {900U, 1'200U}) {
      RawPeer& peer = connect();
      std::string bytes = opening();
      for (std::uint32_t i = 0; i < many; ++i) {
        bytes += headers(2 * i + 1, grpcHead("/Echo/Later"));
        bytes += frame(kWindow, kNoFlag, 2 * i + 1, number(0x7fffffff, 4));
      }
      peer.send(bytes);
      if (many > 1'000) {
        CPPUNIT_ASSERT(runUntil(*loop_, [&] { return codeOf(peer, kGoaway).has_value(); }));
        CPPUNIT_ASSERT_EQUAL(kEnhanceYourCalm, *codeOf(peer, kGoaway));
        peer.finish();
        CPPUNIT_ASSERT(ends(peer));
      } else {
        peer.send(frame(kPing, kNoFlag, 0, "evmicro!"));
        CPPUNIT_ASSERT(receives(peer, "evmicro!", 1));
        CPPUNIT_ASSERT(!codeOf(peer, kGoaway));
      }
      replies_.clear();
    }
    served();
  }

  void pingsAreAnswered() {
    using namespace test;
    RawPeer& peer = connect();
    std::string bytes = opening();
    for (int i = 0; i < 5'000; ++i) bytes += frame(kPing, kNoFlag, 0, "evmicro!");
    peer.send(bytes);
    CPPUNIT_ASSERT(receives(peer, "evmicro!", 5'000));
  }

  void unreadPingsEndTheConnection() {
    using namespace test;
    RawPeer& peer = connect();
    peer.stopReading();
    std::string bytes = opening();
    for (int i = 0; i < 500'000; ++i) bytes += frame(kPing, kNoFlag, 0, "evmicro!");
    peer.send(bytes);
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return server_->stats().listener.connections == 0; }));
    served();
  }

  void everyCutOfAConversationIsHarmless() {
    const std::string whole = test::opening() + echo(1, "first") + echo(3, "second");
    for (std::size_t size = 24; size < whole.size(); ++size) {
      RawPeer& peer = connect();
      peer.send(whole.substr(0, size));
      peer.finish();
      CPPUNIT_ASSERT(ends(peer));
      peers_.clear();
    }
    served();
  }

  void largeHeadsAreRefused() {
    using namespace test;
    for (const std::size_t lines : {122U, 123U}) {  // beside the six of the head
      Fields more;
      for (std::size_t i = 0; i < lines; ++i) more.push_back({"x" + std::to_string(i), "y"});
      RawPeer& peer = connect();
      peer.send(opening() + echo(1, "many", more));
      CPPUNIT_ASSERT(getsStatus(peer));
      CPPUNIT_ASSERT_EQUAL(std::string(lines == 122 ? "0" : "13"), statusOf(peer));
    }
    served();
  }

  void resetCancelsTheHandler() {
    using namespace test;
    RawPeer& peer = connect();
    peer.send(opening() + headers(1, grpcHead("/Echo/Later")) +
              data(1, message(test::text("x").SerializeAsString())));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return context_.has_value(); }));
    CPPUNIT_ASSERT(!context_->done());
    peer.send(frame(kReset, kNoFlag, 1, number(8, 4)));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return context_->done(); }));
    CPPUNIT_ASSERT(ErrorKind::kCancelled == context_->status().kind());
    peer.send(echo(3, "next"));
    CPPUNIT_ASSERT(receives(peer, "next"));
  }

  void aStoppingServerSaysSo() {
    using namespace test;
    RawPeer& peer = connect();
    peer.send(opening() + headers(1, grpcHead("/Echo/Later")) +
              data(1, message(test::text("x").SerializeAsString())));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return !replies_.empty(); }));
    bool stopped = false;
    server_->stop([&stopped](Status) { stopped = true; });
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return codeOf(peer, kGoaway).has_value(); }));
    CPPUNIT_ASSERT_EQUAL(std::uint32_t{0}, *codeOf(peer, kGoaway));
    CPPUNIT_ASSERT(!stopped);
    replies_.front().send(test::text("in the end"));
    CPPUNIT_ASSERT(receives(peer, "in the end"));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return stopped; }));
    CPPUNIT_ASSERT_EQUAL(std::string("0"), statusOf(peer));
    CPPUNIT_ASSERT(ends(peer));
  }

  void pagesAndMessagesOfGoMicro() {
    using namespace test;
    RawPeer& peer = connect();
    peer.send(
        opening() +
        headers(
            1, {{":method", "GET"}, {":scheme", "http"}, {":authority", "x"}, {":path", "/health"}},
            kEndHeaders | kEndStream));
    CPPUNIT_ASSERT(receives(peer, "ok"));
    peer.send(headers(3, {{":method", "POST"},
                          {":scheme", "http"},
                          {":authority", "x"},
                          {":path", "/"},
                          {"content-type", "application/json"}}) +
              data(3, R"({"method":"Echo.Call","params":[{"status":"json"}],"id":1})"));
    CPPUNIT_ASSERT(receives(peer, R"({"id":1,"result":{"status":"json"},"error":null})"));
    peer.send(
        headers(5, {{":method", "PUT"}, {":scheme", "http"}, {":authority", "x"}, {":path", "/"}},
                kEndHeaders | kEndStream));
    CPPUNIT_ASSERT(receives(peer, "only GET"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HostileFramesTest);

}  // namespace evmicro

// The load generator must detect wrong replies, for every framework.
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include "bench/conversation.h"

namespace evmicro::bench {

using namespace std::string_literals;

class ConversationTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ConversationTest);
  CPPUNIT_TEST(rightRepliesEndTheirCalls);
  CPPUNIT_TEST(partsOfRepliesEndNothing);
  CPPUNIT_TEST(everyWrongByteIsNoticed);
  CPPUNIT_TEST(moreThanAReplyIsNoticed);
  CPPUNIT_TEST(streamIsOverWhenAllHasCome);
  CPPUNIT_TEST(gapInAStreamIsNoticed);
  CPPUNIT_TEST(http2AnswersSettingsAndPings);
  CPPUNIT_TEST(http2KeepsCallsApart);
  CPPUNIT_TEST(http2NoticesWrongReplies);
  CPPUNIT_TEST(grpcStreamIsReadAcrossFrames);
  CPPUNIT_TEST(pongsAreCompared);
  CPPUNIT_TEST_SUITE_END();

 public:
  void rightRepliesEndTheirCalls() {
    for (const Exchange& exchange : exchanges()) {
      const auto conversation = exchange.make();
      for (int call = 0; call < 2; ++call) {
        std::string request;
        conversation->ask(0, request);
        const Taken taken = take(*conversation, exchange.reply);
        CPPUNIT_ASSERT_EQUAL_MESSAGE(exchange.name, exchange.reply.size(), taken.bytes);
        CPPUNIT_ASSERT_MESSAGE(exchange.name, taken.over == std::vector<std::size_t>{0});
      }
    }
  }

  void partsOfRepliesEndNothing() {
    for (const Exchange& exchange : exchanges()) {
      const auto conversation = exchange.make();
      std::string request;
      conversation->ask(0, request);
      for (std::size_t size = 0; size < exchange.reply.size(); ++size) {
        const Taken taken = take(*conversation, exchange.reply.substr(0, size));
        CPPUNIT_ASSERT_EQUAL_MESSAGE(exchange.name, std::size_t{0}, taken.bytes);
        CPPUNIT_ASSERT_MESSAGE(exchange.name, taken.over.empty());
      }
    }
  }

  void everyWrongByteIsNoticed() {
    for (const Exchange& exchange : exchanges()) {
      for (std::size_t at = exchange.head; at < exchange.reply.size(); ++at) {
        const auto conversation = exchange.make();
        std::string request;
        conversation->ask(0, request);
        std::string reply = exchange.reply;
        reply[at] = static_cast<char>(reply[at] ^ 1);
        CPPUNIT_ASSERT_THROW_MESSAGE(exchange.name + " at " + std::to_string(at),
                                     take(*conversation, reply), std::runtime_error);
      }
    }
  }

  void moreThanAReplyIsNoticed() {
    for (const Exchange& exchange : exchanges()) {
      const auto conversation = exchange.make();
      std::string request;
      conversation->ask(0, request);
      CPPUNIT_ASSERT_THROW_MESSAGE(
          exchange.name, take(*conversation, exchange.reply + exchange.reply), std::runtime_error);
    }
  }

  void streamIsOverWhenAllHasCome() {
    const auto conversation = protoStream(2);
    std::string request;
    conversation->ask(0, request);
    const std::string messages = streamReply(1, "") + streamReply(1, "\x08\x01");
    CPPUNIT_ASSERT(take(*conversation, messages).over.empty());
    CPPUNIT_ASSERT(take(*conversation, streamReply(0, "", "EOS")).over ==
                   std::vector<std::size_t>{0});
  }

  void gapInAStreamIsNoticed() {
    const auto conversation = protoStream(3);
    std::string request;
    conversation->ask(0, request);
    CPPUNIT_ASSERT_THROW(take(*conversation, streamReply(1, "") + streamReply(1, "\x08\x02")),
                         std::runtime_error);
  }

  void http2AnswersSettingsAndPings() {
    const auto conversation = grpcCalls();
    const Taken taken =
        take(*conversation, frame(kSettings, 0, 0, "") + frame(kPing, 0, 0, "12345678"));
    CPPUNIT_ASSERT_EQUAL(frame(kSettings, 1, 0, "") + frame(kPing, 1, 0, "12345678"), taken.out);
    // Answers to what we have sent are not answered.
    CPPUNIT_ASSERT_EQUAL(""s, take(*conversation, frame(kSettings, 1, 0, "")).out);
  }

  void http2KeepsCallsApart() {
    const auto conversation = grpcCalls();
    std::string request;
    conversation->ask(0, request);
    conversation->ask(1, request);
    CPPUNIT_ASSERT(take(*conversation, grpcReply(3)).over == std::vector<std::size_t>{1});
    conversation->ask(1, request);
    CPPUNIT_ASSERT(take(*conversation, grpcReply(1) + grpcReply(5)).over ==
                   (std::vector<std::size_t>{0, 1}));
    CPPUNIT_ASSERT_THROW(take(*conversation, grpcReply(5)), std::runtime_error);
  }

  void http2NoticesWrongReplies() {
    const std::string wrong[] = {
        frame(kData, 0, 1, kGrpcAnswer.substr(1)),              // not the message
        frame(kHeaders, kEndHeaders | kEndStream, 1, "\x88"),   // an error: no message
        grpcReply(1, kGrpcAnswer) + grpcReply(1, kGrpcAnswer),  // twice
        frame(kReset, 0, 1, "\0\0\0\2"s),
        frame(kGoAway, 0, 0, "\0\0\0\0\0\0\0\0"s),
    };
    for (const std::string& reply : wrong) {
      const auto conversation = grpcCalls();
      std::string request;
      conversation->ask(0, request);
      CPPUNIT_ASSERT_THROW(take(*conversation, reply), std::runtime_error);
    }
  }

  void grpcStreamIsReadAcrossFrames() {
    const auto conversation = grpcStream(2);
    std::string request;
    conversation->ask(0, request);
    const std::string messages = "\0\0\0\0\0"s + "\0\0\0\0\2\x08\1"s;
    CPPUNIT_ASSERT(take(*conversation, frame(kHeaders, kEndHeaders, 1, "\x88") +
                                           frame(kData, 0, 1, messages.substr(0, 7)) +
                                           frame(kData, 0, 1, messages.substr(7)))
                       .over.empty());
    const std::string end = frame(kHeaders, kEndHeaders | kEndStream, 1, "\x88");
    CPPUNIT_ASSERT(take(*conversation, end).over == std::vector<std::size_t>{0});
    conversation->ask(0, request);
    CPPUNIT_ASSERT_THROW(take(*conversation, frame(kHeaders, kEndStream, 3, "\x88")),
                         std::runtime_error);
  }

  void pongsAreCompared() {
    for (const auto& make : {protoPings, grpcPings}) {
      const auto conversation = make();
      std::string request;
      conversation->ask(0, request);
      const bool http1 = make == protoPings;
      const auto pong = [http1](int seq, const std::string& stroke) {
        return http1 ? pongReply(seq, stroke) : frame(kData, 0, 1, "\0\0\0\0\2"s + stroke);
      };
      CPPUNIT_ASSERT(take(*conversation, pong(1, "\x08\x01")).over == std::vector<std::size_t>{0});
      conversation->ask(0, request);
      CPPUNIT_ASSERT_THROW(take(*conversation, pong(2, "\x08\x03")), std::runtime_error);
    }
  }

 private:
  struct Exchange {
    std::string name;
    MakeConversation make;
    std::string reply;
    std::size_t head;  // bytes at the front that may differ
  };
  struct Taken {
    std::size_t bytes = 0;
    std::vector<std::size_t> over;
    std::string out;
  };

  static constexpr int kData = 0, kHeaders = 1, kReset = 3, kSettings = 4, kPing = 6, kGoAway = 7;
  static constexpr int kEndStream = 1, kEndHeaders = 4;
  inline static const std::string kGrpcAnswer = "\0\0\0\0\x0c\x12\x0aHello John"s;

  static Taken take(Conversation& conversation, const std::string& input) {
    Taken taken;
    taken.bytes = conversation.take(input, taken.over, taken.out);
    return taken;
  }

  static std::vector<Exchange> exchanges() {
    const std::string proto =
        httpReply(part(envelope("Greeter.Hello", 0, "")) + part("\x12\x0aHello John"));
    const std::string json =
        httpReply("{\"id\":0,\"result\":{\"greeting\":\"Hello John\"},\"error\":null}\n");
    const std::string thrift =
        "\0\0\0\x27\x80\1\0\2\0\0\0\5Hello\0\0\0\0\x0c\0\0\x0b\0\2\0\0\0\x0aHello John\0\0"s;
    return {{"proto", protoCalls, proto, proto.find("\r\n\r\n") + 4},
            {"json", jsonCalls, json, json.find("\r\n\r\n") + 4},
            {"thrift", thriftCalls, thrift, 0}};
  }

  static std::string part(const std::string& bytes) {
    return "\0\0\0"s + static_cast<char>(bytes.size()) + bytes;
  }
  static std::string envelope(const std::string& method, int seq, const std::string& error) {
    return "\x0a"s + static_cast<char>(method.size()) + method + "\x11" + static_cast<char>(seq) +
           std::string(7, '\0') + "\x1a" + static_cast<char>(error.size()) + error;
  }
  static std::string httpReply(const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  static std::string streamReply(int seq, const std::string& payload,
                                 const std::string& error = "") {
    return httpReply(part(envelope("Example.Stream", seq, error)) + part(payload));
  }
  static std::string pongReply(int seq, const std::string& payload) {
    return httpReply(part(envelope("Example.PingPong", seq, "")) + part(payload));
  }

  static std::string frame(int type, int flags, int stream, const std::string& payload) {
    return "\0\0"s + static_cast<char>(payload.size()) + static_cast<char>(type) +
           static_cast<char>(flags) + "\0\0\0"s + static_cast<char>(stream) + payload;
  }
  static std::string grpcReply(int stream, const std::string& answer = kGrpcAnswer) {
    return frame(kHeaders, kEndHeaders, stream, "\x88") + frame(kData, 0, stream, answer) +
           frame(kHeaders, kEndHeaders | kEndStream, stream, "\x88");
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ConversationTest);

}  // namespace evmicro::bench

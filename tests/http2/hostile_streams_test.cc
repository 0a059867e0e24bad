// Requests of gRPC that a good peer would not send, or only a strange one, against a server on its
// port: each gets the status that the specification names, and the connection goes on.
#include "http2/echo_fixture.h"

namespace evmicro {

using test::echo;
using test::Fields;
using test::RawPeer;
using test::runUntil;
using test::Text;

class HostileStreamsTest final : public test::EchoFixture {
  CPPUNIT_TEST_SUITE(HostileStreamsTest);
  CPPUNIT_TEST(floodsOfFramesWithoutContentEndTheConnection);
  CPPUNIT_TEST(unknownFramesAreIgnored);
  CPPUNIT_TEST(tinyMessagesInOneFrame);
  CPPUNIT_TEST(trailersOfRequests);
  CPPUNIT_TEST(timesAtTheirLimits);
  CPPUNIT_TEST(headsThatAreUnusual);
  CPPUNIT_TEST(pathsThatNameNoMethod);
  CPPUNIT_TEST(metadataUpToTheLimit);
  CPPUNIT_TEST(openStreamsOutliveTheGoawayOfTheirPeer);
  CPPUNIT_TEST(openStreamsAreKnownWhenOthersHaveEnded);
  CPPUNIT_TEST(streamsThatAreNotReadFillTheirWindowOnly);
  CPPUNIT_TEST_SUITE_END();

 public:
  // Each costs the peer a few bytes, and none has a use.
  void floodsOfFramesWithoutContentEndTheConnection() {
    using namespace test;
    const std::string open = headers(1, grpcHead("/Echo/Count"));
    const std::string padded = frame(kData, kPadded, 1, std::string("\3\0\0\0", 4));
    for (const std::string& one :
         {frame(kData, kNoFlag, 1, ""), padded, frame(kPriority, kNoFlag, 3, number(0, 5))}) {
      for (const int many : {900, 1'200}) {
        RawPeer& peer = connect();
        std::string bytes = opening() + open;
        for (int i = 0; i < many; ++i) bytes += one;
        peer.send(bytes + frame(kPing, kNoFlag, 0, "evmicro!"));
        CPPUNIT_ASSERT(
            runUntil(*loop_, [&] { return codeOf(peer, kGoaway) || peer.has("evmicro!"); }));
        CPPUNIT_ASSERT_EQUAL(many > 1'000, codeOf(peer, kGoaway).has_value());
        if (codeOf(peer, kGoaway)) CPPUNIT_ASSERT_EQUAL(kEnhanceYourCalm, *codeOf(peer, kGoaway));
      }
    }
    served();
  }

  // PRIORITY_UPDATE of RFC 9218 among them.
  void unknownFramesAreIgnored() {
    using namespace test;
    std::string bytes = opening();
    for (int i = 0; i < 5'000; ++i) {
      bytes += frame(kPriorityUpdate, kNoFlag, 0, number(1, 4) + "u=0");
      bytes += frame(0xbe, kNoFlag, 1, "grease");
    }
    RawPeer& peer = connect();
    peer.send(bytes + echo(1, "x"));
    expect("unknown frames", peer, "0");
  }

  void tinyMessagesInOneFrame() {
    using namespace test;
    constexpr std::size_t kMessages = 3'276;
    RawPeer& peer = connect();
    peer.send(opening() + headers(1, grpcHead("/Echo/Count")) +
              data(1, std::string(kMessages * 5, '\0')));
    expect("tiny messages", peer, "0");
    CPPUNIT_ASSERT(peer.has("3276 came"));
  }

  void trailersOfRequests() {
    using namespace test;
    const std::string trailers =
        frame(kHeaders, kEndHeaders | kEndStream, 1, headerBlock({{"late", "x"}}));
    const std::string head = headers(1, grpcHead("/Echo/Call"));
    const std::string body = data(1, message(text("x").SerializeAsString()), kNoFlag);
    expect("after the message", head + body + trailers, "0");
    expect("instead of the message", head + trailers, "12");
    expect("within the message",
           head + data(1, message(text("x").SerializeAsString()).substr(0, 6), kNoFlag) + trailers,
           "13");
    RawPeer& prompt = connect();
    prompt.send(opening() + headers(1, grpcHead("/Echo/Later")) + body + trailers);
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return replies_.size() == 1; }));
    CPPUNIT_ASSERT(!context_->metadata().has("Late"));  // which is the head's
    RawPeer& peer = connect();
    peer.send(opening() + headers(1, grpcHead("/Echo/Later")) + trailers + body);
    CPPUNIT_ASSERT(
        runUntil(*loop_, [&] { return statusOf(peer) == "12" || codeOf(peer, kGoaway); }));
    served();
  }

  void timesAtTheirLimits() {
    for (const char* time : {"99999999H", "99999999n", "00000001H", "1S"}) {
      const bool brief = std::string(time) == "99999999n";  // a tenth of a second
      expect(time, echo(1, "x", {{"grpc-timeout", time}}), brief ? "" : "0");
    }
    for (const char* time : {"", "H", "5", "100000000S", "-1S", "+1S", "1.5S", "1 S", "0x1S",
                             "99999999999999999999H", "1s"}) {
      expect(time, echo(1, "x", {{"grpc-timeout", time}}), "13");
    }
  }

  void headsThatAreUnusual() {
    using namespace test;
    Fields noTe = grpcHead("/Echo/Call");
    noTe.erase(noTe.begin() + 4);
    const std::string body = data(1, message(text("x").SerializeAsString()));
    expect("no te", headers(1, noTe) + body, "0");
    expect("te twice", echo(1, "x", {{"te", "trailers"}}), "0");
    expect("two timeouts", echo(1, "x", {{"grpc-timeout", "1H"}, {"grpc-timeout", "2H"}}), "0");
    expect("repeated metadata", echo(1, "x", {{"a", "1"}, {"a", "2"}}), "0");
    expect("identity", echo(1, "x", {{"grpc-encoding", "identity"}}), "0");
    expect("an empty encoding", echo(1, "x", {{"grpc-encoding", ""}}), "0");
    expect("an empty value", echo(1, "x", {{"a", ""}}), "0");
    for (const char* value : {"", "YQ==", "YQ", "YQ==,Yg==", "YQ,,Yg"})
      expect(value, echo(1, "x", {{"a-bin", value}}), "0");
    for (const char* value : {"Y", "YQ==,!", "YQ==Yg==", "YQ==;Yg=="})
      expect(value, echo(1, "x", {{"a-bin", value}}), "13");
    expect("accepted encodings", echo(1, "x", {{"grpc-accept-encoding", ",,, gzip ;q=,\t,snappy"}}),
           "0");
    expect("a reserved name", echo(1, "x", {{"grpc-status", "7"}}), "0");
  }

  void pathsThatNameNoMethod() {
    for (const char* path :
         {"/", "/Echo", "/Echo/", "//Call", "/Echo/Call/", "/Echo//Call", "//Echo/Call",
          "/Echo/Call?x=1", "/Echo/Call#x", "/Echo/%43all", "/echo/call", "/Echo/Call%00",
          "/.Echo/Call", "/Echo./Call", "/Echo/Ca.ll", "/a.b.Echo/No", "/Echo.Call"}) {
      expect(path, test::headers(1, test::grpcHead(path)) + test::data(1, test::message("")), "12");
    }
  }

  // The limit of the list is 64 KiB, as HTTP/2 counts.
  void metadataUpToTheLimit() {
    using namespace test;
    constexpr std::size_t kLimit = 64U << 10;
    std::size_t used = 0;
    for (const auto& [name, value] : grpcHead("/Echo/Call"))
      used += name.size() + value.size() + 32;
    for (const std::size_t over : {0U, 1U}) {
      const std::string value(kLimit - used - 33 + over, 'v');  // beside "a"
      const std::string block = headerBlock(grpcHead("/Echo/Call", {{"a", value}}));
      std::string bytes = frame(kHeaders, kNoFlag, 1, block.substr(0, 16'384));
      for (std::size_t at = 16'384; at < block.size(); at += 16'384) {
        const bool last = at + 16'384 >= block.size();
        bytes += frame(kContinuation, last ? kEndHeaders : kNoFlag, 1, block.substr(at, 16'384));
      }
      expect(over ? "above" : "below", bytes + data(1, message(text("x").SerializeAsString())),
             over ? "13" : "0");
    }
  }

  // The last one takes the place of each.
  void openStreamsAreKnownWhenOthersHaveEnded() {
    using namespace test;
    const auto later = [](std::uint32_t stream) {
      return headers(stream, grpcHead("/Echo/Later")) +
             data(stream, message(text("x").SerializeAsString()));
    };
    RawPeer& peer = connect();
    peer.send(opening() + later(1) + later(3));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return replies_.size() == 2; }));
    const Context second = *context_;
    peer.send(later(5));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return replies_.size() == 3; }));
    replies_[0].send(text("first"));
    CPPUNIT_ASSERT(getsStatus(peer, 1));
    replies_[2].send(text("third"));
    CPPUNIT_ASSERT(getsStatus(peer, 5));
    CPPUNIT_ASSERT(!second.done());
    peer.close();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return second.done(); }));
  }

  void openStreamsOutliveTheGoawayOfTheirPeer() {
    using namespace test;
    RawPeer& peer = connect();
    peer.send(opening() + headers(1, grpcHead("/Echo/Later")) +
              data(1, message(text("x").SerializeAsString())));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return replies_.size() == 1; }));
    peer.send(frame(kGoaway, kNoFlag, 0, number(0, 8)) + frame(kPing, kNoFlag, 0, "evmicro!"));
    CPPUNIT_ASSERT(receives(peer, "evmicro!"));
    replies_.front().send(text("still here"));
    CPPUNIT_ASSERT(receives(peer, "still here"));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return statusOf(peer) == "0"; }));
  }

  // A stream whose handler does not ask for messages.
  void streamsThatAreNotReadFillTheirWindowOnly() {
    using namespace test;
    constexpr std::size_t kWindowSize = 256U << 10;
    for (const std::size_t frames : {15U, 18U}) {
      RawPeer& peer = connect();
      // The window is the server's once its settings are acknowledged.
      peer.send(opening() + frame(kSettings, kAck, 0, "") + headers(1, grpcHead("/Echo/Hold")));
      CPPUNIT_ASSERT(runUntil(*loop_, [&] { return held_.has_value(); }));
      std::string more;
      for (std::size_t i = 0; i < frames; ++i) more += data(1, std::string(16'384, 'x'), kNoFlag);
      peer.send(more + frame(kPing, kNoFlag, 0, "evmicro!"));
      CPPUNIT_ASSERT(runUntil(*loop_, [&] { return errorOf(peer) || peer.has("evmicro!"); }));
      const bool above = frames * 16'384 > kWindowSize;
      CPPUNIT_ASSERT_EQUAL(above, errorOf(peer).has_value());
      if (above) CPPUNIT_ASSERT_EQUAL(kFlowControlError, *errorOf(peer));
      held_.reset();
    }
    served();
  }

  void tearDown() override {
    held_.reset();
    test::EchoFixture::tearDown();
  }

 private:
  static constexpr int kPriority = 2;
  static constexpr int kPriorityUpdate = 16;
  static constexpr int kPadded = 8;
  static constexpr std::uint32_t kFlowControlError = 3;
  static constexpr std::uint32_t kEnhanceYourCalm = 11;

  void handleMore() override {
    server_->handleStream<Text, Text>(
        "Echo.Hold",
        [this](const Context&, ServerStream<Text, Text> stream) { held_ = std::move(stream); });
    server_->handleStream<Text, Text>("Echo.Count", [this](Context, ServerStream<Text, Text> all) {
      all.onMessage([this](const Text&) { ++counted_; });
      all.onEnd([all, this](const Status&) mutable {
        all.send(test::text(std::to_string(counted_) + " came"));
        all.finish();
      });
    });
  }

  // An empty `status` stands for any. The next call on the connection is answered.
  void expect(const std::string& what, RawPeer& peer, const std::string& status) {
    CPPUNIT_ASSERT_MESSAGE(what, runUntil(*loop_, [&] { return !statusOf(peer).empty(); }));
    if (!status.empty()) CPPUNIT_ASSERT_EQUAL_MESSAGE(what, status, statusOf(peer));
    peer.send(echo(3, "next"));
    CPPUNIT_ASSERT_MESSAGE(what, receives(peer, "next"));
  }
  void expect(const std::string& what, const std::string& bytes, const std::string& status) {
    RawPeer& peer = connect();
    peer.send(test::opening() + bytes);
    expect(what, peer, status);
    peers_.clear();
  }

  std::size_t counted_ = 0;
  std::optional<ServerStream<Text, Text>> held_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(HostileStreamsTest);

}  // namespace evmicro

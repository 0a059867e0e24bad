// Replies whose errors or metadata are larger than what HTTP/2 or the peer takes: the caller must
// learn of the end of its call all the same.
#include "http2/echo_fixture.h"

namespace evmicro {

using test::RawPeer;
using test::runUntil;
using test::Text;
using namespace test;

class ReplyLimitsTest final : public test::EchoFixture {
  CPPUNIT_TEST_SUITE(ReplyLimitsTest);
  CPPUNIT_TEST(longErrorsAreCut);
  CPPUNIT_TEST(errorsThatFitAreWhole);
  CPPUNIT_TEST(thePeersLimitCounts);
  CPPUNIT_TEST(aCutErrorKeepsItsCodeAndId);
  CPPUNIT_TEST(charactersAreNotCut);
  CPPUNIT_TEST(metadataThatFits);
  CPPUNIT_TEST(initialMetadataThatIsTooLarge);
  CPPUNIT_TEST(trailingMetadataThatIsTooLarge);
  CPPUNIT_TEST(errorsOutliveTheirMetadata);
  CPPUNIT_TEST(aPeerThatTakesNothingGetsTheStatus);
  CPPUNIT_TEST(headsOfOtherRepliesEndTheStream);
  CPPUNIT_TEST_SUITE_END();

 public:
  void longErrorsAreCut() {
    for (const std::size_t size : {20'000, 40'000, 70'000, 1'000'000}) {
      detail_ = std::string(size, 'x');
      RawPeer& peer = connect();
      peer.send(opening() + call(1, "/Echo/Fail"));
      CPPUNIT_ASSERT(getsStatus(peer));
      CPPUNIT_ASSERT_EQUAL(std::string("9"), statusOf(peer));
      const std::string message = field(peer, "grpc-message");
      const bool whole = size == 20'000;
      CPPUNIT_ASSERT_EQUAL(whole, message == detail_);
      CPPUNIT_ASSERT(message.size() > 10'000);
      if (!whole) CPPUNIT_ASSERT_EQUAL(std::string("xxx..."), message.substr(message.size() - 6));
    }
  }

  void errorsThatFitAreWhole() {
    RawPeer& peer = connect();
    detail_ = std::string(2'000, 'x');
    peer.send(limited(8'192) + call(1, "/Echo/Fail"));
    CPPUNIT_ASSERT(getsStatus(peer));
    CPPUNIT_ASSERT_EQUAL(detail_, field(peer, "grpc-message"));
    CPPUNIT_ASSERT(!field(peer, "evmicro-error-bin").empty());
  }

  // As gRPC's clients have it by default: they report RESOURCE_EXHAUSTED otherwise.
  void thePeersLimitCounts() {
    RawPeer& peer = connect();
    detail_ = std::string(5'000, 'x');
    peer.send(limited(8'192) + call(1, "/Echo/Fail"));
    CPPUNIT_ASSERT(getsStatus(peer));
    CPPUNIT_ASSERT_EQUAL(std::string("9"), statusOf(peer));
    CPPUNIT_ASSERT(listSize(peer) <= 8'192);
    CPPUNIT_ASSERT(listSize(peer) > 4'000);
  }

  void aCutErrorKeepsItsCodeAndId() {
    CallOptions options;
    options.protocol = CallProtocol::kGrpc;
    detail_ = std::string(200'000, 'x');
    const Status got = RpcFixture::call("Echo.Fail", "x", options).status();
    CPPUNIT_ASSERT_EQUAL(418, got.code());
    CPPUNIT_ASSERT_EQUAL(std::string("teapot"), got.id());
    CPPUNIT_ASSERT(got.detail().size() > 10'000);
    CPPUNIT_ASSERT(got.detail().size() < 65'536);
  }

  void charactersAreNotCut() {
    RawPeer& peer = connect();
    detail_.clear();
    for (int i = 0; i < 2'000; ++i) detail_ += "\xe2\x98\x95";
    peer.send(limited(4'096) + call(1, "/Echo/Fail"));
    CPPUNIT_ASSERT(getsStatus(peer));
    const std::string message = field(peer, "grpc-message");
    CPPUNIT_ASSERT_EQUAL(std::string("%E2%98%95..."), message.substr(message.size() - 12));
  }

  void metadataThatFits() {
    metadataIs(&ReplyMetadata::initial, 60'000, "0");
    metadataIs(&ReplyMetadata::trailing, 60'000, "0");
  }
  void initialMetadataThatIsTooLarge() { metadataIs(&ReplyMetadata::initial, 66'000, "13"); }
  void trailingMetadataThatIsTooLarge() { metadataIs(&ReplyMetadata::trailing, 66'000, "13"); }

  void errorsOutliveTheirMetadata() {
    RawPeer& peer = connect();
    detail_ = "short";
    trailing_ = std::string(70'000, 'x');
    peer.send(opening() + call(1, "/Echo/Fail"));
    CPPUNIT_ASSERT(getsStatus(peer));
    CPPUNIT_ASSERT_EQUAL(std::string("9"), statusOf(peer));
    CPPUNIT_ASSERT_EQUAL(std::string("short"), field(peer, "grpc-message"));
  }

  void aPeerThatTakesNothingGetsTheStatus() {
    RawPeer& peer = connect();
    detail_ = "long enough";
    peer.send(limited(0) + call(1, "/Echo/Fail") + echo(3, "hello"));
    CPPUNIT_ASSERT(getsStatus(peer));
    CPPUNIT_ASSERT_EQUAL(std::string("9"), statusOf(peer));
    CPPUNIT_ASSERT(getsStatus(peer, 3));
    CPPUNIT_ASSERT_EQUAL(std::string("0"), statusOf(peer, 3));
  }

  // Of go-micro's messages by POST.
  void headsOfOtherRepliesEndTheStream() {
    RawPeer& peer = connect();
    initial_ = std::string(70'000, 'x');
    const std::string body = R"({"method":"Echo.Meta","params":[{}],"id":1})";
    peer.send(opening() +
              headers(1, {{":method", "POST"},
                          {":scheme", "http"},
                          {":path", "/"},
                          {":authority", "x"},
                          {"content-type", "application/json"}}) +
              data(1, body));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return codeOf(peer, kReset).has_value(); }));
    CPPUNIT_ASSERT_EQUAL(std::uint32_t{2}, *codeOf(peer, kReset));
    peer.send(echo(3, "hello"));
    CPPUNIT_ASSERT(getsStatus(peer, 3));
  }

 private:
  void handleMore() override {
    server_->handle<Text, Text>("Echo.Fail", [this](Context& context, const Text&, Text&) {
      if (!trailing_.empty()) context.replyMetadata().trailing.set("X-Some", trailing_);
      return Status::error(418, "teapot", detail_);
    });
    server_->handle<Text, Text>("Echo.Meta", [this](Context& context, const Text&, Text&) {
      if (!initial_.empty()) context.replyMetadata().initial.set("X-Some", initial_);
      if (!trailing_.empty()) context.replyMetadata().trailing.set("X-Some", trailing_);
      return Status();
    });
  }

  void metadataIs(Metadata ReplyMetadata::*which, std::size_t size, const std::string& status) {
    (which == &ReplyMetadata::initial ? initial_ : trailing_) = std::string(size, 'x');
    RawPeer& peer = connect();
    peer.send(opening() + call(1, "/Echo/Meta") + call(3, "/Echo/Call"));
    CPPUNIT_ASSERT(getsStatus(peer));
    CPPUNIT_ASSERT_EQUAL(status, statusOf(peer));
    CPPUNIT_ASSERT_EQUAL(status == "0" ? size : 0, field(peer, "x-some").size());
    CPPUNIT_ASSERT(getsStatus(peer, 3));
    CPPUNIT_ASSERT_EQUAL(std::string("0"), statusOf(peer, 3));
    initial_.clear();
    trailing_.clear();
  }

  static std::string call(std::uint32_t stream, const std::string& path) {
    return headers(stream, grpcHead(path)) + data(stream, message(""));
  }
  /// An opening with SETTINGS_MAX_HEADER_LIST_SIZE.
  static std::string limited(std::uint32_t size) {
    return kPreface + frame(kSettings, kNoFlag, 0, number(6, 2) + number(size, 4));
  }
  /// Of the last stream.
  static std::string field(const RawPeer& peer, const std::string& wanted) {
    std::string found;
    for (const auto& [id, fields] : headersIn(peer.received())) {
      for (const auto& [name, value] : fields) {
        if (name == wanted) found = value;
      }
    }
    return found;
  }
  static std::size_t listSize(const RawPeer& peer) {
    std::size_t size = 0;
    for (const auto& [id, fields] : headersIn(peer.received())) {
      for (const auto& [name, value] : fields) size += name.size() + value.size() + 32;
    }
    return size;
  }

  std::string detail_;
  std::string initial_;
  std::string trailing_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ReplyLimitsTest);

}  // namespace evmicro

#include <evmicro/conformance/codec_contract.h>

#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/wrappers.pb.h>

namespace evmicro::test {

using google::protobuf::StringValue;

namespace {

constexpr const char* kMethod = "Greeter.Hello";
constexpr const char* kText = "John \"\\ <&> \xC3\xBC\n\t end";

StringValue valueOf(std::string_view text) {
  StringValue value;
  value.set_value(std::string(text));
  return value;
}

void assertOk(const Status& status) { CPPUNIT_ASSERT_MESSAGE(status.toString(), status.ok()); }

// The same bytes, each in a block of its own.
Buffer inPieces(const std::string& text) {
  Buffer body;
  body.raw();  // not in one block, as few bytes are otherwise
  for (const char byte : text) {
    Buffer piece;
    piece.raw();
    piece.append(std::string_view(&byte, 1));
    body.append(std::move(piece));
  }
  return body;
}

// A type that no codec knows.
struct Stranger {};

}  // namespace

void CodecContract::setUp() {
  codec_ = makeCodec();
  silence_ = std::make_shared<google::protobuf::LogSilencer>();
}

void CodecContract::tearDown() {
  codec_.reset();
  silence_.reset();
}

Buffer CodecContract::request(std::string_view text, std::uint64_t seq) const {
  const StringValue value = valueOf(text);
  Buffer body;
  assertOk(codec_->writeRequest(kMethod, seq, &value, body));
  return body;
}

Frame CodecContract::requestFrame(std::uint64_t seq) const {
  Buffer body = request("x", seq);
  Frame frame;
  assertOk(codec_->readRequest(body, frame));
  return frame;
}

Buffer CodecContract::reply(std::string_view text) const {
  const StringValue value = valueOf(text);
  Buffer body;
  assertOk(codec_->writeReply(requestFrame(), &value, body));
  return body;
}

std::string CodecContract::payloadOf(Frame& frame, Buffer& body) const {
  StringValue value;
  assertOk(codec_->readPayload(frame, body, &value));
  return value.value();
}

void CodecContract::hasAName() { CPPUNIT_ASSERT(!codec_->name().empty()); }

void CodecContract::requestIsReadAsItWasWritten() {
  Buffer body = request(kText);
  Frame frame;
  assertOk(codec_->readRequest(body, frame));
  CPPUNIT_ASSERT_EQUAL(std::string(kMethod), frame.method);
  CPPUNIT_ASSERT_EQUAL(std::string(kText), payloadOf(frame, body));
}

void CodecContract::replyIsReadAsItWasWritten() {
  Buffer body = reply(kText);
  Frame frame;
  assertOk(codec_->readReply(body, frame));
  CPPUNIT_ASSERT_EQUAL(std::string(), frame.error);
  CPPUNIT_ASSERT_EQUAL(std::string(kText), payloadOf(frame, body));
}

void CodecContract::errorIsReadAsItWasWritten() {
  const std::string text = R"({"id":"greeter","code":404,"detail":"no \"John\"","status":""})";
  Buffer body;
  codec_->writeError(requestFrame(), text, body);
  Frame frame;
  assertOk(codec_->readReply(body, frame));
  CPPUNIT_ASSERT_EQUAL(text, frame.error);
}

void CodecContract::replyAnswersItsRequest() {
  for (const std::uint64_t seq : {0U, 1U, 70'000U}) {
    const StringValue value = valueOf("x");
    Buffer body;
    assertOk(codec_->writeReply(requestFrame(seq), &value, body));
    Frame frame;
    assertOk(codec_->readReply(body, frame));
    const auto answered = codec_->seqOf(frame);
    if (answered) CPPUNIT_ASSERT_EQUAL(seq, *answered);
  }
}

// Needed for pooled connections, whose requests are numbered from 0.
void CodecContract::renumberedRequestHasTheNewNumber() {
  Buffer body = request(kText, 3);
  codec_->renumber(body, 41);
  Frame frame;
  assertOk(codec_->readRequest(body, frame));
  CPPUNIT_ASSERT_EQUAL(std::string(kText), payloadOf(frame, body));
  const StringValue value = valueOf("x");
  Buffer answer;
  assertOk(codec_->writeReply(frame, &value, answer));
  Frame read;
  assertOk(codec_->readReply(answer, read));
  const auto answered = codec_->seqOf(read);
  if (answered) CPPUNIT_ASSERT_EQUAL(std::uint64_t{41}, *answered);
}

void CodecContract::payloadTravelsAlone() {
  const StringValue value = valueOf(kText);
  Buffer body;
  assertOk(codec_->marshal(&value, body));
  StringValue read;
  assertOk(codec_->unmarshal(body, &read));
  CPPUNIT_ASSERT_EQUAL(std::string(kText), read.value());
}

void CodecContract::emptyAndBigPayloadsTravel() {
  for (const std::string& text : {std::string(), std::string(1U << 20, 'x')}) {
    Buffer body = request(text);
    Frame frame;
    assertOk(codec_->readRequest(body, frame));
    CPPUNIT_ASSERT(text == payloadOf(frame, body));
  }
}

void CodecContract::writingAppends() {
  const StringValue value = valueOf(kText);
  const Frame frame = requestFrame();
  const auto assertAppends = [](const std::function<void(Buffer&)>& write) {
    Buffer alone;
    write(alone);
    Buffer behind("before");
    write(behind);
    CPPUNIT_ASSERT_EQUAL("before" + alone.toString(), behind.toString());
  };
  assertAppends([&](Buffer& out) { assertOk(codec_->writeRequest(kMethod, 1, &value, out)); });
  assertAppends([&](Buffer& out) { assertOk(codec_->writeReply(frame, &value, out)); });
  assertAppends([&](Buffer& out) { codec_->writeError(frame, "no", out); });
  assertAppends([&](Buffer& out) { assertOk(codec_->marshal(&value, out)); });
}

void CodecContract::blocksOfABodyDoNotMatter() {
  Buffer body = inPieces(request(kText).toString());
  Frame frame;
  assertOk(codec_->readRequest(body, frame));
  CPPUNIT_ASSERT_EQUAL(std::string(kText), payloadOf(frame, body));
}

void CodecContract::unknownKindsOfPayloadAreInvalid() {
  const Frame frame = requestFrame();
  Stranger stranger;
  const Stranger& source = stranger;
  Buffer out("before");
  const auto assertRefused = [&out](const Status& status) {
    CPPUNIT_ASSERT_EQUAL(ErrorKind::kInvalid, status.kind());
    CPPUNIT_ASSERT_EQUAL(std::string("before"), out.toString());
  };
  assertRefused(codec_->writeRequest(kMethod, 1, OtherPayload<const void*>(&source), out));
  assertRefused(codec_->writeReply(frame, OtherPayload<const void*>(&source), out));
  assertRefused(codec_->marshal(OtherPayload<const void*>(&source), out));
  Buffer body = request(kText);
  Frame read;
  assertOk(codec_->readRequest(body, read));
  assertRefused(codec_->readPayload(read, body, OtherPayload<void*>(&stranger)));
}

void CodecContract::oneObjectServesManyConversations() {
  Buffer first = request("first", 1);
  Buffer second = request("second", 2);
  Frame firstFrame;
  Frame secondFrame;
  assertOk(codec_->readRequest(first, firstFrame));
  assertOk(codec_->readRequest(second, secondFrame));
  CPPUNIT_ASSERT_EQUAL(std::string("second"), payloadOf(secondFrame, second));
  CPPUNIT_ASSERT_EQUAL(std::string("first"), payloadOf(firstFrame, first));
}

// The result is up to the codec, but there must be one.
void CodecContract::readAll(const std::string& bytes) const {
  for (const auto read : {&Codec::readRequest, &Codec::readReply}) {
    Buffer body(bytes);
    Frame frame;
    StringValue value;
    if (!((*codec_).*read)(body, frame).ok()) continue;
    static_cast<void>(codec_->seqOf(frame));
    static_cast<void>(codec_->readPayload(frame, body, &value));
  }
  Buffer body(bytes);
  StringValue value;
  static_cast<void>(codec_->unmarshal(body, &value));
}

void CodecContract::survives(const std::function<void(const std::string& body)>& change) const {
  Buffer error;
  codec_->writeError(requestFrame(), "no", error);
  for (const std::string& body :
       {request(kText).toString(), reply(kText).toString(), error.toString()}) {
    change(body);
  }
}

void CodecContract::survivesEveryTruncation() {
  survives([this](const std::string& body) {
    for (std::size_t length = 0; length < body.size(); ++length) readAll(body.substr(0, length));
  });
}

void CodecContract::survivesEveryDamagedByte() {
  survives([this](std::string body) {
    for (char& byte : body) {
      const char original = byte;
      for (const int mask : {0x01, 0x20, 0x80, 0xFF}) {
        byte = static_cast<char>(original ^ mask);
        readAll(body);
      }
      byte = original;
    }
  });
}

}  // namespace evmicro::test

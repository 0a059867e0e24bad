// The cases of h2spec, which tests servers against RFC 9113 and 7541, as a table of our own. Each
// has a connection to itself; the table is in the output.
#include <iostream>

#include "http2/echo_fixture.h"

namespace evmicro {

using test::RawPeer;
using test::runUntil;
using test::Text;
using namespace test;

namespace {

enum Code : std::uint32_t {
  kProtocol = 1,
  kFlowControl = 3,
  kStreamClosed = 5,
  kFrameSize = 6,
  kRefused = 7,
  kCancel = 8,
  kCompression = 9
};
enum MoreTypes { kPriority = 2, kPushPromise = 5 };
enum MoreFlags { kPadded = 8, kPrioritised = 32 };

struct Row {
  std::string name;
  std::string bytes;
  /// Of RST_STREAM or GOAWAY, any of these; none: the connection goes on.
  std::vector<std::uint32_t> codes;
};

std::string setting(int id, std::uint32_t value) {
  return frame(kSettings, kNoFlag, 0, number(static_cast<std::uint64_t>(id), 2) + number(value, 4));
}

std::string ping(int flags = kNoFlag) { return frame(kPing, flags, 0, "conform!"); }

std::string block() { return headerBlock(grpcHead("/Echo/Later")); }
std::string open(std::uint32_t stream = 1) { return frame(kHeaders, kEndHeaders, stream, block()); }
std::string openAndEnd(std::uint32_t stream = 1) {
  return frame(kHeaders, kEndHeaders | kEndStream, stream, block());
}

std::string withField(const std::string& name, const std::string& value) {
  Fields fields = grpcHead("/Echo/Later");
  fields.push_back({name, value});
  return headers(1, fields);
}

std::string without(const std::string& name) {
  Fields fields;
  for (const auto& field : grpcHead("/Echo/Later")) {
    if (field.first != name) fields.push_back(field);
  }
  return headers(1, fields);
}

std::string twice(const std::string& name) {
  Fields fields = grpcHead("/Echo/Later");
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].first != name) continue;
    fields.insert(fields.begin() + static_cast<std::ptrdiff_t>(i), fields[i]);
    break;
  }
  return headers(1, fields);
}

}  // namespace

class H2ConformanceTest final : public test::EchoFixture {
  CPPUNIT_TEST_SUITE(H2ConformanceTest);
  CPPUNIT_TEST(frames);
  CPPUNIT_TEST(streamStates);
  CPPUNIT_TEST(frameDefinitions);
  CPPUNIT_TEST(settings);
  CPPUNIT_TEST(flowControl);
  CPPUNIT_TEST(messages);
  CPPUNIT_TEST(headerCompression);
  CPPUNIT_TEST(aPrefaceMustBeWhole);
  CPPUNIT_TEST(settingsAreAcknowledged);
  CPPUNIT_TEST(pingsAreRepeated);
  CPPUNIT_TEST(windowsAreKept);
  CPPUNIT_TEST_SUITE_END();

 public:
  void frames() {
    check({{"4.1 an unknown type is ignored", frame(22, kNoFlag, 0, "12345678"), {}},
           {"4.1 unknown flags are ignored", frame(kPing, 0xf6, 0, "12345678"), {}},
           {"4.1 the reserved bit is ignored", frame(kPing, kNoFlag, 1U << 31, "12345678"), {}},
           {"4.2 DATA of the largest size is taken",
            open() + frame(kData, kNoFlag, 1, std::string(16'384, 0)),
            {}},
           {"4.2 DATA above it",
            open() + frame(kData, kNoFlag, 1, std::string(16'385, 0)),
            {kFrameSize}},
           {"4.2 HEADERS above it",
            frame(kHeaders, kEndHeaders, 1, std::string(16'385, 0)),
            {kFrameSize}},
           {"4.3 a header block that is not complete",
            frame(kHeaders, kEndHeaders, 1, block() + '@'),
            {kCompression}},
           {"4.3 PRIORITY within a header block",
            frame(kHeaders, kNoFlag, 1, block()) + frame(kPriority, kNoFlag, 1, number(0, 5)),
            {kProtocol}},
           {"4.3 HEADERS of another stream within it",
            frame(kHeaders, kNoFlag, 1, block()) + open(3),
            {kProtocol}},
           {"5.5 an unknown type within it",
            frame(kHeaders, kNoFlag, 1, block()) + frame(22, kNoFlag, 0, ""),
            {kProtocol}}});
  }

  void streamStates() {
    const std::string reset = frame(kReset, kNoFlag, 1, number(kCancel, 4));
    check({{"5.1 idle: DATA", data(1, "x"), {kProtocol, kStreamClosed}},
           {"5.1 idle: RST_STREAM", reset, {kProtocol}},
           {"5.1 idle: WINDOW_UPDATE", frame(kWindow, kNoFlag, 1, number(100, 4)), {kProtocol}},
           {"5.1 idle: CONTINUATION", frame(kContinuation, kEndHeaders, 1, block()), {kProtocol}},
           {"5.1 half closed: DATA", openAndEnd() + data(1, "x"), {kStreamClosed}},
           {"5.1 half closed: HEADERS", openAndEnd() + openAndEnd(), {kStreamClosed, kProtocol}},
           {"5.1 half closed: CONTINUATION",
            openAndEnd() + frame(kContinuation, kEndHeaders, 1, block()),
            {kStreamClosed, kProtocol}},
           {"5.1 half closed: WINDOW_UPDATE is taken",
            open() + data(1, message("")) + frame(kWindow, kNoFlag, 1, number(100, 4)),
            {}},
           // RFC 9113 asks for STREAM_CLOSED; that would mean to remember all closed streams.
           {"5.1 closed: HEADERS are ignored", openAndEnd() + reset + openAndEnd(), {}},
           {"5.1 closed: CONTINUATION",
            openAndEnd() + reset + frame(kContinuation, kEndHeaders, 1, block()),
            {kStreamClosed, kProtocol}},
           {"5.1 closed: WINDOW_UPDATE is ignored",
            open() + reset + frame(kWindow, kNoFlag, 1, number(100, 4)),
            {}},
           {"5.1 closed: RST_STREAM is ignored", open() + reset + reset, {}},
           {"5.1.1 an even number", open(2), {kProtocol}},
           {"5.1.1 a smaller number is ignored, as of a closed stream", open(5) + open(3), {}}});
  }

  void frameDefinitions() {
    const std::string padding(1, '\x09');
    check({{"6.1 DATA on stream 0", data(0, "x"), {kProtocol}},
           {"6.1 DATA with too much padding",
            open() + frame(kData, kPadded, 1, padding + "12345"),
            {kProtocol}},
           {"6.1 DATA with padding is taken",
            open() + frame(kData, kPadded, 1, std::string("\x02") + "\0\0\0" + "12"),
            {}},
           {"6.2 HEADERS on stream 0", open(0), {kProtocol}},
           {"6.2 HEADERS with too much padding",
            frame(kHeaders, kEndHeaders | kPadded, 1, '\xff' + block()),
            {kProtocol}},
           {"6.2 HEADERS with padding is taken",
            frame(kHeaders, kEndHeaders | kPadded, 1, '\x02' + block() + "12"),
            {}},
           {"6.2 HEADERS with priority is taken",
            frame(kHeaders, kEndHeaders | kPrioritised, 1, number(0, 5) + block()),
            {}},
           {"6.3 PRIORITY is taken", frame(kPriority, kNoFlag, 1, number(0, 5)), {}},
           {"6.3 PRIORITY on stream 0", frame(kPriority, kNoFlag, 0, number(0, 5)), {kProtocol}},
           {"6.3 PRIORITY of 4 bytes",
            open() + frame(kPriority, kNoFlag, 1, number(0, 4)),
            {kFrameSize}},
           {"6.4 RST_STREAM on stream 0", frame(kReset, kNoFlag, 0, number(8, 4)), {kProtocol}},
           {"6.4 RST_STREAM of 3 bytes",
            open() + frame(kReset, kNoFlag, 1, number(8, 3)),
            {kFrameSize}},
           {"6.6 PUSH_PROMISE of a client",
            open() + frame(kPushPromise, kEndHeaders, 1, number(3, 4) + block()),
            {kProtocol}},
           {"6.7 PING on a stream", frame(kPing, kNoFlag, 1, "12345678"), {kProtocol}},
           {"6.7 PING of 6 bytes", frame(kPing, kNoFlag, 0, "123456"), {kFrameSize}},
           {"6.7 the answer of a PING is not answered", ping(kAck), {}},
           {"6.8 GOAWAY on a stream", frame(kGoaway, kNoFlag, 1, number(0, 8)), {kProtocol}},
           {"6.10 CONTINUATION frames are taken",
            frame(kHeaders, kNoFlag, 1, block().substr(0, 10)) +
                frame(kContinuation, kNoFlag, 1, block().substr(10, 10)) +
                frame(kContinuation, kEndHeaders, 1, block().substr(20)),
            {}},
           {"6.10 CONTINUATION on stream 0",
            frame(kHeaders, kNoFlag, 1, block()) + frame(kContinuation, kEndHeaders, 0, ""),
            {kProtocol}},
           {"6.10 CONTINUATION after the end of the block",
            open() + frame(kContinuation, kEndHeaders, 1, ""),
            {kProtocol}},
           {"7 unknown codes are as good as others",
            open() + frame(kReset, kNoFlag, 1, number(255, 4)),
            {}}});
  }

  void settings() {
    check({{"6.5 an acknowledgement with content",
            frame(kSettings, kAck, 0, number(0, 6)),
            {kFrameSize}},
           {"6.5 on a stream", frame(kSettings, kNoFlag, 1, ""), {kProtocol}},
           {"6.5 of 3 bytes", frame(kSettings, kNoFlag, 0, number(0, 3)), {kFrameSize}},
           {"6.5.2 ENABLE_PUSH of 2", setting(2, 2), {kProtocol}},
           {"6.5.2 INITIAL_WINDOW_SIZE of 2^31", setting(4, 1U << 31), {kFlowControl}},
           {"6.5.2 MAX_FRAME_SIZE below 2^14", setting(5, 16'383), {kProtocol}},
           {"6.5.2 MAX_FRAME_SIZE above 2^24-1", setting(5, 1U << 24), {kProtocol}},
           {"6.5.2 an unknown setting is ignored", setting(99, 1), {}},
           {"6.5.3 the last value of a setting counts", setting(4, 100) + setting(4, 1), {}}});
  }

  void flowControl() {
    const std::string most = number(0x7fffffff, 4);
    check({{"6.9 WINDOW_UPDATE of 0", frame(kWindow, kNoFlag, 0, number(0, 4)), {kProtocol}},
           {"6.9 WINDOW_UPDATE of 0 on a stream",
            open() + frame(kWindow, kNoFlag, 1, number(0, 4)),
            {kProtocol}},
           {"6.9 WINDOW_UPDATE of 3 bytes", frame(kWindow, kNoFlag, 0, number(1, 3)), {kFrameSize}},
           {"6.9.1 the window above 2^31-1",
            frame(kWindow, kNoFlag, 0, most) + frame(kWindow, kNoFlag, 0, most),
            {kFlowControl}},
           {"6.9.1 a stream's window above it",
            open() + frame(kWindow, kNoFlag, 1, most) + frame(kWindow, kNoFlag, 1, most),
            {kFlowControl}},
           {"6.9.2 a stream's window above it by SETTINGS",
            open() + frame(kWindow, kNoFlag, 1, number(0x7fff0000, 4)) + setting(4, 1U << 30),
            {kFlowControl}}});
  }

  void messages() {
    check(
        {{"8.1 a second HEADERS without END_STREAM",
          open() + frame(kHeaders, kEndHeaders, 1, block()),
          {kProtocol}},
         {"8.2.1 an upper-case name", withField("X-Upper", "x"), {kProtocol}},
         {"8.2.1 a name with a blank", withField("x y", "x"), {kProtocol}},
         {"8.2.2 connection", withField("connection", "keep-alive"), {kProtocol}},
         {"8.2.2 te that is not trailers", withField("te", "deflate"), {kProtocol}},
         {"8.3 an unknown pseudo header", withField(":test", "x"), {kProtocol}},
         {"8.3 a response's pseudo header", withField(":status", "200"), {kProtocol}},
         {"8.3 a pseudo header in trailers",
          open() + frame(kHeaders, kEndHeaders | kEndStream, 1, headerBlock({{":method", "POST"}})),
          {kProtocol}},
         {"8.3.1 no :method", without(":method"), {kProtocol}},
         {"8.3.1 no :scheme", without(":scheme"), {kProtocol}},
         {"8.3.1 no :path", without(":path"), {kProtocol}},
         {"8.3.1 two :method", twice(":method"), {kProtocol}},
         {"8.3.1 two :scheme", twice(":scheme"), {kProtocol}},
         {"8.3.1 two :path", twice(":path"), {kProtocol}},
         {"8.3.1 an empty :path", headers(1, grpcHead("")), {kProtocol}},
         {"8.3.1 a :path without a slash", headers(1, grpcHead("Echo/Call")), {kProtocol}},
         {"8.3.1 * as the :path of a POST", headers(1, grpcHead("*")), {kProtocol}},
         {"8.1.1 content-length and less DATA",
          withField("content-length", "9") + data(1, "12345"),
          {kProtocol}},
         {"8.1.1 content-length and more DATA",
          withField("content-length", "1") + data(1, "12345"),
          {kProtocol}},
         {"8.1.1 content-length and DATA in two frames",
          withField("content-length", "9") + data(1, "123", kNoFlag) + data(1, "456"),
          {kProtocol}}});
  }

  void headerCompression() {
    check(
        {{"7541 2.3.3 an index that is not in the table",
          frame(kHeaders, kEndHeaders, 1, block() + "\xff\x80\x01"),
          {kCompression}},
         {"7541 6.1 the index 0",
          frame(kHeaders, kEndHeaders, 1, block() + '\x80'),
          {kCompression}},
         {"7541 4.2 a table size at the end of a block",
          frame(kHeaders, kEndHeaders, 1, block() + '\x3f' + '\x01'),
          {kCompression}},
         {"7541 6.3 a table above the limit",
          frame(kHeaders, kEndHeaders, 1, "\x3f\xff\xff\x7f" + block()),
          {kCompression}},
         {"7541 5.2 Huffman padding that is not of ones",
          frame(kHeaders, kEndHeaders, 1, block() + std::string("\0\x01x\x81\x00", 5)),
          {kCompression}},
         {"7541 5.2 Huffman padding of more than 7 bits",
          frame(kHeaders, kEndHeaders, 1, block() + std::string("\0\x01x\x82\x1f\xff", 6)),
          {kCompression}},
         {"7541 5.2 the end of a Huffman string within it",
          frame(kHeaders, kEndHeaders, 1, block() + std::string("\0\x01x\x84\xff\xff\xff\xfc", 8)),
          {kCompression}}});
  }

  void aPrefaceMustBeWhole() {
    for (const char* bytes : {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\r", "PRI * HTTP/1.1\r\n\r\n"}) {
      RawPeer& peer = connect();
      peer.send(bytes);
      peer.finish();
      CPPUNIT_ASSERT_MESSAGE(bytes, ends(peer));
    }
    // After it SETTINGS must come.
    judge({"3.4 the first frame is not SETTINGS", "", {kProtocol}}, kPreface + ping());
  }

  void settingsAreAcknowledged() {
    RawPeer& peer = connect();
    peer.send(opening());
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return find(peer, kSettings, kAck) != nullptr; }));
  }

  void pingsAreRepeated() {
    RawPeer& peer = connect();
    peer.send(opening() + ping());
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return find(peer, kPing, kAck) != nullptr; }));
    CPPUNIT_ASSERT_EQUAL(std::string("conform!"), find(peer, kPing, kAck)->payload);
  }

  // 6.9.1 and 6.9.2: one byte, and the rest when the window is opened; also below zero.
  void windowsAreKept() {
    RawPeer& peer = connect();
    const std::string call = headers(1, grpcHead("/Echo/Call")) +
                             data(1, message(text("0123456789").SerializeAsString()));
    peer.send(kPreface + setting(4, 1) + call);
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return received(peer) == 1; }));
    peer.send(ping());
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return find(peer, kPing, kAck) != nullptr; }));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, received(peer));
    peer.send(setting(4, 0) + frame(kWindow, kNoFlag, 1, number(3, 4)));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return received(peer) == 3; }));
    peer.send(setting(4, 100));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return received(peer) == 17; }));
  }

 private:
  static const test::Frame* find(const RawPeer& peer, int type, int flags) {
    static std::vector<test::Frame> all;
    all = framesIn(peer.received());
    for (const test::Frame& one : all) {
      if (one.type == type && (one.flags & flags) == flags) return &one;
    }
    return nullptr;
  }

  static std::size_t received(const RawPeer& peer) {
    std::size_t size = 0;
    for (const test::Frame& one : framesIn(peer.received())) {
      size += one.type == kData ? one.payload.size() : 0;
    }
    return size;
  }

  void check(const std::vector<Row>& rows) {
    for (const Row& row : rows) judge(row, opening() + row.bytes + ping());
  }

  void judge(const Row& row, const std::string& bytes) {
    RawPeer& peer = connect();
    peer.send(bytes);
    const bool seen = runUntil(*loop_, [&] {
      return peer.ended() || errorOf(peer) || (row.codes.empty() && find(peer, kPing, kAck));
    });
    const auto code = errorOf(peer);
    std::string outcome = code ? nghttp2_http2_strerror(*code) : "goes on";
    const bool expected = row.codes.empty() ? seen && !code && !peer.ended()
                                            : code && std::find(row.codes.begin(), row.codes.end(),
                                                                *code) != row.codes.end();
    std::cout << "h2 " << row.name << ": " << outcome << (expected ? "" : " UNEXPECTED") << '\n';
    CPPUNIT_ASSERT_MESSAGE(row.name + ": " + outcome, expected);
    peer.finish();
    CPPUNIT_ASSERT_MESSAGE(row.name, call("Echo.Call", "others are served").ok());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(H2ConformanceTest);

}  // namespace evmicro

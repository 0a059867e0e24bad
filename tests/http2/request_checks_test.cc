// Which requests over HTTP/2 are calls of gRPC, by method and content type, and how many messages
// they may have.
#include "http2/echo_fixture.h"
#include "zoo/zoo.pb.h"

namespace evmicro {

using acme::zoo::Animal;
using acme::zoo::Count;
using test::data;
using test::Fields;
using test::grpcHead;
using test::headers;
using test::kEndHeaders;
using test::kEndStream;
using test::kNoFlag;
using test::kReset;
using test::message;
using test::opening;
using test::RawPeer;
using test::runUntil;
using test::Text;
using test::text;

class RequestChecksTest final : public test::EchoFixture {
  CPPUNIT_TEST_SUITE(RequestChecksTest);
  CPPUNIT_TEST(typesOfGrpcInAnyCase);
  CPPUNIT_TEST(otherTypesAre415);
  CPPUNIT_TEST(aTypeOfGrpcWithoutACodecIsUnimplemented);
  CPPUNIT_TEST(twoContentTypesAreRefused);
  CPPUNIT_TEST(grpcHasNoFormInHttp1);
  CPPUNIT_TEST(onlyPostMakesCalls);
  CPPUNIT_TEST(messagesOfGoMicroWithABadHead);
  CPPUNIT_TEST(messagesOfGoMicroUpToTheLimit);
  CPPUNIT_TEST(aCallHasOneMessage);
  CPPUNIT_TEST(aCallWaitsForTheEndOfItsRequest);
  CPPUNIT_TEST(aStoppingServerDeclinesHalfARequest);
  CPPUNIT_TEST(aStreamWithOneRequest);
  CPPUNIT_TEST(aStreamWithManyRequests);
  CPPUNIT_TEST(aServerWithoutALimitTakesMessages);
  CPPUNIT_TEST(refusalsAreCounted);
  CPPUNIT_TEST_SUITE_END();

 public:
  void typesOfGrpcInAnyCase() {
    for (const char* type : {"application/grpc", "APPLICATION/GRPC", "Application/Grpc+Proto",
                             "application/grpc; charset=utf-8", "application/grpc ;a=b"}) {
      RawPeer& peer = ask(headers(1, typed(type)) + data(1, body()));
      CPPUNIT_ASSERT_MESSAGE(type, getsStatus(peer));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(type, std::string("0"), statusOf(peer));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(type, std::string(type), fieldOf(peer, "content-type"));
    }
    RawPeer& peer = ask(headers(1, typed("application/GRPC+json")) +
                        data(1, message(R"({"status":"in json"})")));
    CPPUNIT_ASSERT(receives(peer, "in json"));
  }

  // By PROTOCOL-HTTP2: another client could take the status 200 for success.
  void otherTypesAre415() {
    for (const char* type :
         {"application/grpcx", "application/grp", "application/grpc-web+proto", "text/html",
          "Application/JSON", "", "application/x-www-form-urlencoded"}) {
      RawPeer& peer = ask(headers(1, typed(type)) + data(1, body()));
      expectRefusal(type, peer, "415");
      CPPUNIT_ASSERT_EQUAL_MESSAGE(type, std::string("text/plain"), fieldOf(peer, "content-type"));
      CPPUNIT_ASSERT_MESSAGE(type, peer.has(std::string("Unsupported Content-Type: ") + type));
      goesOn(peer);
    }
    Fields none = grpcHead("/Echo/Call");
    none.pop_back();
    expectRefusal("none", ask(headers(1, none) + data(1, body())), "415");
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{8}, server_->stats().unsupported);
  }

  // The specification asks for 415 only if the type is not gRPC's. Other servers answer this one or
  // INTERNAL, or take the message for protobuf's.
  void aTypeOfGrpcWithoutACodecIsUnimplemented() {
    for (const char* type :
         {"application/grpc+thrift", "application/grpc+", "APPLICATION/GRPC+X"}) {
      RawPeer& peer = ask(headers(1, typed(type)) + data(1, body()));
      CPPUNIT_ASSERT_MESSAGE(type, getsStatus(peer));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(type, std::string("12"), statusOf(peer));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(type, std::string("200"), fieldOf(peer, ":status"));
      goesOn(peer);
    }
  }

  void twoContentTypesAreRefused() {
    const auto twice = [](const std::string& first, const std::string& second) {
      Fields head = typed(first);
      head.emplace_back("content-type", second);
      return headers(1, head);
    };
    for (const char* second : {"application/grpc", "application/json", ""}) {
      RawPeer& peer = ask(twice("application/grpc", second) + data(1, body()));
      CPPUNIT_ASSERT_MESSAGE(second, getsStatus(peer));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(second, std::string("13"), statusOf(peer));
      goesOn(peer);
    }
    const std::string json = R"({"method":"Echo.Call","params":[{}],"id":1})";
    expectRefusal("json", ask(twice("application/json", "application/grpc") + data(1, json)),
                  "400");
  }

  // Its errors would have the flag that stays within the program.
  void grpcHasNoFormInHttp1() {
    for (const char* type : {"application/grpc", "Application/Grpc+json"}) {
      RawPeer& peer = connect();
      peer.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Type: " +
                std::string(type) + "\r\n\r\n" + message(""));
      CPPUNIT_ASSERT_MESSAGE(type,
                             receives(peer, std::string("Unsupported Content-Type: ") + type));
      CPPUNIT_ASSERT_MESSAGE(type, peer.has("HTTP/1.1 200 OK\r\n"));
      CPPUNIT_ASSERT_MESSAGE(type, ends(peer));
      RawPeer& large = connect();
      large.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\nContent-Type: " +
                 std::string(type) + "\r\n\r\n");
      CPPUNIT_ASSERT_MESSAGE(type, receives(large, "HTTP/1.1 413 "));
      CPPUNIT_ASSERT_MESSAGE(type, large.has("Content-Type: text/plain"));
    }
    served();
  }

  // Not the status of a call: trailers with 0 would say that it has succeeded.
  void onlyPostMakesCalls() {
    for (const char* method : {"GET", "HEAD", "PUT", "OPTIONS", "CONNECTED", "post"}) {
      Fields head = grpcHead("/Echo/Call");
      head[0].second = method;
      for (const bool whole : {false, true}) {
        RawPeer& peer = ask(headers(1, head, whole ? kEndHeaders | kEndStream : kEndHeaders) +
                            (whole ? "" : data(1, body())));
        expectRefusal(method, peer, "405");
        CPPUNIT_ASSERT_EQUAL_MESSAGE(method, std::string(method) != "HEAD",
                                     peer.has("calls are made by POST"));
        goesOn(peer);
      }
    }
    Fields page = {
        {":method", "GET"}, {":scheme", "http"}, {":authority", "x"}, {":path", "/health"}};
    CPPUNIT_ASSERT(receives(ask(headers(1, page, kEndHeaders | kEndStream)), "ok"));
  }

  void messagesOfGoMicroWithABadHead() {
    const std::string json = R"({"method":"Echo.Call","params":[{"status":"hello"}],"id":1})";
    const auto with = [&](const Fields& more) {
      Fields head = typed("application/json");
      head.insert(head.end(), more.begin(), more.end());
      return headers(1, head) + data(1, json);
    };
    CPPUNIT_ASSERT(receives(ask(with({{"a-bin", "YQ"}})), "hello"));
    expectRefusal("not base64", ask(with({{"a-bin", "!"}})), "400");
    expectRefusal("bad timeout", ask(with({{"grpc-timeout", "1"}})), "400");
    for (const std::size_t lines : {122U, 123U}) {  // beside the six of the head
      RawPeer& peer = ask(with(Fields(lines, {"x", "y"})));
      if (lines == 122) {
        CPPUNIT_ASSERT(receives(peer, "hello"));
      } else {
        expectRefusal("lines", peer, "431");
      }
    }
  }

  void messagesOfGoMicroUpToTheLimit() {
    serveUpTo(1'000);
    const std::string start = R"({"method":"Echo.Call","params":[{"status":"hello"}],"id":1})";
    for (const std::size_t size : {1'000U, 1'001U}) {
      const std::string json = start + std::string(size - start.size(), ' ');
      RawPeer& peer = ask(headers(1, typed("application/json")) + data(1, json));
      if (size == 1'000) {
        CPPUNIT_ASSERT(receives(peer, "hello"));
        continue;
      }
      expectRefusal("above", peer, "413");
      goesOn(peer);
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, peer.count("too large"));
    }
  }

  void aCallHasOneMessage() {
    struct Row {
      const char* name;
      std::string bytes;
      std::string status;
    };
    const std::string one = body();
    for (const Row& row : {
             Row{"one", data(1, one), "0"},
             Row{"one, and an end without data", data(1, one, kNoFlag) + data(1, ""), "0"},
             Row{"one in two frames", data(1, one.substr(0, 3), kNoFlag) + data(1, one.substr(3)),
                 "0"},
             Row{"two", data(1, one + one), "12"},
             Row{"two, the second empty", data(1, one + message("")), "12"},
             Row{"two frames", data(1, one, kNoFlag) + data(1, one), "12"},
             Row{"two without an end", data(1, one + one, kNoFlag), "12"},
             Row{"a byte too many", data(1, one + "x"), "12"},
             Row{"a thousand", data(1, std::string(5'000, '\0')), "12"},
             Row{"none", data(1, ""), "12"},
             Row{"half a prefix", data(1, one.substr(0, 3), kNoFlag) + data(1, ""), "13"},
             Row{"half a message", data(1, one.substr(0, 6), kNoFlag) + data(1, ""), "13"},
             Row{"the flag 2", data(1, message("", 2)), "13"},
             Row{"the flag of errors", data(1, message("", '\x80')), "13"},
             Row{"the flag 255", data(1, message("", '\xff')), "13"},
         }) {
      const bool good = row.status == "0";
      RawPeer& peer = ask(headers(1, grpcHead(good ? "/Echo/Call" : "/Echo/Later")) + row.bytes);
      CPPUNIT_ASSERT_MESSAGE(row.name, getsStatus(peer));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.name, row.status, statusOf(peer));
      goesOn(peer);
    }
    RawPeer& end = ask(headers(1, grpcHead("/Echo/Later"), kEndHeaders | kEndStream));
    CPPUNIT_ASSERT(getsStatus(end));
    CPPUNIT_ASSERT_EQUAL(std::string("12"), statusOf(end));
    CPPUNIT_ASSERT(replies_.empty());  // nothing has run
    for (const char* encoding : {"identity", ""}) {
      RawPeer& peer = ask(headers(1, grpcHead("/Echo/Call", {{"grpc-encoding", encoding}})) +
                          data(1, message("", 1)));
      CPPUNIT_ASSERT_MESSAGE(encoding, getsStatus(peer));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(encoding, std::string("13"), statusOf(peer));
    }
    RawPeer& unknown =
        ask(headers(1, grpcHead("/Echo/Call", {{"grpc-encoding", "br"}})) + data(1, body()));
    CPPUNIT_ASSERT(getsStatus(unknown));
    CPPUNIT_ASSERT_EQUAL(std::string("12"), statusOf(unknown));
    CPPUNIT_ASSERT_EQUAL(std::string("identity,gzip"), fieldOf(unknown, "grpc-accept-encoding"));
  }

  // Its handler must not run if another message follows.
  void aCallWaitsForTheEndOfItsRequest() {
    for (const bool another : {false, true}) {
      RawPeer& peer = ask(headers(1, grpcHead("/Echo/Later")) + data(1, body(), kNoFlag));
      goesOn(peer);
      CPPUNIT_ASSERT(replies_.empty());
      CPPUNIT_ASSERT(statusOf(peer).empty());
      peer.send(data(1, another ? body() : ""));
      if (another) {
        CPPUNIT_ASSERT(getsStatus(peer));
        CPPUNIT_ASSERT_EQUAL(std::string("12"), statusOf(peer));
        CPPUNIT_ASSERT(replies_.empty());
      } else {
        CPPUNIT_ASSERT(runUntil(*loop_, [&] { return replies_.size() == 1; }));
        replies_[0].send(text("whole"));
        CPPUNIT_ASSERT(receives(peer, "whole"));
        replies_.clear();
      }
    }
    RawPeer& gone = ask(headers(1, grpcHead("/Echo/Later")) + data(1, body(), kNoFlag));
    gone.send(test::frame(kReset, kNoFlag, 1, test::number(8, 4)) + test::echo(3, "next"));
    CPPUNIT_ASSERT(receives(gone, "next"));
    CPPUNIT_ASSERT(replies_.empty());
  }

  void aStoppingServerDeclinesHalfARequest() {
    RawPeer& peer = ask(headers(1, grpcHead("/Echo/Later")) + data(1, body(), kNoFlag));
    goesOn(peer);
    bool stopped = false;
    server_->stop([&stopped](Status) { stopped = true; });
    CPPUNIT_ASSERT(getsStatus(peer));
    CPPUNIT_ASSERT_EQUAL(std::string("14"), statusOf(peer));
    CPPUNIT_ASSERT_EQUAL(std::string("503"), fieldOf(peer, "evmicro-refusal"));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return stopped; }));
    CPPUNIT_ASSERT(replies_.empty());
  }

  // What its .proto says; the handler runs at once, because callers need not end their side.
  void aStreamWithOneRequest() {
    const std::string one = message(births(1));
    RawPeer& good = ask(birthsHead() + data(1, one, kNoFlag));
    CPPUNIT_ASSERT(receives(good, "born"));
    CPPUNIT_ASSERT_EQUAL(std::string(), statusOf(good));
    good.send(data(1, ""));
    goesOn(good);
    CPPUNIT_ASSERT_EQUAL(std::string(), statusOf(good));  // the stream goes on
    RawPeer& late = ask(birthsHead() + data(1, one, kNoFlag));
    CPPUNIT_ASSERT(receives(late, "born"));
    late.send(data(1, one));
    CPPUNIT_ASSERT(getsStatus(late));
    CPPUNIT_ASSERT_EQUAL(std::string("12"), statusOf(late));
    CPPUNIT_ASSERT_EQUAL(2, births_);
    for (const std::string& bytes : {one + one, one + "x", std::string()}) {
      RawPeer& peer = ask(birthsHead() + data(1, bytes));
      CPPUNIT_ASSERT(getsStatus(peer));
      CPPUNIT_ASSERT_EQUAL(std::string("12"), statusOf(peer));
      goesOn(peer);
    }
    CPPUNIT_ASSERT_EQUAL(2, births_);
    // A service of the library, whose .proto has another package than its name.
    const std::string watch = headers(1, grpcHead("/grpc.health.v1.Health/Watch"));
    RawPeer& health = ask(watch + data(1, message("") + message("")));
    CPPUNIT_ASSERT(getsStatus(health));
    CPPUNIT_ASSERT_EQUAL(std::string("12"), statusOf(health));
  }

  void aStreamWithManyRequests() {
    const std::string head = headers(1, grpcHead("/acme.zoo.Watch/Census"));
    for (const std::size_t many : {0U, 1U, 3U}) {
      std::string all;
      for (std::size_t i = 0; i < many; ++i) all += message("");
      RawPeer& peer = ask(head + data(1, all));
      CPPUNIT_ASSERT(getsStatus(peer));
      CPPUNIT_ASSERT_EQUAL(std::string("0"), statusOf(peer));
    }
  }

  void aServerWithoutALimitTakesMessages() {
    serveUpTo(0);
    served();
  }

  void refusalsAreCounted() {
    const auto stats = [this] { return server_->stats().listener; };
    CPPUNIT_ASSERT(getsStatus(ask(headers(1, grpcHead("/Echo/Call")) + data(1, message("", 2)))));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, stats().malformed);
    CPPUNIT_ASSERT(getsStatus(ask(headers(1, grpcHead("/Echo/Call", {{"grpc-timeout", "1"}})))));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, stats().malformed);
    const std::string large("\0\x01\0\0\x01", 5);
    CPPUNIT_ASSERT(getsStatus(ask(headers(1, grpcHead("/Echo/Call")) + data(1, large))));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, stats().tooLarge);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, stats().malformed);
  }

  void tearDown() override {
    streams_.clear();
    test::EchoFixture::tearDown();
  }

 private:
  void handleMore() override {
    births_ = 0;
    server_->handleStream<Count, Animal>(
        "Watch.Births", [this](Context, const Count&, ServerStream<Count, Animal> stream) {
          ++births_;
          Animal animal;
          animal.set_name("born");
          stream.send(animal);
          streams_.push_back(std::move(stream));
        });
    server_->handleStream<Animal, Count>("Watch.Census",
                                         [](Context, ServerStream<Animal, Count> stream) {
                                           stream.onMessage([](const Animal&) {});
                                           stream.onEnd([stream](const Status&) mutable {
                                             stream.send(Count());
                                             stream.finish();
                                           });
                                         });
  }
  void serveUpTo(std::size_t size) {
    stop();
    ServerOptions options;
    options.limits.maxBodyBytes = size;
    makeServer(options);
    addMethods();
    start();
  }

  RawPeer& ask(const std::string& bytes) {
    RawPeer& peer = connect();
    peer.send(opening() + bytes);
    return peer;
  }
  static Fields typed(const std::string& type) {
    Fields head = grpcHead("/Echo/Call");
    head.back().second = type;
    return head;
  }
  static std::string body() { return message(text("x").SerializeAsString()); }
  static std::string birthsHead() { return headers(1, grpcHead("/acme.zoo.Watch/Births")); }
  static std::string births(std::uint64_t many) {
    Count count;
    count.set_animals(many);
    return count.SerializeAsString();
  }

  /// A field of the first block of stream 1 that has it; empty: none has.
  static std::string fieldOf(const RawPeer& peer, const std::string& name) {
    for (const auto& [id, fields] : test::headersIn(peer.received())) {
      for (const auto& [each, value] : fields) {
        if (id == 1 && each == name) return value;
      }
    }
    return {};
  }
  /// Whole, and without a status of gRPC.
  void expectRefusal(const std::string& what, RawPeer& peer, const std::string& status) {
    CPPUNIT_ASSERT_MESSAGE(what, runUntil(*loop_, [&] { return endsStream(peer); }));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(what, status, fieldOf(peer, ":status"));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(what, std::string(), statusOf(peer));
  }
  static bool endsStream(const RawPeer& peer) {
    for (const test::Frame& one : test::framesIn(peer.received())) {
      const bool carries = one.type == test::kData || one.type == test::kHeaders;
      if (carries && one.stream == 1 && (one.flags & kEndStream) != 0) return true;
    }
    return false;
  }
  /// The next call on the connection is answered.
  void goesOn(RawPeer& peer) {
    peer.send(test::echo(3, "next"));
    CPPUNIT_ASSERT(receives(peer, "next"));
  }

  std::vector<ServerStream<Count, Animal>> streams_;
  int births_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(RequestChecksTest);

}  // namespace evmicro

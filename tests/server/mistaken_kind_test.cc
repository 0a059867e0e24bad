// A call of a streaming method, a stream of a method that is called: refused before anything runs,
// where the caller says what it begins. Go's callers do not.
#include "server/rpc_fixture.h"

namespace evmicro {

using test::RawPeer;
using test::runUntil;
using test::Text;
using test::text;

class MistakenKindTest final : public test::RpcFixture {
  CPPUNIT_TEST_SUITE(MistakenKindTest);
  CPPUNIT_TEST(aStreamOfACallIsRefused);
  CPPUNIT_TEST(aCallOfAStreamIsRefused);
  CPPUNIT_TEST(aMarkForAnotherIsIgnored);
  CPPUNIT_TEST(theMarkIsNotPassedOn);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    RpcFixture::setUp();
    calls_ = streams_ = 0;
    server_->handle<Text, Text>("Echo.Say",
                                [this](Context& context, const Text& in, Text& out) -> Status {
                                  ++calls_;
                                  marked_ = context.metadata().has("Stream-For");
                                  out = in;
                                  return {};
                                });
    server_->handleStream<Text, Text>("Echo.Talk",
                                      [this](Context context, ServerStream<Text, Text> stream) {
                                        ++streams_;
                                        marked_ = context.metadata().has("Stream-For");
                                        stream.finish({});
                                      });
    start();
  }

  // Symptom: the method ran, with an empty request, and once more for each message.
  void aStreamOfACallIsRefused() {
    for (const char* type : {"application/octet-stream", "application/json"}) {
      const Status end = stream("Echo.Say", type);
      CPPUNIT_ASSERT_EQUAL(400, end.code());
      CPPUNIT_ASSERT_EQUAL(std::string("Echo.Say: not a streaming method: it has to be called"),
                           end.detail());
    }
    CPPUNIT_ASSERT_EQUAL(0, calls_);
    CPPUNIT_ASSERT(stream("Echo.Talk", "application/json").ok());
    CPPUNIT_ASSERT_EQUAL(1, streams_);
    CPPUNIT_ASSERT(!marked_);
  }

  // Symptom: the call waited until its time was up.
  void aCallOfAStreamIsRefused() {
    const Status status = call("Echo.Talk", "x").status();
    CPPUNIT_ASSERT_EQUAL(400, status.code());
    CPPUNIT_ASSERT_EQUAL(std::string("Echo.Talk: a streaming method: a stream has to be opened"),
                         status.detail());
    CPPUNIT_ASSERT_EQUAL(0, streams_);
  }

  // A service of Go sends the headers of the stream that it serves with the calls that it makes.
  void aMarkForAnotherIsIgnored() {
    const std::string call = R"({"method":"Echo.Say","params":[{"status":"x"}],"id":1})";
    for (const auto& [headers, runs] : std::vector<std::pair<std::string, int>>{
             {"Stream-For: y\r\n", 1}, {"Stream-For: x\r\n", 0}, {"Stream-For: \r\n", 1}}) {
      calls_ = 0;
      RawPeer& peer = connect();
      peer.send(request(call, headers));
      CPPUNIT_ASSERT(receives(peer, "\"error\":"));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(headers, runs, calls_);
      CPPUNIT_ASSERT(!marked_);
    }
    const std::string opening = R"({"method":"Echo.Talk","params":[{}],"id":0})";
    for (const auto& [headers, opens] : std::vector<std::pair<std::string, int>>{
             {"Timeout: 80000000000\r\nTimeout-For: x 80000000000\r\n", 0},
             {"Timeout: 80000000000\r\nTimeout-For: y 80000000000\r\n", 1},
             {"Timeout: 80000000000\r\nTimeout-For: x 70000000000\r\n", 1},
             {"Timeout: 80000000000\r\n", 1}}) {
      streams_ = 0;
      RawPeer& peer = connect();
      peer.send(request(opening, headers));
      CPPUNIT_ASSERT(receives(peer, "\"error\":"));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(headers, opens, streams_);
    }
  }

  void theMarkIsNotPassedOn() {
    Context context;
    context.metadata().set("Stream-For", server_->address());
    CallOptions options;
    options.address = server_->address();
    CPPUNIT_ASSERT(call("Echo.Say", "x", options, context).ok());
  }

 private:
  Status stream(const std::string& method, const std::string& type) {
    CallOptions options;
    options.contentType = type;
    std::optional<Status> end;
    auto stream = client_->stream<Text, Text>(Context(), "echo", method, options);
    stream.onEnd([&end](Status how) { end = std::move(how); });
    stream.send(text("x"));
    CPPUNIT_ASSERT(runUntil(*loop_, [&end] { return end.has_value(); }));
    return *end;
  }

  int calls_ = 0;
  int streams_ = 0;
  bool marked_ = false;
};

CPPUNIT_TEST_SUITE_REGISTRATION(MistakenKindTest);

}  // namespace evmicro

// Which calls go by gRPC.
#include "server/rpc_fixture.h"

namespace evmicro {

using test::runUntil;
using test::Text;
using TextStream = ServerStream<Text, Text>;

class CallProtocolTest final : public test::RpcFixture {
  CPPUNIT_TEST_SUITE(CallProtocolTest);
  CPPUNIT_TEST(theNodeDecides);
  CPPUNIT_TEST(aFixedAddressIsCalledByGoMicrosProtocol);
  CPPUNIT_TEST(theContentTypeIsTranslated);
  CPPUNIT_TEST(aContentTypeWithoutAFormIsRefused);
  CPPUNIT_TEST(streamsAreTranslated);
  CPPUNIT_TEST(aStreamIsTakenToANodeOfTheOtherKind);
  CPPUNIT_TEST(aCallIsTakenToANodeOfTheOtherKind);
  CPPUNIT_TEST(packagesReachGrpcAlone);
  CPPUNIT_TEST(nodesThatHangAreProbedAsTheySpeak);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    test::RpcFixture::setUp();
    server_->wrap(
        [this](const Context& context, const CallInfo& info, const CallNext& next, CallDone done) {
          types_.emplace_back(info.contentType);
          methods_.emplace_back(info.method);
          next(context, std::move(done));
        });
    server_->handle<Text, Text>("Echo.Call", [](Context&, const Text& request, Text& reply) {
      reply = request;
      return Status();
    });
    server_->handleStream<Text, Text>("Echo.Chat", [](const Context&, TextStream stream) {
      stream.onMessage([stream](const Text& message) mutable { stream.send(message); });
      stream.onEnd([stream](const Status&) mutable { stream.finish(); });
    });
    server_->handle<Text, Text>("Echo.Hold", [this](Context, Text, Reply<Text> reply) {
      replies_.push_back(std::move(reply));
    });
    start();
  }
  void tearDown() override {
    replies_.clear();
    test::RpcFixture::tearDown();
  }

  void theNodeDecides() {
    const std::string micro = "application/octet-stream";
    const std::string grpc = "application/grpc";
    const std::map<std::string, std::string> plain;
    const std::map<std::string, std::string> both = {{"grpc", "true"}};
    const std::map<std::string, std::string> only = {{"protocol", "grpc"}};
    const std::map<std::string, std::string> mucp = {{"protocol", "mucp"}};
    const auto expect = [&](const auto& metadata, CallProtocol protocol, const std::string& type) {
      CPPUNIT_ASSERT_EQUAL(type, typeOfCall(metadata, protocol));
    };
    expect(plain, CallProtocol::kMicro, micro);
    expect(both, CallProtocol::kMicro, micro);
    expect(only, CallProtocol::kMicro, grpc);
    expect(mucp, CallProtocol::kMicro, micro);
    expect(plain, CallProtocol::kAuto, micro);
    expect(both, CallProtocol::kAuto, grpc);
    expect(only, CallProtocol::kAuto, grpc);
    expect(mucp, CallProtocol::kAuto, micro);
    expect(plain, CallProtocol::kGrpc, grpc);
  }

  void aFixedAddressIsCalledByGoMicrosProtocol() {
    CallOptions options;
    options.address = server_->address();
    options.protocol = CallProtocol::kAuto;
    CPPUNIT_ASSERT(call("Echo.Call", "x", options).ok());
    CPPUNIT_ASSERT_EQUAL(std::string("application/octet-stream"), types_.back());
    options.protocol = CallProtocol::kGrpc;
    CPPUNIT_ASSERT(call("Echo.Call", "x", options).ok());
    CPPUNIT_ASSERT_EQUAL(std::string("application/grpc"), types_.back());
  }

  void theContentTypeIsTranslated() {
    const std::map<std::string, std::string> types = {
        {"application/json", "application/grpc+json"},
        {"application/json-rpc", "application/grpc+json"},
        {"application/protobuf", "application/grpc"},
        {"application/proto-rpc", "application/grpc"},
        {"application/grpc+proto", "application/grpc+proto"}};
    for (const auto& [type, translated] : types) {
      for (const auto protocol : {CallProtocol::kGrpc, CallProtocol::kAuto}) {
        CallOptions options;
        options.protocol = protocol;
        options.contentType = type;
        const auto reply = call("Echo.Call", "hello", options);
        CPPUNIT_ASSERT_MESSAGE(type + reply.status().toString(), reply.ok());
        CPPUNIT_ASSERT_EQUAL(std::string("hello"), reply->status());
        CPPUNIT_ASSERT_EQUAL(translated, types_.back());
      }
    }
  }

  void aContentTypeWithoutAFormIsRefused() {
    announceWith({{"protocol", "grpc"}});
    ClientOptions options;
    options.codecs = {{"application/x-own", makeJsonRpcCodec()}};
    options.contentType = "application/x-own";
    client_ = std::make_unique<Client>(*loop_, *transport_, *selector_, options);
    CallOptions grpc;
    grpc.protocol = CallProtocol::kGrpc;
    const Status status = call("Echo.Call", "x", grpc).status();
    CPPUNIT_ASSERT(ErrorKind::kInvalid == status.kind());
    CPPUNIT_ASSERT(status.detail().find("application/x-own") != std::string::npos);
    CPPUNIT_ASSERT(ErrorKind::kInvalid == call("Echo.Call", "x", onlyOther()).status().kind());
  }

  void streamsAreTranslated() {
    CallOptions options;
    options.protocol = CallProtocol::kAuto;
    CPPUNIT_ASSERT_EQUAL(std::string("abcd"), chat(options));
    CPPUNIT_ASSERT_EQUAL(std::string("application/grpc"), types_.back());
    options.contentType = "application/json";
    CPPUNIT_ASSERT_EQUAL(std::string("abcd"), chat(options));
    CPPUNIT_ASSERT_EQUAL(std::string("application/grpc+json"), types_.back());
  }

  // The first node is not there.
  void aStreamIsTakenToANodeOfTheOtherKind() {
    announce("gone", 1);
    CallOptions options;
    options.protocol = CallProtocol::kAuto;
    for (int i = 0; i < 10; ++i) CPPUNIT_ASSERT_EQUAL(std::string("abcd"), chat(options));
  }

  void aCallIsTakenToANodeOfTheOtherKind() {
    announce("gone", 1);
    CallOptions options;
    options.protocol = CallProtocol::kAuto;
    for (int i = 0; i < 10; ++i) CPPUNIT_ASSERT(call("Echo.Call", "x", options).ok());
    stop();
    makeServer({});
    CPPUNIT_ASSERT(ErrorKind::kUnavailable == call("Echo.Call", "x", options).status().kind());
  }

  void packagesReachGrpcAlone() {
    for (const auto protocol : {CallProtocol::kMicro, CallProtocol::kGrpc}) {
      CallOptions options;
      options.protocol = protocol;
      CPPUNIT_ASSERT(call("some.package.Echo.Call", "x", options).ok());
      CPPUNIT_ASSERT_EQUAL(std::string("Echo.Call"), methods_.back());
    }
  }

  void nodesThatHangAreProbedAsTheySpeak() {
    announceWith({{"protocol", "grpc"}}, "localhost");  // nodes are told apart by their addresses
    const Call hanging = client_->call<Text>(
        Context(), "echo", "Echo.Hold", test::text("x"), [](const Result<Text>&) {}, onlyOther());
    CPPUNIT_ASSERT(
        runUntil(*loop_, [&] { return !methods_.empty() && methods_.back() == "Debug.Health"; }));
    CPPUNIT_ASSERT_EQUAL(std::string("application/grpc"), types_.back());
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return client_->outlierStats().ejected == 0; }));
  }

 private:
  // A second node, which is the same server.
  void announceWith(const std::map<std::string, std::string>& metadata,
                    const std::string& host = "127.0.0.1") {
    ServiceInfo service;
    service.name = "echo";
    service.version = "other";
    Node node;
    node.id = "other";
    node.address = host;
    const std::string address = server_->address();
    node.port = static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
    node.metadata = metadata;
    service.nodes.push_back(node);
    bool done = false;
    const Call call = registry_->registerService(service, {}, [&done](Status) { done = true; });
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return done; }));
    client_.reset();
    selector_.reset();  // the old view would learn of the change later
    view_ = std::make_unique<ServiceView>(*loop_, *registry_);
    selector_ = makeRandomSelector(*view_);
    client_ = std::make_unique<Client>(*loop_, *transport_, *selector_, ClientOptions());
  }

  static CallOptions onlyOther() {
    CallOptions options;
    options.filters.push_back(
        [](const ServiceInfo&, const Node& node) { return node.id == "other"; });
    return options;
  }

  std::string typeOfCall(const std::map<std::string, std::string>& metadata,
                         CallProtocol protocol) {
    announceWith(metadata);
    CallOptions options = onlyOther();
    options.protocol = protocol;
    const Result<Text> reply = call("Echo.Call", "x", options);
    CPPUNIT_ASSERT_MESSAGE(reply.status().toString(), reply.ok());
    return types_.back();
  }

  std::string chat(const CallOptions& options) {
    auto stream = client_->stream<Text, Text>(Context(), "echo", "Echo.Chat", options);
    std::string got;
    std::optional<Status> end;
    stream.onMessage([&](const Text& message) { got += message.status(); });
    stream.onEnd([&](Status how) { end = std::move(how); });
    for (const char* word : {"a", "b"}) stream.send(test::text(word));  // before it is connected
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return got == "ab" || end; }));
    for (const char* word : {"c", "d"}) stream.send(test::text(word));
    stream.finishSending();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return end.has_value(); }));
    CPPUNIT_ASSERT_MESSAGE(end->toString(), end->ok());
    return got;
  }

  std::vector<Reply<Text>> replies_;
  std::vector<std::string> types_;
  std::vector<std::string> methods_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(CallProtocolTest);

}  // namespace evmicro

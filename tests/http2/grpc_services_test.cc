// gRPC's standard services: health checks and reflection.
#include <set>

#include <evmicro/health.h>
#include <google/protobuf/descriptor.pb.h>

#include "server/grpc_health.pb.h"
#include "server/grpc_reflection.pb.h"
#include "server/rpc_fixture.h"

namespace evmicro {

using detail::grpc_health::HealthCheckRequest;
using detail::grpc_health::HealthCheckResponse;
using detail::grpc_reflection::ServerReflectionRequest;
using detail::grpc_reflection::ServerReflectionResponse;
using google::protobuf::FileDescriptorProto;
using test::runUntil;
using test::Text;
using TextStream = ServerStream<Text, Text>;

class GrpcServicesTest final : public test::RpcFixture {
  CPPUNIT_TEST_SUITE(GrpcServicesTest);
  CPPUNIT_TEST(healthIsChecked);
  CPPUNIT_TEST(healthIsWatchedUntilTheEnd);
  CPPUNIT_TEST(healthIsThatOfTheProgram);
  CPPUNIT_TEST(whoWatchesMayGo);
  CPPUNIT_TEST(bothCanBeLeftOut);
  CPPUNIT_TEST(theyAreNotAnnounced);
  CPPUNIT_TEST(nodesSayThatTheySpeakGrpc);
  CPPUNIT_TEST(aServiceOfTheSameNameIsNotDisturbed);
  CPPUNIT_TEST(servicesAreListed);
  CPPUNIT_TEST(filesAreFoundByNameAndSymbol);
  CPPUNIT_TEST(servicesWithoutAFileAreMadeUp);
  CPPUNIT_TEST(standardServicesAreDescribedUnderTheirNames);
  CPPUNIT_TEST(extensionsAreFound);
  CPPUNIT_TEST(whatIsNotThereIsAnErrorInTheReply);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    test::RpcFixture::setUp();
    ClientOptions options;
    options.protocol = CallProtocol::kGrpc;
    client_ = std::make_unique<Client>(*loop_, *transport_, *selector_, options);
    addMethods();
  }

  void healthIsChecked() {
    start();
    for (const char* known : {"", "Echo", "some.Echo", "Debug"}) {
      const auto reply = check(known);
      CPPUNIT_ASSERT_MESSAGE(known + reply.status().toString(), reply.ok());
      CPPUNIT_ASSERT(HealthCheckResponse::SERVING == reply->status());
    }
    for (const char* unknown : {"Nothing", "other.Echo", "some.", "echo"}) {
      const Status status = check(unknown).status();
      CPPUNIT_ASSERT_EQUAL_MESSAGE(unknown, 404, status.code());
    }
  }

  void healthIsWatchedUntilTheEnd() {
    start();
    Watch known(*this, "Echo");
    Watch unknown(*this, "Nothing");
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return known.seen() == "1" && unknown.seen() == "3"; }));
    stop();  // at once, although there are open streams
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return known.end && unknown.end; }));
    CPPUNIT_ASSERT_EQUAL(std::string("12"), known.seen());
    CPPUNIT_ASSERT_EQUAL(std::string("3"), unknown.seen());
    CPPUNIT_ASSERT_EQUAL_MESSAGE(known.end->toString(), 503, known.end->code());
  }

  void healthIsThatOfTheProgram() {
    const Health part(*loop_, "database");
    part.set(Status::unavailable("away"));
    server_->require(part);
    start();
    CPPUNIT_ASSERT(HealthCheckResponse::NOT_SERVING == check("Echo")->status());
    Watch known(*this, "Echo");
    Watch unknown(*this, "Nothing");
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return known.seen() == "2" && unknown.seen() == "3"; }));
    part.set({});
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return known.seen() == "21"; }));
    part.set(Status::unavailable("away"));
    part.set(Status::unavailable("still away"));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return known.seen() == "212"; }));
    CPPUNIT_ASSERT(HealthCheckResponse::NOT_SERVING == check("")->status());
    stop();  // which is no news
    part.set({});
    CPPUNIT_ASSERT_EQUAL(std::string("212"), known.seen());
    CPPUNIT_ASSERT_EQUAL(std::string("3"), unknown.seen());
  }

  void whoWatchesMayGo() {
    start();
    {
      Watch gone(*this, "");
      CPPUNIT_ASSERT(runUntil(*loop_, [&] { return gone.seen() == "1"; }));
    }
    Watch other(*this, "");
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return other.seen() == "1"; }));
    stop();
    CPPUNIT_ASSERT_EQUAL(std::string("12"), other.seen());
  }

  void bothCanBeLeftOut() {
    for (const bool health : {true, false}) {
      ServerOptions options;
      options.grpcHealth = health;
      options.grpcReflection = !health;
      makeServer(options);
      addMethods();
      start();
      CPPUNIT_ASSERT_EQUAL(health, check("").ok());
      CPPUNIT_ASSERT_EQUAL(!health, ask("v1", listing()).has_value());
      stop();
    }
  }

  // Go clients of 2016 must see what they have always seen.
  void theyAreNotAnnounced() {
    std::set<std::string> names;
    for (const Endpoint& endpoint : server_->info().endpoints) names.insert(endpoint.name);
    CPPUNIT_ASSERT(names == std::set<std::string>({"Echo.Call", "Hand.Made", "Hand.Stream"}));
  }

  // Not `protocol`, which later clients of go-micro would look at.
  void nodesSayThatTheySpeakGrpc() {
    const ServiceInfo info = server_->info();
    const auto& metadata = info.nodes.at(0).metadata;
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, metadata.count("protocol"));
    CPPUNIT_ASSERT_EQUAL(std::string("true"), metadata.at("grpc"));
  }

  void aServiceOfTheSameNameIsNotDisturbed() {
    server_->handle<Text, Text>("Health.Check", [](Context&, const Text& request, Text& reply) {
      reply.set_status("own " + request.status());
      return Status();
    });
    start();
    CPPUNIT_ASSERT_EQUAL(std::string("own x"), call("Health.Check", "x")->status());
    CPPUNIT_ASSERT(check("").ok());
  }

  void servicesAreListed() {
    start();
    for (const char* version : {"v1", "v1alpha"}) {
      const auto reply = ask(version, listing());
      CPPUNIT_ASSERT(reply.has_value());
      std::set<std::string> names;
      for (const auto& one : reply->list_services_response().service()) names.insert(one.name());
      CPPUNIT_ASSERT(names == std::set<std::string>({"some.Echo", "Hand", "grpc.health.v1.Health",
                                                     "grpc.reflection.v1.ServerReflection",
                                                     "grpc.reflection.v1alpha.ServerReflection"}));
      CPPUNIT_ASSERT_EQUAL(std::string("host"), reply->valid_host());
      CPPUNIT_ASSERT_EQUAL(std::string("*"), reply->original_request().list_services());
    }
  }

  void filesAreFoundByNameAndSymbol() {
    start();
    const std::string name = Text::descriptor()->file()->name();
    ServerReflectionRequest byName;
    byName.set_file_by_filename(name);
    ServerReflectionRequest bySymbol;
    bySymbol.set_file_containing_symbol(Text::descriptor()->full_name());
    for (const auto& request : {byName, bySymbol}) {
      const auto files = filesFor(request);
      CPPUNIT_ASSERT_EQUAL(name, files.at(0).name());
    }
    bySymbol.set_file_containing_symbol(Text::descriptor()->field(0)->full_name());
    CPPUNIT_ASSERT_EQUAL(name, filesFor(bySymbol).at(0).name());
  }

  void servicesWithoutAFileAreMadeUp() {
    start();
    ServerReflectionRequest request;
    request.set_file_containing_symbol("Hand");
    const auto files = filesFor(request);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, files.size());  // with that of its messages
    const auto& service = files[0].service(0);
    CPPUNIT_ASSERT_EQUAL(std::string("Hand"), service.name());
    CPPUNIT_ASSERT_EQUAL(2, service.method_size());
    CPPUNIT_ASSERT_EQUAL(std::string("Made"), service.method(0).name());
    CPPUNIT_ASSERT_EQUAL("." + Text::descriptor()->full_name(), service.method(0).input_type());
    CPPUNIT_ASSERT(!service.method(0).client_streaming());
    CPPUNIT_ASSERT(service.method(1).client_streaming() && service.method(1).server_streaming());
    request.set_file_containing_symbol("some.Echo.Call");
    CPPUNIT_ASSERT_EQUAL(std::string("some"), filesFor(request).at(0).package());
  }

  void standardServicesAreDescribedUnderTheirNames() {
    start();
    ServerReflectionRequest request;
    request.set_file_containing_symbol("grpc.health.v1.Health");
    const FileDescriptorProto file = filesFor(request).at(0);
    CPPUNIT_ASSERT_EQUAL(std::string("grpc.health.v1"), file.package());
    CPPUNIT_ASSERT_EQUAL(std::string(".grpc.health.v1.HealthCheckRequest"),
                         file.service(0).method(0).input_type());
    CPPUNIT_ASSERT(file.DebugString().find("evmicro") == std::string::npos);
    request.set_file_containing_symbol("grpc.reflection.v1alpha.ServerReflection");
    CPPUNIT_ASSERT_EQUAL(std::string("grpc.reflection.v1alpha"), filesFor(request).at(0).package());
  }

  void extensionsAreFound() {
    start();
    ServerReflectionRequest request;
    request.set_all_extension_numbers_of_type("google.protobuf.MethodOptions");
    const auto none = ask("v1", request);
    CPPUNIT_ASSERT(none && none->has_all_extension_numbers_response());
    CPPUNIT_ASSERT_EQUAL(std::string("google.protobuf.MethodOptions"),
                         none->all_extension_numbers_response().base_type_name());
    auto& extension = *request.mutable_file_containing_extension();
    extension.set_containing_type("google.protobuf.MethodOptions");
    extension.set_extension_number(1);
    CPPUNIT_ASSERT_EQUAL(5, ask("v1", request)->error_response().error_code());
  }

  void whatIsNotThereIsAnErrorInTheReply() {
    start();
    ServerReflectionRequest file;
    file.set_file_by_filename("nothing.proto");
    ServerReflectionRequest symbol;
    symbol.set_file_containing_symbol("No.Such");
    ServerReflectionRequest type;
    type.set_all_extension_numbers_of_type("No.Such");
    for (const auto& request : {file, symbol, type}) {
      CPPUNIT_ASSERT_EQUAL(5, ask("v1", request)->error_response().error_code());
    }
    CPPUNIT_ASSERT_EQUAL(3, ask("v1", ServerReflectionRequest())->error_response().error_code());
  }

 private:
  struct Watch {
    Watch(GrpcServicesTest& test, const std::string& service)
        : stream(test.client_->stream<HealthCheckRequest, HealthCheckResponse>(
              Context(), "echo", "grpc.health.v1.Health.Watch")) {
      HealthCheckRequest request;
      request.set_service(service);
      stream.onMessage(
          [this](const HealthCheckResponse& now) { seen_ += std::to_string(now.status()); });
      stream.onEnd([this](Status how) { end = std::move(how); });
      stream.send(request);
      stream.finishSending();
    }
    const std::string& seen() const { return seen_; }

    std::optional<Status> end;
    std::string seen_;
    ClientStream<HealthCheckRequest, HealthCheckResponse> stream;
  };

  void addMethods() {
    const auto echo = [](Context&, const Text& request, Text& reply) {
      reply = request;
      return Status();
    };
    server_->handle<Text, Text>("some.Echo.Call", echo);
    server_->handle<Text, Text>("Hand.Made", echo);
    server_->handleStream<Text, Text>("Hand.Stream",
                                      [](const Context&, TextStream stream) { stream.finish(); });
  }

  Result<HealthCheckResponse> check(const std::string& service) {
    HealthCheckRequest request;
    request.set_service(service);
    return client_->call<HealthCheckResponse>(Context(), "echo", "grpc.health.v1.Health.Check",
                                              request);
  }

  static ServerReflectionRequest listing() {
    ServerReflectionRequest request;
    request.set_host("host");
    request.set_list_services("*");
    return request;
  }

  std::optional<ServerReflectionResponse> ask(const std::string& version,
                                              const ServerReflectionRequest& request) {
    auto stream = client_->stream<ServerReflectionRequest, ServerReflectionResponse>(
        Context(), "echo", "grpc.reflection." + version + ".ServerReflection.ServerReflectionInfo");
    std::optional<ServerReflectionResponse> reply;
    bool ended = false;
    stream.onMessage([&](ServerReflectionResponse message) { reply = std::move(message); });
    stream.onEnd([&](const Status&) { ended = true; });
    stream.send(request);
    stream.finishSending();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return ended; }));
    return reply;
  }

  std::vector<FileDescriptorProto> filesFor(const ServerReflectionRequest& request) {
    const auto reply = ask("v1", request);
    CPPUNIT_ASSERT(reply.has_value());
    CPPUNIT_ASSERT_MESSAGE(reply->ShortDebugString(), reply->has_file_descriptor_response());
    std::vector<FileDescriptorProto> files;
    for (const auto& bytes : reply->file_descriptor_response().file_descriptor_proto()) {
      CPPUNIT_ASSERT(files.emplace_back().ParseFromString(bytes));
    }
    return files;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(GrpcServicesTest);

}  // namespace evmicro

#include <evmicro/service.h>

#include <csignal>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <unistd.h>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/event_loop.h>
#include <evmicro/http_transport.h>
#include <evmicro/memory_broker.h>
#include <evmicro/memory_registry.h>
#include <evmicro/service_view.h>

#include "server/debug.pb.h"
#include "support/turn_until.h"

namespace evmicro {

namespace {

/// A payload that neither protobuf nor JSON knows.
struct Row {
  std::string cells;
};

using Text = detail::HealthResponse;

/// Carries rows, with the method in front.
class RowCodec final : public Codec {
 public:
  std::string_view name() const override { return "rows"; }
  Status readRequest(Buffer& body, Frame& frame) const override {
    const std::string_view all = body.contiguous();
    frame.method = all.substr(0, all.find(' '));
    const std::size_t second = all.find(' ', frame.method.size() + 1);
    frame.error = all.substr(frame.method.size() + 1, second - frame.method.size() - 1);
    body.drain(second + 1);
    return {};
  }
  Status readReply(Buffer& body, Frame& frame) const override { return readRequest(body, frame); }
  Status readPayload(Frame&, Buffer& body, PayloadTarget target) const override {
    return unmarshal(body, target);
  }
  Status writeRequest(std::string_view method, std::uint64_t, PayloadSource payload,
                      Buffer& out) const override {
    out.append(std::string(method) + "  ");
    return marshal(payload, out);
  }
  Status writeReply(const Frame& request, PayloadSource payload, Buffer& out) const override {
    return writeRequest(request.method, 0, payload, out);
  }
  void writeError(const Frame& request, std::string_view, Buffer& out) const override {
    out.append(request.method + " failed ");
  }
  Status marshal(PayloadSource payload, Buffer& out) const override {
    const auto* other = std::get_if<OtherPayload<const void*>>(&payload);
    const Row* const row = other ? other->as<Row>() : nullptr;
    if (!row) return Status::invalid("rows: not a row");
    out.append(row->cells);
    return {};
  }
  Status unmarshal(Buffer& body, PayloadTarget target) const override {
    const auto* other = std::get_if<OtherPayload<void*>>(&target);
    Row* const row = other ? other->as<Row>() : nullptr;
    if (!row) return Status::invalid("rows: not a row");
    row->cells = body.toString();
    return {};
  }
};

/// By another name, to be found in a node's metadata.
class OwnTransport final : public Transport {
 public:
  explicit OwnTransport(EventLoop& loop) : http_(makeHttpTransport(loop)) {}
  std::string_view name() const override { return "own"; }
  Result<std::unique_ptr<Socket>> dial(std::string_view address, DialOptions options) override {
    return http_->dial(address, options);
  }
  Result<std::unique_ptr<Listener>> listen(std::string_view address, ListenOptions options,
                                           Listener::Observer& observer) override {
    return http_->listen(address, options, observer);
  }

 private:
  std::unique_ptr<Transport> http_;
};

}  // namespace

class ServiceTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ServiceTest);
  CPPUNIT_TEST(ownPartsWinOverNames);
  CPPUNIT_TEST(ownPartsMayBeMadeLate);
  CPPUNIT_TEST(aPartThatIsNotMadeIsRefused);
  CPPUNIT_TEST(aViewNeedsItsRegistry);
  CPPUNIT_TEST(servicesShareParts);
  CPPUNIT_TEST(aSharedBrokerOutlivesAStop);
  CPPUNIT_TEST(sharedPartsDieInAnyOrder);
  CPPUNIT_TEST(codecsCarryOtherPayloads);
  CPPUNIT_TEST(otherPayloadsNeedTheirCodec);
  CPPUNIT_TEST(emptyCallbacksAreSilence);
  CPPUNIT_TEST(whatComesTooLateIsRefused);
  CPPUNIT_TEST(stopEndsRun);
  CPPUNIT_TEST(runAfterStopReturnsAtOnce);
  CPPUNIT_TEST(aSignalBeforeRunEndsItInOrder);
  CPPUNIT_TEST(signalsEndAClientAsAnyProgram);
  CPPUNIT_TEST(oneSignalEndsTheServicesOfAllThreads);
  CPPUNIT_TEST(malformedRegistryAddressesAreRefused);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    loop_ = std::make_unique<EventLoop>();
    registry_ = makeMemoryRegistry(*loop_);
    view_ = std::make_shared<ServiceView>(*loop_, *registry_);
    broker_ = makeMemoryBroker(*loop_);
  }
  void tearDown() override {
    first_.reset();
    second_.reset();
    broker_.reset();
    view_.reset();
    registry_.reset();
    loop_.reset();
  }

  void ownPartsWinOverNames() {
    ServiceOptions options = shared("one");
    options.registry = options.transport = options.broker = "nobody's";
    options.own.transport = std::make_shared<OwnTransport>(*loop_);
    start(first_, options);
    CPPUNIT_ASSERT(&first_->registry() == registry_.get());
    const auto metadata = first_->server().info().nodes.at(0).metadata;
    CPPUNIT_ASSERT_EQUAL(std::string("own"), metadata.at("transport"));
    CPPUNIT_ASSERT_EQUAL(std::string("memory"), metadata.at("registry"));
    CPPUNIT_ASSERT_EQUAL(std::string("memory"), metadata.at("broker"));
  }

  void ownPartsMayBeMadeLate() {
    ServiceOptions options;
    options.registryAddresses = {"a file"};
    std::string seen;
    options.own.registry = [&seen](EventLoop& loop, const ServiceOptions& flags) {
      seen = flags.registryAddresses.at(0);
      return makeMemoryRegistry(loop);
    };
    options.own.selector = [](EventLoop&, const ServiceOptions&, ServiceView& view) {
      return makeRandomSelector(view);
    };
    const Service service(options);
    CPPUNIT_ASSERT_EQUAL(std::string(), seen);
    Service late(options);
    CPPUNIT_ASSERT_EQUAL(std::string("memory"), std::string(late.registry().name()));
    CPPUNIT_ASSERT_EQUAL(std::string("a file"), seen);
  }

  void aPartThatIsNotMadeIsRefused() {
    ServiceOptions options;
    options.own.registry = [](EventLoop&, const ServiceOptions&) {
      return std::unique_ptr<Registry>();
    };
    Service service(options);
    CPPUNIT_ASSERT_THROW(service.registry(), std::invalid_argument);
    ServiceOptions codec;
    codec.registry = "memory";
    codec.codecs["text/none"] = nullptr;
    Service silent(codec);
    CPPUNIT_ASSERT_THROW(silent.client(), std::invalid_argument);
  }

  void aViewNeedsItsRegistry() {
    ServiceOptions options;
    options.own.view = view_;
    Service service(*loop_, options);
    CPPUNIT_ASSERT_THROW(service.client(), std::invalid_argument);
  }

  void servicesShareParts() {
    start(first_, shared("one"));
    start(second_, shared("two"));
    CPPUNIT_ASSERT(&first_->serviceView() == &second_->serviceView());
    CPPUNIT_ASSERT(&first_->registry() == &second_->registry());
    const auto reply = second_->client().call<Text>(Context(), "one", "Debug.Health", Text());
    CPPUNIT_ASSERT_MESSAGE(reply.status().toString(), reply.ok());
  }

  void aSharedBrokerOutlivesAStop() {
    int heard = 0;
    second_ = std::make_unique<Service>(*loop_, shared("two"));
    second_->server().subscribe<Text>("news", [&heard](Context&, const Text&) -> Status {
      ++heard;
      return {};
    });
    start(second_, shared("two"));
    start(first_, shared("one"));
    std::optional<Status> last;
    first_->client().publish(Context(), "news", Text(), [&last](Status s) { last = std::move(s); });
    stop(*first_);
    CPPUNIT_ASSERT_MESSAGE("sent before the stop has ended", last && last->ok());
    CPPUNIT_ASSERT_EQUAL(1, heard);
    CPPUNIT_ASSERT(!first_->client().publish(Context(), "news", Text()).ok());
    CPPUNIT_ASSERT(second_->client().publish(Context(), "news", Text()).ok());
    CPPUNIT_ASSERT_EQUAL(2, heard);
    stop(*second_);
  }

  void sharedPartsDieInAnyOrder() {
    for (const bool firstGoesFirst : {true, false}) {
      tearDown();
      setUp();
      start(first_, shared("one"));
      start(second_, shared("two"));
      broker_.reset();
      registry_.reset();
      view_.reset();
      (firstGoesFirst ? first_ : second_).reset();
      Service& left = firstGoesFirst ? *second_ : *first_;
      const char* const name = firstGoesFirst ? "two" : "one";
      CPPUNIT_ASSERT(left.client().call<Text>(Context(), name, "Debug.Health", Text()).ok());
    }
  }

  void codecsCarryOtherPayloads() {
    startRows();
    const auto reply = second_->client().call<Row>(Context(), "one", "Rows.Swap", Row{"a,b"});
    CPPUNIT_ASSERT_MESSAGE(reply.status().toString(), reply.ok());
    CPPUNIT_ASSERT_EQUAL(std::string("a,b and back"), reply->cells);
  }

  void otherPayloadsNeedTheirCodec() {
    startRows();
    for (const char* const type : {"application/octet-stream", "application/json"}) {
      CallOptions options;
      options.contentType = type;
      const auto request =
          second_->client().call<Row>(Context(), "one", "Rows.Swap", Row{"a"}, options);
      CPPUNIT_ASSERT(request.status().kind() == ErrorKind::kInvalid);
      CPPUNIT_ASSERT_MESSAGE(
          request.status().toString(),
          request.status().detail().find("type of its own") != std::string::npos);
      const auto answer =
          second_->client().call<Text>(Context(), "one", "Rows.Swap", Text(), options);
      CPPUNIT_ASSERT_MESSAGE(answer.status().toString(),
                             answer.status().detail().find("type of its own") != std::string::npos);
    }
    const auto wrong = second_->client().call<Text>(Context(), "one", "Rows.Swap", Text());
    CPPUNIT_ASSERT_MESSAGE(wrong.status().toString(),
                           wrong.status().detail().find("not a row") != std::string::npos);
  }

  void emptyCallbacksAreSilence() {
    first_ = std::make_unique<Service>(*loop_, shared("one"));
    first_->start({});
    CPPUNIT_ASSERT(turnUntil([&] { return !first_->server().address().empty(); }));
    first_->client().call<Text>(Context(), "one", "Debug.Health", Text(), nullptr);
    first_->client().call<Text>(Context(), "nobody", "Debug.Health", Text(), nullptr);
    CPPUNIT_ASSERT(!first_->client().call<Text>(Context(), "gone", "Debug.Health", Text()).ok());
    first_->stop({});
    stop(*first_);
    start(second_, shared("two"));
    second_->start({});  // too late: nobody wants to know
    CPPUNIT_ASSERT(second_->client().call<Text>(Context(), "two", "Debug.Health", Text()).ok());
  }

  void whatComesTooLateIsRefused() {
    start(first_, shared("one"));
    Server& server = first_->server();
    const auto handler = [](Context&, const Text&, Text&) -> Status { return {}; };
    const auto subscriber = [](Context&, const Text&) -> Status { return {}; };
    const auto wrapper = [](Context context, const CallInfo&, const CallNext& next, CallDone done) {
      next(std::move(context), std::move(done));
    };
    CPPUNIT_ASSERT_THROW((server.handle<Text, Text>("A.B", handler)), std::logic_error);
    CPPUNIT_ASSERT_THROW(server.subscribe<Text>("topic", subscriber), std::logic_error);
    CPPUNIT_ASSERT_THROW(server.wrap(wrapper), std::logic_error);
    CPPUNIT_ASSERT_THROW(server.collect([](Metrics&) {}), std::logic_error);
    first_->client().wrap(wrapper);
    CPPUNIT_ASSERT(first_->client().call<Text>(Context(), "one", "Debug.Health", Text()).ok());
    CPPUNIT_ASSERT_THROW(first_->client().wrap(wrapper), std::logic_error);
    const char* const argv[] = {"one"};
    CPPUNIT_ASSERT_THROW(first_->init(1, argv), std::logic_error);
  }

  void stopEndsRun() {
    Service service(memory());
    std::optional<Status> stopped;
    service.loop().post([&] { service.stop([&](Status s) { stopped = std::move(s); }); });
    CPPUNIT_ASSERT_EQUAL(0, service.run());
    CPPUNIT_ASSERT(stopped && stopped->ok());
  }

  void runAfterStopReturnsAtOnce() {
    Service service(memory());
    service.stop({});
    CPPUNIT_ASSERT_EQUAL(0, service.run());
    CPPUNIT_ASSERT_EQUAL(0, service.run());
  }

  void aSignalBeforeRunEndsItInOrder() {
    for (const bool clientFirst : {false, true}) {
      Service service(memory());
      const char* const argv[] = {"service"};
      service.init(1, argv);
      if (clientFirst) service.client();
      if (clientFirst) service.server();
      CPPUNIT_ASSERT_EQUAL(0, ::raise(SIGTERM));
      CPPUNIT_ASSERT_EQUAL(0, service.run());
      CPPUNIT_ASSERT(std::signal(SIGTERM, SIG_DFL) != SIG_DFL);
    }
  }

  void signalsEndAClientAsAnyProgram() {
    Service service(memory());
    const char* const argv[] = {"service"};
    service.init(1, argv);
    service.client();
    CPPUNIT_ASSERT(std::signal(SIGTERM, SIG_DFL) == SIG_DFL);
  }

  // Symptom: only the service whose loop had run last stopped; the program went on for ever.
  void oneSignalEndsTheServicesOfAllThreads() {
    const auto serve = [](std::promise<void> started) {
      Service service(memory());
      const char* const argv[] = {"service", "--log_level", "warn"};
      service.init(3, argv);
      service.loop().post([&started] { started.set_value(); });
      return service.run();
    };
    std::vector<std::future<int>> ends;
    for (int i = 0; i < 3; ++i) {
      std::promise<void> started;
      auto running = started.get_future();
      ends.push_back(std::async(std::launch::async, serve, std::move(started)));
      CPPUNIT_ASSERT(running.wait_for(std::chrono::seconds(20)) == std::future_status::ready);
    }
    CPPUNIT_ASSERT_EQUAL(0, ::kill(::getpid(), SIGTERM));
    for (auto& end : ends) {
      const bool ended = end.wait_for(std::chrono::seconds(20)) == std::future_status::ready;
      if (!ended) ::_exit(3);  // its destructor would wait
      CPPUNIT_ASSERT_EQUAL(0, end.get());
    }
  }

  // Symptom: registering was tried again and again.
  void malformedRegistryAddressesAreRefused() {
    for (const char* registry : {"consul", "etcd"}) {
      Service service(*loop_, {});
      std::string output;
      const char* const argv[] = {"service", "--registry", registry, "--registry_address",
                                  "127.0.0.1:1,a b"};
      const auto parsed = service.configure(5, argv, output);
      CPPUNIT_ASSERT_EQUAL(ErrorKind::kInvalid, parsed.status().kind());
      CPPUNIT_ASSERT_MESSAGE(parsed.status().detail(),
                             parsed.status().detail().find("\"a b\"") != std::string::npos);
    }
    ServiceOptions options;  // the addresses of its own registry are its own
    options.own.registry = registry_;
    options.registryAddresses = {"a file"};
    Service service(*loop_, options);
    std::string output;
    const char* const argv[] = {"service"};
    CPPUNIT_ASSERT(service.configure(1, argv, output).ok());
  }

 private:
  static ServiceOptions memory() {
    ServiceOptions options;
    options.registry = "memory";
    options.server.address = "127.0.0.1:0";
    options.server.grace = std::chrono::milliseconds(0);
    return options;
  }

  ServiceOptions shared(const std::string& name) const {
    ServiceOptions options = memory();
    options.name = name;
    options.own.registry = registry_;
    options.own.view = view_;
    options.own.broker = broker_;
    return options;
  }

  void start(std::unique_ptr<Service>& service, const ServiceOptions& options) {
    if (!service) service = std::make_unique<Service>(*loop_, options);
    std::optional<Status> started;
    service->start([&started](Status status) { started = std::move(status); });
    CPPUNIT_ASSERT(turnUntil([&] { return started.has_value(); }));
    CPPUNIT_ASSERT_MESSAGE(started->toString(), started->ok());
  }

  void stop(Service& service) {
    bool stopped = false;
    service.stop([&stopped](const Status&) { stopped = true; });
    CPPUNIT_ASSERT(turnUntil([&] { return stopped; }));
  }

  void startRows() {
    ServiceOptions options = shared("one");
    options.codecs["text/rows"] = std::make_shared<RowCodec>();
    first_ = std::make_unique<Service>(*loop_, options);
    first_->server().handle<Row, Row>("Rows.Swap",
                                      [](Context&, const Row& request, Row& response) -> Status {
                                        response.cells = request.cells + " and back";
                                        return {};
                                      });
    start(first_, options);
    ServiceOptions caller = shared("two");
    caller.codecs = options.codecs;
    caller.client.contentType = "text/rows";
    second_ = std::make_unique<Service>(*loop_, caller);
  }

  bool turnUntil(const std::function<bool()>& done) { return test::turnUntil(*loop_, done); }

  std::unique_ptr<EventLoop> loop_;
  std::shared_ptr<Registry> registry_;
  std::shared_ptr<ServiceView> view_;
  std::shared_ptr<Broker> broker_;
  std::unique_ptr<Service> first_;
  std::unique_ptr<Service> second_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(ServiceTest);

}  // namespace evmicro

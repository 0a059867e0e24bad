// Uses the code generated from protos/: that it compiles at all is half of the test.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <netinet/in.h>
#include <unistd.h>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/event_loop.h>
#include <evmicro/http_transport.h>
#include <evmicro/memory_registry.h>
#include <evmicro/selector.h>
#include <evmicro/service_view.h>

#include "event/handles.h"
#include "support/turn_until.h"
#include "zoo/evmicro.evmicro.h"
#include "zoo/zoo.evmicro.h"

namespace evmicro {

namespace {

using namespace std::chrono_literals;
using acme::common::Amount;
using acme::zoo::Animal;
using acme::zoo::Count;
using google::protobuf::Empty;
using google::protobuf::Timestamp;

class Keeper final : public acme::zoo::KeeperHandler {
  Status Describe(Context& context, const Animal& request, Animal& response) override {
    response = request;
    const auto colour = context.metadata().get("X-Colour");
    if (colour) response.set_cage(std::string(*colour));
    return {};
  }
  Status Portion(Context&, const Animal::Diet& request, Amount::Range::Step& response) override {
    if (request.food().empty()) return Status::error(422, "zoo.diet", "no food");
    response.set_size(-request.food_size());
    return {};
  }
  Status Tick(Context&, const Timestamp&, Empty&) override { return {}; }
  Status Look(Context&, const Empty&, Count& response) override {
    response.set_animals(3);
    return {};
  }
  Status Put(Context&, const Count& request, Count& response) override {
    response = request;
    return {};
  }
  Status Add(Context&, const Count& request, Count& response) override {
    response.set_animals(request.animals() + 1);
    return {};
  }
};

// Answers with what it was called by, some time after the call.
class Words final : public acme::zoo::deleteAsyncHandler {
 public:
  explicit Words(EventLoop& loop) : loop_(loop) {}

 private:
  using Q = acme::zoo::class_;

  template <typename R>
  void later(Reply<R> reply, R response) {
    auto shared = std::make_shared<Reply<R>>(std::move(reply));
    loop_.post([shared, response = std::move(response)] { shared->send(response); });
  }
  void echo(const char* name, const Q& request, Reply<Q> reply) {
    Q response;
    response.set_namespace_(std::string(name) + " " + request.namespace_());
    later(std::move(reply), std::move(response));
  }

  void operator_(Context, Q request, Reply<acme::zoo::class__new> reply) override {
    acme::zoo::class__new response;
    response.set_int_(static_cast<int>(request.namespace_().size()));
    later(std::move(reply), std::move(response));
  }
  void errno_(Context, Q q, Reply<Q> r) override { echo("errno", q, std::move(r)); }
  void deleteClient_(Context, Q q, Reply<Q> r) override { echo("deleteClient", q, std::move(r)); }
  void deleteHandler_(Context, Q q, Reply<Q> r) override { echo("deleteHandler", q, std::move(r)); }
  void client__(Context, Q q, Reply<Q> r) override { echo("client_", q, std::move(r)); }
  void service__(Context, Q q, Reply<Q> r) override { echo("service_", q, std::move(r)); }
  void request(Context, Q q, Reply<Q> r) override { echo("request", q, std::move(r)); }
  void done(Context, Q q, Reply<Q> r) override { echo("done", q, std::move(r)); }
  void options(Context, Q q, Reply<Q> r) override { echo("options", q, std::move(r)); }
  void handler(Context, Q q, Reply<Q> r) override { echo("handler", q, std::move(r)); }
  void std(Context, Q q, Reply<Q> r) override { echo("std", q, std::move(r)); }

  EventLoop& loop_;
};

class SameNames final : public acme::evmicro::ServerHandler {
  Status Result(Context&, const acme::evmicro::Status& request, Animal& response) override {
    response = request.animal();
    return {};
  }
};

// Every kind of stream; registered both ways, see setUp().
template <typename Handler>
class Watching final : public Handler {
  void Births(Context context, Count request, ServerStream<Count, Animal> stream) override {
    Animal animal;
    animal.set_name(std::string(context.metadata().get("X-Colour").value_or("grey")));
    for (std::uint64_t i = 0; i < request.animals(); ++i) stream.send(animal);
    stream.finish();
  }
  void Census(Context, ServerStream<Animal, Count> stream) override {
    const auto count = std::make_shared<Count>();
    stream.onMessage([count](const Animal&) { count->set_animals(count->animals() + 1); });
    stream.onEnd([count, stream](Status) mutable {
      stream.send(*count);
      stream.finish();
    });
  }
  void Sounds(Context, ServerStream<acme::zoo::class_, acme::zoo::class__new> stream) override {
    stream.onMessage([stream](const acme::zoo::class_& sound) mutable {
      acme::zoo::class__new answer;
      answer.set_int_(static_cast<int>(sound.namespace_().size()));
      stream.send(answer);
    });
  }
};

class NobodyHere final : public acme::zoo::NobodyHandler {};
class NobodyLater final : public acme::zoo::NobodyAsyncHandler {};

// Accepts connections, counts them, and closes each at once.
class SlammedDoor {
 public:
  explicit SlammedDoor(EventLoop& loop) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener_.reset(evconnlistener_new_bind(loop.base(), onAccept, this, LEV_OPT_CLOSE_ON_FREE, 8,
                                            reinterpret_cast<sockaddr*>(&address), sizeof address));
    CPPUNIT_ASSERT(listener_);
    socklen_t length = sizeof address;
    ::getsockname(evconnlistener_get_fd(listener_.get()), reinterpret_cast<sockaddr*>(&address),
                  &length);
    address_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
  const std::string& address() const { return address_; }
  int visitors() const { return visitors_; }

 private:
  static void onAccept(evconnlistener*, evutil_socket_t fd, sockaddr*, int, void* self) noexcept {
    ++static_cast<SlammedDoor*>(self)->visitors_;
    ::close(fd);
  }

  int visitors_ = 0;
  std::string address_;
  detail::ConnListener listener_;
};

}  // namespace

class GeneratedCodeTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(GeneratedCodeTest);
  CPPUNIT_TEST(everyKindOfFieldArrives);
  CPPUNIT_TEST(nestedAndImportedMessagesAreTyped);
  CPPUNIT_TEST(wellKnownTypesAreMessages);
  CPPUNIT_TEST(errorsOfHandlersArrive);
  CPPUNIT_TEST(contextGoesWithTheCall);
  CPPUNIT_TEST(callbackRunsOnceAndLater);
  CPPUNIT_TEST(blockingCallInsideACallbackIsAnError);
  CPPUNIT_TEST(callOptionsArePassedOn);
  CPPUNIT_TEST(takenNamesCanBeCalled);
  CPPUNIT_TEST(packageNamedAsTheLibraryCanBeCalled);
  CPPUNIT_TEST(onlyMarkedMethodsAreRepeated);
  CPPUNIT_TEST(endpointsAreDescribed);
  CPPUNIT_TEST(serviceWithoutMethodsCanBeRegistered);
  CPPUNIT_TEST(clientsCanBeCopied);
  CPPUNIT_TEST(streamsOfEveryKindWork);
  CPPUNIT_TEST(streamsOfAsyncHandlersWork);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    loop_ = std::make_unique<EventLoop>();
    registry_ = makeMemoryRegistry(*loop_);
    transport_ = makeHttpTransport(*loop_);
    view_ = std::make_unique<ServiceView>(*loop_, *registry_);
    selector_ = makeRandomSelector(*view_);
    client_ = std::make_unique<Client>(*loop_, *transport_, *selector_);
    words_ = std::make_unique<Words>(*loop_);
    ServerOptions options;
    options.name = "zoo";
    options.address = "127.0.0.1:0";
    options.grace = 0ms;
    server_ = std::make_unique<Server>(*loop_, *transport_, *registry_, options);
    acme::zoo::registerKeeperHandler(*server_, keeper_);
    acme::zoo::registerdeleteHandler(*server_, *words_);
    acme::evmicro::registerServerHandler(*server_, sameNames_);
    acme::zoo::registerWatchHandler(*server_, watching_);
    acme::zoo::registerNobodyHandler(*server_, nobody_);
    acme::zoo::registerNobodyHandler(*server_, nobodyLater_);
    std::optional<Status> started;
    server_->start([&started](Status status) { started = std::move(status); });
    turnUntil([&started] { return started.has_value(); });
    CPPUNIT_ASSERT_MESSAGE(started->toString(), started->ok());
  }

  void tearDown() override {
    client_.reset();
    server_.reset();
    words_.reset();
    selector_.reset();
    view_.reset();
    transport_.reset();
    registry_.reset();
    loop_.reset();
  }

  void everyKindOfFieldArrives() {
    Animal animal;
    animal.set_name("Zo\xc3\xab");
    animal.set_age(0);  // present though zero: proto3 optional
    (*animal.mutable_weights())["birth"].set_value(0.5);
    (*animal.mutable_weights())["now"].set_unit(acme::common::KILOGRAM);
    (*animal.mutable_diets())[-1].add_food("hay");
    animal.set_pool(1LL << 62);
    animal.set_picture(std::string("\0\xff", 2));
    animal.mutable_born()->set_seconds(-5);
    for (const char* type : {"application/octet-stream", "application/json"}) {
      CallOptions options;
      options.contentType = type;
      const auto reply = keeperClient().Describe(animal, options);
      CPPUNIT_ASSERT_MESSAGE(reply.status().toString(), reply.ok());
      CPPUNIT_ASSERT_EQUAL_MESSAGE(type, animal.DebugString(), reply->DebugString());
    }
  }

  void nestedAndImportedMessagesAreTyped() {
    Animal::Diet diet;
    diet.add_food("hay");
    diet.add_food("oats");
    const Result<Amount::Range::Step> step = keeperClient().Portion(diet);
    CPPUNIT_ASSERT_MESSAGE(step.status().toString(), step.ok());
    CPPUNIT_ASSERT_EQUAL(-2, step->size());
  }

  void wellKnownTypesAreMessages() {
    Timestamp now;
    now.set_seconds(7);
    const Result<Empty> nothing = keeperClient().Tick(now);
    CPPUNIT_ASSERT_MESSAGE(nothing.status().toString(), nothing.ok());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{3}, keeperClient().Look(Empty()).value().animals());
  }

  void errorsOfHandlersArrive() {
    const auto reply = keeperClient().Portion({});
    CPPUNIT_ASSERT(!reply.ok());
    CPPUNIT_ASSERT(reply.status().kind() == ErrorKind::kRemote);
    CPPUNIT_ASSERT_EQUAL(422, reply.status().code());
    CPPUNIT_ASSERT_EQUAL(std::string("zoo.diet"), reply.status().id());
    CPPUNIT_ASSERT_EQUAL(std::string("no food"), reply.status().detail());
  }

  void contextGoesWithTheCall() {
    Context context;
    context.metadata().set("X-Colour", "red");
    const auto blocking = keeperClient().Describe(context, Animal());
    CPPUNIT_ASSERT_MESSAGE(blocking.status().toString(), blocking.ok());
    CPPUNIT_ASSERT_EQUAL(std::string("red"), blocking->cage());
    const auto reply = await<Animal>(
        [&](auto done) { keeperClient().Describe(context, Animal(), std::move(done)); });
    CPPUNIT_ASSERT_EQUAL(std::string("red"), reply.value().cage());
    context.cancel();
    CPPUNIT_ASSERT(keeperClient().Describe(context, {}).status().kind() == ErrorKind::kCancelled);
  }

  void callbackRunsOnceAndLater() {
    int runs = 0;
    keeperClient().Look(Context(), Empty(), [&runs](Result<Count>) { ++runs; });
    CPPUNIT_ASSERT_EQUAL(0, runs);
    turnUntil([&runs] { return runs > 0; });
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{3}, keeperClient().Look({}).value().animals());
    CPPUNIT_ASSERT_EQUAL(1, runs);
  }

  void blockingCallInsideACallbackIsAnError() {
    std::optional<Result<Count>> inner;
    keeperClient().Look(Context(), Empty(),
                        [&](Result<Count>) { inner = keeperClient().Look(Empty()); });
    turnUntil([&inner] { return inner.has_value(); });
    CPPUNIT_ASSERT(!inner->ok());
  }

  void callOptionsArePassedOn() {
    CallOptions nobodyThere;
    nobodyThere.address = "127.0.0.1:1";
    CPPUNIT_ASSERT(keeperClient().Look({}, nobodyThere).status().kind() == ErrorKind::kUnavailable);
    const auto reply = await<Count>(
        [&](auto done) { keeperClient().Look(Context(), Empty(), std::move(done), nobodyThere); });
    CPPUNIT_ASSERT(reply.status().kind() == ErrorKind::kUnavailable);
    acme::zoo::KeeperClient elsewhere("aquarium", *client_);
    CPPUNIT_ASSERT(elsewhere.Look({}).status().kind() == ErrorKind::kNotFound);
  }

  void takenNamesCanBeCalled() {
    const acme::zoo::deleteClient client("zoo", *client_);
    acme::zoo::class_ word;
    word.set_namespace_("x");
    CPPUNIT_ASSERT_EQUAL(1, client.operator_(word).value().int_());
    CPPUNIT_ASSERT_EQUAL(std::string("errno x"), client.errno_(word).value().namespace_());
    CPPUNIT_ASSERT_EQUAL(std::string("deleteClient x"),
                         client.deleteClient_(word).value().namespace_());
    CPPUNIT_ASSERT_EQUAL(std::string("deleteHandler x"),
                         client.deleteHandler_(word).value().namespace_());
    CPPUNIT_ASSERT_EQUAL(std::string("client_ x"), client.client__(word).value().namespace_());
    CPPUNIT_ASSERT_EQUAL(std::string("service_ x"), client.service__(word).value().namespace_());
    CPPUNIT_ASSERT_EQUAL(std::string("request x"), client.request(word).value().namespace_());
    CPPUNIT_ASSERT_EQUAL(std::string("done x"), client.done(word).value().namespace_());
    CPPUNIT_ASSERT_EQUAL(std::string("options x"), client.options(word).value().namespace_());
    CPPUNIT_ASSERT_EQUAL(std::string("handler x"), client.handler(word).value().namespace_());
    CPPUNIT_ASSERT_EQUAL(std::string("std x"), client.std(word).value().namespace_());
  }

  void packageNamedAsTheLibraryCanBeCalled() {
    acme::evmicro::Status status;
    status.mutable_animal()->set_name("Emu");
    const acme::evmicro::ServerClient client("zoo", *client_);
    CPPUNIT_ASSERT_EQUAL(std::string("Emu"), client.Result(status).value().name());
  }

  void onlyMarkedMethodsAreRepeated() {
    SlammedDoor door(*loop_);
    CallOptions options;
    options.address = door.address();
    options.retries = 3;
    const auto attempts = [&](auto call) {
      const int before = door.visitors();
      CPPUNIT_ASSERT(!call().status().ok());
      return door.visitors() - before;
    };
    const auto keeper = keeperClient();
    CPPUNIT_ASSERT_EQUAL(1, attempts([&] { return keeper.Add({}, options); }));
    CPPUNIT_ASSERT_EQUAL(3, attempts([&] { return keeper.Put({}, options); }));
    CPPUNIT_ASSERT_EQUAL(3, attempts([&] { return keeper.Look(Context(), {}, options); }));
    CPPUNIT_ASSERT_EQUAL(3, attempts([&] {
                           return await<Count>([&](auto done) {
                             keeper.Look(Context(), Empty(), std::move(done), options);
                           });
                         }));
    options.idempotent = CallOptions::Idempotent::kYes;
    CPPUNIT_ASSERT_EQUAL(3, attempts([&] { return keeper.Add({}, options); }));
  }

  void endpointsAreDescribed() {
    const ServiceInfo info = server_->info();
    std::vector<std::string> names;
    for (const Endpoint& endpoint : info.endpoints) names.push_back(endpoint.name);
    CPPUNIT_ASSERT(std::find(names.begin(), names.end(), "Keeper.Portion") != names.end());
    CPPUNIT_ASSERT(std::find(names.begin(), names.end(), "delete.operator") != names.end());
    CPPUNIT_ASSERT_EQUAL(std::size_t{6 + 11 + 1 + 3}, names.size());
    for (const Endpoint& endpoint : info.endpoints) {
      if (endpoint.name != "Keeper.Portion") continue;
      CPPUNIT_ASSERT_EQUAL(std::string("Animal_Diet"), endpoint.request->type);
      CPPUNIT_ASSERT_EQUAL(std::string("Amount_Range_Step"), endpoint.response->type);
    }
  }

  void serviceWithoutMethodsCanBeRegistered() {
    const acme::zoo::NobodyClient client("zoo", *client_);
    for (const Endpoint& endpoint : server_->info().endpoints) {
      CPPUNIT_ASSERT(endpoint.name.find("Nobody") == std::string::npos);
    }
  }

  void clientsCanBeCopied() {
    auto first = std::make_unique<acme::zoo::KeeperClient>("zoo", *client_);
    const acme::zoo::KeeperClient second = *first;
    // A call outlives the object it was made with: only the Client counts.
    const auto reply = await<Count>([&](auto done) {
      first->Look(Context(), Empty(), std::move(done));
      first.reset();
    });
    CPPUNIT_ASSERT(reply.ok());
    CPPUNIT_ASSERT(second.Look({}).ok());
  }

  void streamsOfEveryKindWork() { watch("zoo"); }

  void streamsOfAsyncHandlersWork() {
    Watching<acme::zoo::WatchAsyncHandler> handler;
    ServerOptions options;
    options.name = "night zoo";
    options.address = "127.0.0.1:0";
    Server server(*loop_, *transport_, *registry_, options);
    acme::zoo::registerWatchHandler(server, handler);
    std::optional<Status> started;
    server.start([&started](Status status) { started = std::move(status); });
    turnUntil([&started] { return started.has_value(); });
    watch("night zoo");
  }

 private:
  void watch(const std::string& service) {
    const acme::zoo::WatchClient client(service, *client_);
    Context context;
    context.metadata().set("X-Colour", "red");
    Count three;
    three.set_animals(3);
    const std::vector<Animal> born = allOf<Animal>(client.Births(context, three));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, born.size());
    CPPUNIT_ASSERT_EQUAL(std::string("red"), born[2].name());

    auto census = client.Census(context);
    census.send(Animal());
    census.send(Animal());
    census.finishSending();
    const std::vector<Count> counted = allOf<Count>(std::move(census));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, counted.size());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, counted[0].animals());

    auto sounds = client.Sounds(context);
    acme::zoo::class_ sound;
    for (const char* text : {"moo", "quack"}) {
      sound.set_namespace_(text);
      sounds.send(sound);
    }
    sounds.finishSending();
    const auto lengths = allOf<acme::zoo::class__new>(std::move(sounds));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, lengths.size());
    CPPUNIT_ASSERT_EQUAL(5, lengths[1].int_());
  }

  // What comes until the stream ends in order.
  template <typename In, typename Stream>
  std::vector<In> allOf(Stream stream) {
    std::vector<In> all;
    std::optional<Status> end;
    stream.onMessage([&all](In in) { all.push_back(std::move(in)); });
    stream.onEnd([&end](Status status) { end = std::move(status); });
    turnUntil([&end] { return end.has_value(); });
    CPPUNIT_ASSERT_MESSAGE(end->toString(), end->ok());
    return all;
  }

  acme::zoo::KeeperClient keeperClient() { return {"zoo", *client_}; }

  void turnUntil(const std::function<bool()>& done) {
    CPPUNIT_ASSERT_MESSAGE("what was waited for did not come", test::turnUntil(*loop_, done));
  }

  template <typename Response, typename Start>
  Result<Response> await(Start start) {
    std::optional<Result<Response>> reply;
    start([&reply](Result<Response> result) { reply = std::move(result); });
    turnUntil([&reply] { return reply.has_value(); });
    return std::move(*reply);
  }

  Keeper keeper_;
  SameNames sameNames_;
  NobodyHere nobody_;
  NobodyLater nobodyLater_;
  Watching<acme::zoo::WatchHandler> watching_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<Registry> registry_;
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<ServiceView> view_;
  std::unique_ptr<Selector> selector_;
  std::unique_ptr<Words> words_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<Client> client_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(GeneratedCodeTest);

}  // namespace evmicro

// Typed subscribers of a server, and publications of a client, over a broker in memory.
#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/client.h>
#include <evmicro/event_loop.h>
#include <evmicro/http_broker.h>
#include <evmicro/http_transport.h>
#include <evmicro/memory_broker.h>
#include <evmicro/memory_registry.h>
#include <evmicro/server.h>
#include <evmicro/service_view.h>

#include "server/rpc_fixture.h"
#include "support/captured_log.h"
#include "support/turn_until.h"

namespace evmicro {

using namespace std::chrono_literals;
using test::Text;
using test::text;

class SubscriberTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SubscriberTest);
  CPPUNIT_TEST(eventsOfEveryContentTypeAreRead);
  CPPUNIT_TEST(documentsAreEventsToo);
  CPPUNIT_TEST(headersBecomeMetadata);
  CPPUNIT_TEST(unreadableEventsAreCountedAndLogged);
  CPPUNIT_TEST(handlersErrorIsCountedAndLoggedOnceUntilRecovery);
  CPPUNIT_TEST(whatHandlersThrowIsAnError);
  CPPUNIT_TEST(serversShareAQueue);
  CPPUNIT_TEST(subscribersAreAnnounced);
  CPPUNIT_TEST(wrappersSeeMessagesAsCalls);
  CPPUNIT_TEST(wrapperMayKeepAMessageAway);
  CPPUNIT_TEST(wrapperMayGoOnLater);
  CPPUNIT_TEST(wrapperThatDropsOrThrowsIsAnError);
  CPPUNIT_TEST(wrapperMayGoOnAfterTheServer);
  CPPUNIT_TEST(handlerMayDestroyTheServer);
  CPPUNIT_TEST(stoppingServerHandlesWhatStillComes);
  CPPUNIT_TEST(subscribingNeedsABrokerAndATopic);
  CPPUNIT_TEST(brokerThatCannotListenFailsTheStart);
  CPPUNIT_TEST(publicationHasContentTypeMetadataAndSender);
  CPPUNIT_TEST(blockingPublicationWaits);
  CPPUNIT_TEST(publicationThatCannotBeIsAnError);
  CPPUNIT_TEST(publicationTellsWhoMissedIt);
  CPPUNIT_TEST(clientsWrappersSeePublications);
  CPPUNIT_TEST(destroyedClientIsSilent);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    loop_ = std::make_unique<EventLoop>();
    transport_ = makeHttpTransport(*loop_);
    registry_ = makeMemoryRegistry(*loop_);
    view_ = std::make_unique<ServiceView>(*loop_, *registry_);
    selector_ = makeRandomSelector(*view_);
    makeBroker({});
  }

  void tearDown() override {
    client_.reset();
    server_.reset();
    broker_.reset();
    selector_.reset();
    view_.reset();
    registry_.reset();
    transport_.reset();
    loop_.reset();
  }

  void eventsOfEveryContentTypeAreRead() {
    std::vector<std::string> seen;
    collect(seen);
    start();
    for (const char* type : {"application/octet-stream", "application/protobuf",
                             "application/proto-rpc", "application/json", "application/json-rpc"}) {
      const Status status = client_->publish(Context(), "topic", text(type), {type});
      CPPUNIT_ASSERT_MESSAGE(status.toString(), status.ok());
      CPPUNIT_ASSERT_EQUAL(std::string(type), seen.back());
    }
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{5}, server_->subscriberStats().handled);
  }

  void documentsAreEventsToo() {
    std::string seen;
    server_->subscribe<JsonDocument>("topic", [&seen](Context&, const JsonDocument& event) {
      seen = event.text;
      return Status();
    });
    start();
    const JsonDocument document{R"({"say":"hello"})"};
    CPPUNIT_ASSERT(client_->publish(Context(), "topic", document, {"application/json"}).ok());
    CPPUNIT_ASSERT_EQUAL(document.text, seen);
    CPPUNIT_ASSERT(client_->publish(Context(), "topic", text("x")).ok());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, server_->subscriberStats().failed);
  }

  void headersBecomeMetadata() {
    Metadata seen;
    server_->subscribe<Text>("topic", [&seen](Context& context, const Text&) {
      seen = context.metadata();
      return Status();
    });
    start();
    Context context;
    context.metadata().set("X-User-Id", "john");
    CPPUNIT_ASSERT(client_->publish(context, "topic", text("x")).ok());
    CPPUNIT_ASSERT((Metadata{{"X-User-Id", "john"}, {"X-Micro-From-Service", "publisher"}}) ==
                   seen);
  }

  void unreadableEventsAreCountedAndLogged() {
    std::vector<std::string> seen;
    collect(seen);
    start();
    test::CapturedLog log("server");
    deliver({{{"id", "7"}}, "x"});
    deliver({{{"Content-Type", "text/plain"}}, "x"});
    deliver({{{"Content-Type", "application/json"}}, "["});
    deliver({{{"Content-Type", "application/protobuf"}}, "\xFF"});
    CPPUNIT_ASSERT(seen.empty());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{4}, server_->subscriberStats().failed);
    CPPUNIT_ASSERT_EQUAL(std::string("WARN Subscriber Func of topic, message 7: no codec for "
                                     "content type \"\" (400 Bad Request)"),
                         log.lines().at(0));
  }

  void handlersErrorIsCountedAndLoggedOnceUntilRecovery() {
    bool well = false;
    server_->subscribe<Text>("topic",
                             [&well](Context&, const Text&) {
                               return well ? Status()
                                           : Status::error(409, "mine", "cannot do that");
                             },
                             {"", "Example.Handle"});
    start();
    test::CapturedLog log("server");
    for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT(client_->publish(Context(), "topic", text("")).ok());
    well = true;
    CPPUNIT_ASSERT(client_->publish(Context(), "topic", text("")).ok());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{3}, server_->subscriberStats().failed);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, server_->subscriberStats().handled);
    std::vector<std::string> lines;
    for (const std::string& line : log.lines()) {
      if (line.substr(0, 5) != "DEBUG") lines.push_back(line);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, lines.size());
    CPPUNIT_ASSERT_EQUAL(std::string("WARN Subscriber Example.Handle of topic: cannot do that (409 "
                                     "Conflict, mine)"),
                         lines[0]);
    CPPUNIT_ASSERT_EQUAL(std::string("INFO Subscriber Example.Handle of topic: handled again"),
                         lines[1]);
  }

  void whatHandlersThrowIsAnError() {
    server_->subscribe<Text>(
        "topic", [](Context&, const Text&) -> Status { throw std::runtime_error("oh no"); });
    server_->subscribe<Text>("topic", [](Context&, const Text&) -> Status { throw 7; });
    start();
    CPPUNIT_ASSERT(client_->publish(Context(), "topic", text("x")).ok());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, server_->subscriberStats().failed);
  }

  void serversShareAQueue() {
    std::vector<std::string> first, second;
    collect(first, {"workers", "Func"});
    start();
    const auto one = std::move(server_);
    makeServer();
    collect(second, {"workers", "Func"});
    start();
    for (int i = 0; i < 10; ++i)
      CPPUNIT_ASSERT(client_->publish(Context(), "topic", text("")).ok());
    CPPUNIT_ASSERT_EQUAL(std::size_t{5}, first.size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{5}, second.size());
  }

  // As go-micro registers them.
  void subscribersAreAnnounced() {
    std::vector<std::string> seen;
    collect(seen, {"", "Example.Handle"});
    collect(seen);
    const ServiceInfo info = server_->info();
    CPPUNIT_ASSERT_EQUAL(std::string("memory"), info.nodes.at(0).metadata.at("broker"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, info.endpoints.size());
    CPPUNIT_ASSERT_EQUAL(std::string("Example.Handle"), info.endpoints[0].name);
    const Endpoint& endpoint = info.endpoints[1];
    CPPUNIT_ASSERT_EQUAL(std::string("Func"), endpoint.name);
    CPPUNIT_ASSERT_EQUAL(std::string("HealthResponse"), endpoint.request->name);
    CPPUNIT_ASSERT(!endpoint.response);
    CPPUNIT_ASSERT((std::map<std::string, std::string>{{"subscriber", "true"},
                                                       {"topic", "topic"}}) == endpoint.metadata);
  }

  void wrappersSeeMessagesAsCalls() {
    std::vector<std::string> seen;
    std::string trace;
    for (const char* name : {"a", "b"}) {
      server_->wrap(
          [&trace, name](Context context, const CallInfo& call, CallNext next, CallDone done) {
            trace += std::string(name) + "(" + std::string(call.service) + " " +
                     std::string(call.method) + " " + std::string(call.topic) + " " +
                     std::string(call.contentType) + ") ";
            context.metadata().set("Seen", name);
            next(std::move(context), [&trace, name, done](Status status) {
              trace += std::string(name) + (status.ok() ? "+ " : "- ");
              done(std::move(status));
            });
          });
    }
    collect(seen);
    start();
    CPPUNIT_ASSERT(client_->publish(Context(), "topic", text("x"), {"application/json"}).ok());
    CPPUNIT_ASSERT_EQUAL(std::string("a(subscribing Func topic application/json) "
                                     "b(subscribing Func topic application/json) b+ a+ "),
                         trace);
    CPPUNIT_ASSERT(std::vector<std::string>{"x"} == seen);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, server_->subscriberStats().handled);
  }

  void wrapperMayKeepAMessageAway() {
    std::vector<std::string> seen;
    server_->wrap([](Context, const CallInfo&, const CallNext&, const CallDone& done) {
      done(Status::error(403, "guard", "not for you"));
      done(Status());  // too late
    });
    collect(seen);
    start();
    CPPUNIT_ASSERT(client_->publish(Context(), "topic", text("x")).ok());
    CPPUNIT_ASSERT(seen.empty());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, server_->subscriberStats().failed);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, server_->subscriberStats().handled);
  }

  void wrapperMayGoOnLater() {
    std::vector<std::string> seen;
    std::function<void()> later;
    wrapToHold(later);
    collect(seen);
    start();
    CPPUNIT_ASSERT(client_->publish(Context(), "topic", text("x")).ok());
    CPPUNIT_ASSERT(seen.empty());
    later();
    later();  // the second time means nothing
    CPPUNIT_ASSERT(std::vector<std::string>{"x"} == seen);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, server_->subscriberStats().handled);
  }

  void wrapperThatDropsOrThrowsIsAnError() {
    std::vector<std::string> seen;
    int calls = 0;
    server_->wrap([&calls](Context, const CallInfo&, const CallNext&, const CallDone&) {
      if (++calls == 2) throw std::runtime_error("oh no");
      if (calls == 3) throw 7;
    });
    collect(seen);
    start();
    for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT(client_->publish(Context(), "topic", text("")).ok());
    CPPUNIT_ASSERT(seen.empty());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{3}, server_->subscriberStats().failed);
  }

  void wrapperMayGoOnAfterTheServer() {
    std::vector<std::string> seen;
    std::function<void()> later;
    wrapToHold(later);
    collect(seen);
    start();
    CPPUNIT_ASSERT(client_->publish(Context(), "topic", text("x")).ok());
    server_.reset();
    later();
    later = nullptr;
    CPPUNIT_ASSERT(seen.empty());
  }

  void handlerMayDestroyTheServer() {
    for (const bool wrapped : {false, true}) {
      makeServer();
      if (wrapped) {
        server_->wrap([](Context context, const CallInfo&, const CallNext& next, CallDone done) {
          next(std::move(context), std::move(done));
        });
      }
      std::string seen;
      server_->subscribe<Text>(
          "topic", [this, &seen, captured = std::string(64, 'x')](Context&, const Text& event) {
            server_.reset();
            seen = captured + event.status();
            return Status();
          });
      start();
      CPPUNIT_ASSERT(client_->publish(Context(), "topic", text("!")).ok());
      CPPUNIT_ASSERT_EQUAL(std::string(64, 'x') + "!", seen);
      CPPUNIT_ASSERT(!server_);
    }
  }

  // It deregisters, and serves on for the grace time: messages, too.
  void stoppingServerHandlesWhatStillComes() {
    std::vector<std::string> seen;
    collect(seen);
    start();
    broker_->publish("topic", message("on its way"));
    bool stopped = false;
    server_->stop([&stopped](const Status&) { stopped = true; });
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return stopped; }));
    CPPUNIT_ASSERT(std::vector<std::string>{"on its way"} == seen);
    deliver(message("late"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, seen.size());
  }

  void subscribingNeedsABrokerAndATopic() {
    const auto handler = [](Context&, const Text&) { return Status(); };
    CPPUNIT_ASSERT_THROW(server_->subscribe<Text>("", handler), std::invalid_argument);
    Server without(*loop_, *transport_, *registry_, ServerOptions());
    CPPUNIT_ASSERT_THROW(without.subscribe<Text>("topic", handler), std::logic_error);
    CPPUNIT_ASSERT_EQUAL(std::string("http"), without.info().nodes.at(0).metadata.at("broker"));
    start();
    CPPUNIT_ASSERT_THROW(server_->subscribe<Text>("topic", handler), std::logic_error);
  }

  void brokerThatCannotListenFailsTheStart() {
    ServiceView view(*loop_, *registry_);
    HttpBrokerOptions options;
    options.address = "nonsense";
    broker_ = makeHttpBroker(*loop_, *registry_, view, options);
    makeServer();
    std::vector<std::string> seen;
    collect(seen);
    Status outcome;
    server_->start([&outcome](const Status& status) { outcome = status; });
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return !outcome.ok(); }));
    CPPUNIT_ASSERT_EQUAL(std::string("server: broker: "), outcome.detail().substr(0, 16));
    CPPUNIT_ASSERT_EQUAL(std::string(), server_->address());
    server_.reset();
    broker_.reset();
  }

  void publicationHasContentTypeMetadataAndSender() {
    BrokerMessage seen;
    const auto token = broker_->subscribe("topic", [&seen](auto, const auto& got) { seen = got; });
    Context context;
    for (const char* name : {"X-User-Id", "Content-Type", "Connection", "Content-Length", "Host",
                             "Timeout", ":topic"}) {
      context.metadata().set(name, "value");
    }
    CPPUNIT_ASSERT(client_->publish(context, "topic", text("hello")).ok());
    const std::map<std::string, std::string> expected = {
        {"Content-Type", "application/octet-stream"},
        {"X-Micro-From-Service", "publisher"},
        {"X-User-Id", "value"}};
    CPPUNIT_ASSERT(expected == seen.header);
    CPPUNIT_ASSERT_EQUAL(text("hello").SerializeAsString(), seen.body);
  }

  void blockingPublicationWaits() {
    CPPUNIT_ASSERT(client_->publish(Context(), "nobody", text("x")).ok());
    Status inside;
    const Call later =
        loop_->defer([&] { inside = client_->publish(Context(), "nobody", text("x")); });
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return !inside.ok(); }));
    CPPUNIT_ASSERT(inside.kind() == ErrorKind::kInvalid);
  }

  void publicationThatCannotBeIsAnError() {
    const Status noCodec = client_->publish(Context(), "topic", text("x"), {"text/plain"});
    CPPUNIT_ASSERT_EQUAL(
        std::string("client: publish to topic: no codec for content type \"text/plain\""),
        noCodec.detail());
    CPPUNIT_ASSERT_EQUAL(std::string("go.micro.client"), noCodec.id());
    const JsonDocument document;
    CPPUNIT_ASSERT(client_->publish(Context(), "topic", document).kind() == ErrorKind::kInvalid);
    CPPUNIT_ASSERT(client_->publish(Context(), "", text("x")).kind() == ErrorKind::kInvalid);
    Context ended;
    ended.cancel();
    CPPUNIT_ASSERT(client_->publish(ended, "topic", text("x")).kind() == ErrorKind::kCancelled);
    Client without(*loop_, *transport_, *selector_);
    CPPUNIT_ASSERT_EQUAL(
        std::string("client: publish to topic: the client was made without a broker"),
        without.publish(Context(), "topic", text("x")).detail());
  }

  void publicationTellsWhoMissedIt() {
    makeBroker({1});
    const auto token = broker_->subscribe("topic", [](auto, const auto&) {});
    int told = 0;
    Status last;
    client_->publish(Context(), "topic", text("1"), nullptr);
    client_->publish(Context(), "topic", text("2"), [&](const Status& status) {
      ++told;
      last = status;
    });
    CPPUNIT_ASSERT_EQUAL(0, told);
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return told > 0; }));
    CPPUNIT_ASSERT(last.kind() == ErrorKind::kOverloaded);
    CPPUNIT_ASSERT(last.detail().find("1 of 1 subscriptions") != std::string::npos);
  }

  void clientsWrappersSeePublications() {
    std::string trace;
    client_->wrap(
        [&trace](Context context, const CallInfo& call, const CallNext& next, CallDone done) {
          trace = std::string(call.service) + "|" + std::string(call.method) + "|" +
                  std::string(call.topic) + "|" + std::string(call.contentType);
          context.metadata().set("Traced", "yes");
          if (call.topic != "blocked") return next(std::move(context), std::move(done));
        });
    std::string seen;
    const auto token = broker_->subscribe(
        "topic", [&seen](auto, const BrokerMessage& got) { seen = got.header.at("Traced"); });
    CPPUNIT_ASSERT(client_->publish(Context(), "topic", text("x")).ok());
    CPPUNIT_ASSERT_EQUAL(std::string("yes"), seen);
    CPPUNIT_ASSERT_EQUAL(std::string("||topic|application/octet-stream"), trace);
    CPPUNIT_ASSERT_EQUAL(std::string("client: a wrapper dropped the publication"),
                         client_->publish(Context(), "blocked", text("x")).detail());
  }

  void destroyedClientIsSilent() {
    bool told = false;
    client_->publish(Context(), "topic", text("x"), [&told](const Status&) { told = true; });
    client_.reset();
    test::turn(*loop_);
    CPPUNIT_ASSERT(!told);
  }

 private:
  void makeBroker(MemoryBrokerOptions options) {
    client_.reset();
    server_.reset();
    broker_ = makeMemoryBroker(*loop_, options);
    ClientOptions client;
    client.name = "publisher";
    client_ = std::make_unique<Client>(*loop_, *transport_, *selector_, *broker_, client);
    makeServer();
  }

  void makeServer() {
    ServerOptions options;
    options.name = "subscribing";
    options.address = "127.0.0.1:0";
    options.grace = 1ms;
    server_ = std::make_unique<Server>(*loop_, *transport_, *registry_, *broker_, options);
  }

  void collect(std::vector<std::string>& seen, SubscriberOptions options = {}) {
    server_->subscribe<Text>(
        "topic",
        [&seen](Context&, const Text& event) {
          seen.push_back(event.status());
          return Status();
        },
        std::move(options));
  }

  // A wrapper that goes on when `later` is called.
  void wrapToHold(std::function<void()>& later) {
    server_->wrap([&later](const Context& context, const CallInfo&, CallNext next, CallDone done) {
      later = [context, next = std::move(next), done = std::move(done)] { next(context, done); };
    });
  }

  void start() {
    Status outcome = Status::internal("not started");
    server_->start([&outcome](const Status& status) { outcome = status; });
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return outcome.ok(); }));
  }

  static BrokerMessage message(const std::string& event) {
    return {{{"Content-Type", "application/octet-stream"}}, text(event).SerializeAsString()};
  }

  void deliver(BrokerMessage toSend) {
    bool told = false;
    broker_->publish("topic", std::move(toSend), [&told](const auto&) { told = true; });
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return told; }));
  }

  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<Registry> registry_;
  std::unique_ptr<ServiceView> view_;
  std::unique_ptr<Selector> selector_;
  std::unique_ptr<Broker> broker_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<Client> client_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(SubscriberTest);

}  // namespace evmicro

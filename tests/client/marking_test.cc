// The selector learns the end of every choice exactly once, whatever the outcome of a call or
// stream.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "server/rpc_fixture.h"
#include "support/ports.h"
#include "support/scripted_server.h"
#include "support/turn_until.h"

namespace evmicro {

using test::runUntil;
using test::ScriptedServer;
using test::Text;
using test::text;
using namespace std::chrono_literals;
using Kinds = std::vector<ErrorKind>;

namespace {

/// A selector that keeps account of another one.
class AccountingSelector final : public Selector {
 public:
  explicit AccountingSelector(Selector& inner) : inner_(inner) {}

  std::string_view name() const override { return "accounting"; }
  std::optional<Result<NodePtr>> choose(std::string_view service,
                                        const SelectCriteria& criteria) override {
    auto chosen = inner_.choose(service, criteria);
    if (chosen && chosen->ok()) ++choices;
    return chosen;
  }
  Call prepare(std::string_view service, std::function<void(Status)> ready) override {
    return inner_.prepare(service, std::move(ready));
  }
  void mark(std::string_view service, const Node& node, const Status& outcome) override {
    marks.push_back(outcome.kind());
    inner_.mark(service, node, outcome);
  }

  std::size_t choices = 0;
  Kinds marks;

 private:
  Selector& inner_;
};

}  // namespace

class MarkingTest final : public test::RpcFixture {
  CPPUNIT_TEST_SUITE(MarkingTest);
  CPPUNIT_TEST(answersAreMarked);
  CPPUNIT_TEST(silenceIsMarked);
  CPPUNIT_TEST(cancellingIsMarked);
  CPPUNIT_TEST(brokenConnectionIsMarked);
  CPPUNIT_TEST(aRefusalByAnAnswerIsNotUnreached);
  CPPUNIT_TEST(aRefusalSaysNothingOfTheNextNode);
  CPPUNIT_TEST(aRefusedStreamIsNotUnreached);
  CPPUNIT_TEST(eachNodeThatIsNotReachedIsMarked);
  CPPUNIT_TEST(destroyedClientMarksWhatWasInProgress);
  CPPUNIT_TEST(fixedAddressChoosesNothing);
  CPPUNIT_TEST(impossibleAddressIsMarkedLater);
  CPPUNIT_TEST(orderlyStreamIsMarkedAtItsEnd);
  CPPUNIT_TEST(destroyedStreamIsMarked);
  CPPUNIT_TEST(brokenStreamIsMarked);
  CPPUNIT_TEST(streamThatReachesNobodyMarksEachNode);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    RpcFixture::setUp();
    account_ = std::make_unique<AccountingSelector>(*selector_);
    client_ = std::make_unique<Client>(*loop_, *transport_, *account_, ClientOptions());
  }
  void tearDown() override {
    scripted_.reset();
    client_.reset();
    RpcFixture::tearDown();
    account_.reset();
  }

  void answersAreMarked() {
    startEcho();
    CPPUNIT_ASSERT(call("Echo.Say", "x").ok());
    CPPUNIT_ASSERT(call("Echo.Nope", "x").status().kind() == ErrorKind::kNotFound);
    expect({ErrorKind::kNone, ErrorKind::kNotFound});
  }

  void silenceIsMarked() {
    scripted(ScriptedServer::Reply{});
    CallOptions options;
    options.timeout = 20ms;
    CPPUNIT_ASSERT(call("Echo.Say", "x", options).status().kind() == ErrorKind::kTimeout);
    expect({ErrorKind::kTimeout});
  }

  void cancellingIsMarked() {
    scripted(ScriptedServer::Reply{});
    Context context;
    const auto end = begin(context);
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return !scripted_->requests().empty(); }));
    context.cancel();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return end->has_value(); }));
    expect({ErrorKind::kCancelled});
  }

  void brokenConnectionIsMarked() {
    scripted({"", ScriptedServer::Then::kClose, {}});
    CPPUNIT_ASSERT(call("Echo.Say", "x").status().kind() == ErrorKind::kInternal);
    expect({ErrorKind::kInternal});
  }

  // Symptom: a node of which the registry had lost sight was given up for being busy once.
  void aRefusalByAnAnswerIsNotUnreached() {
    scripted(ScriptedServer::reply(503, "full"));
    CPPUNIT_ASSERT(call("Echo.Say", "x").status().kind() == ErrorKind::kUnavailable);
    expect(Kinds(3, ErrorKind::kOverloaded));
  }

  void aRefusalSaysNothingOfTheNextNode() {
    scripted(ScriptedServer::reply(503, "full"));
    announce("dead", deadPort());
    for (int i = 0; i < 8; ++i) CPPUNIT_ASSERT(!call("Echo.Say", "x").ok());
    const auto busy =
        std::count(account_->marks.begin(), account_->marks.end(), ErrorKind::kOverloaded);
    CPPUNIT_ASSERT_EQUAL(scripted_->requests().size(), static_cast<std::size_t>(busy));
    CPPUNIT_ASSERT(account_->marks.size() > scripted_->requests().size());
  }

  void aRefusedStreamIsNotUnreached() {
    scripted(ScriptedServer::reply(503, "full"));
    auto stream = open();
    std::optional<Status> end;
    stream.onEnd([&](Status status) { end = std::move(status); });
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return end.has_value(); }));
    CPPUNIT_ASSERT(end->kind() == ErrorKind::kUnavailable);
    expect(Kinds(3, ErrorKind::kOverloaded));
  }

  void eachNodeThatIsNotReachedIsMarked() {
    for (const char* id : {"dead-1", "dead-2", "dead-3", "dead-4"}) announce(id, deadPort());
    CPPUNIT_ASSERT(call("Echo.Say", "x").status().kind() == ErrorKind::kUnavailable);
    expect(Kinds(3, ErrorKind::kUnavailable));
  }

  void destroyedClientMarksWhatWasInProgress() {
    scripted(ScriptedServer::Reply{});
    const auto first = begin(Context());
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return !scripted_->requests().empty(); }));
    const auto second = begin(Context());  // chosen at once: the service is known
    client_.reset();
    CPPUNIT_ASSERT(!first->has_value() && !second->has_value());
    expect({ErrorKind::kCancelled, ErrorKind::kCancelled});
  }

  void fixedAddressChoosesNothing() {
    startEcho();
    CallOptions options;
    options.address = server_->address();
    CPPUNIT_ASSERT(call("Echo.Say", "x", options).ok());
    expect({});
  }

  // The second call begins with a known node, inside the call that asks for it.
  void impossibleAddressIsMarkedLater() {
    announce("odd", 1, "no host");
    CPPUNIT_ASSERT(!call("Echo.Say", "x").ok());
    const auto end = begin(Context());
    CPPUNIT_ASSERT(!end->has_value());
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return end->has_value(); }));
    auto stream = open();
    std::optional<Status> streamEnd;
    stream.onEnd([&](Status status) { streamEnd = std::move(status); });
    CPPUNIT_ASSERT(!streamEnd);
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return streamEnd.has_value(); }));
    expect(Kinds(3, ErrorKind::kInvalid));
  }

  void orderlyStreamIsMarkedAtItsEnd() {
    startEcho();
    auto stream = open();
    std::optional<Status> end;
    stream.onMessage([&](const Text&) { stream.finishSending(); });
    stream.onEnd([&](Status status) { end = std::move(status); });
    stream.send(text("x"));
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return account_->choices == 1; }));
    CPPUNIT_ASSERT(account_->marks.empty());
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return end.has_value(); }));
    expect({ErrorKind::kNone});
  }

  void destroyedStreamIsMarked() {
    startEcho();
    {
      auto stream = open();
      CPPUNIT_ASSERT(runUntil(*loop_, [&] { return account_->choices == 1; }));
    }
    expect({ErrorKind::kCancelled});
  }

  void brokenStreamIsMarked() {
    scripted({"", ScriptedServer::Then::kClose, {}});
    auto stream = open();
    std::optional<Status> end;
    stream.onEnd([&](Status status) { end = std::move(status); });
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return end.has_value(); }));
    expect({ErrorKind::kInternal});
  }

  void streamThatReachesNobodyMarksEachNode() {
    for (const char* id : {"dead-1", "dead-2", "dead-3", "dead-4"}) announce(id, deadPort());
    auto stream = open();
    std::optional<Status> end;
    stream.onEnd([&](Status status) { end = std::move(status); });
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return end.has_value(); }));
    CPPUNIT_ASSERT(end->kind() == ErrorKind::kUnavailable);
    expect(Kinds(3, ErrorKind::kUnavailable));
  }

 private:
  void startEcho() {
    server_->handle<Text, Text>("Echo.Say", [](Context&, const Text& in, Text& out) -> Status {
      out = in;
      return {};
    });
    server_->handleStream<Text, Text>("Echo.Chat", [](Context, ServerStream<Text, Text> stream) {
      stream.onMessage([stream](const Text& message) mutable { stream.send(message); });
    });
    start();
  }
  void scripted(const ScriptedServer::Reply& reply) {
    scripted_ = std::make_unique<ScriptedServer>(*loop_, [reply](const auto&) { return reply; });
    announce("scripted", scripted_->port());
  }
  static int deadPort() { return test::freePorts(1).front(); }

  std::shared_ptr<std::optional<Status>> begin(const Context& context) {
    auto end = std::make_shared<std::optional<Status>>();
    client_->call<Text>(context, "echo", "Echo.Say", text("x"),
                        [end](const Result<Text>& reply) { *end = reply.status(); });
    return end;
  }
  ClientStream<Text, Text> open() {
    return client_->stream<Text, Text>(Context(), "echo", "Echo.Chat");
  }
  void expect(const Kinds& kinds) {
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(kinds.size(), account_->choices);
    CPPUNIT_ASSERT(kinds == account_->marks);
  }

  std::unique_ptr<AccountingSelector> account_;
  std::unique_ptr<ScriptedServer> scripted_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(MarkingTest);

}  // namespace evmicro

// The errors for answers that are not RPCs, or that belong to another request.
#include <string>
#include <vector>

#include <evmicro/evhttp_transport.h>

#include "server/rpc_fixture.h"
#include "support/scripted_server.h"

namespace evmicro {

using test::runUntil;
using test::ScriptedServer;
using test::Text;
using test::text;

class AnswersTest : public test::RpcFixture {
  CPPUNIT_TEST_SUITE(AnswersTest);
  CPPUNIT_TEST(anEnvelopeCountsUnderAnyStatus);
  CPPUNIT_TEST(theHttpStatusIsTheErrorOtherwise);
  CPPUNIT_TEST(theFirstLineIsMadePrintable);
  CPPUNIT_TEST(aRefusalGoesToTheNextNode);
  CPPUNIT_TEST(aNodeThatAsksForAPauseGetsIt);
  CPPUNIT_TEST(anOverloadedServerKeepsItsConnection);
  CPPUNIT_TEST(aRefusalAtAFixedAddressIsTheEnd);
  CPPUNIT_TEST(aBadGatewayIsNotRepeated);
  CPPUNIT_TEST(anErrorPageInJsonIsNotAnEnvelope);
  CPPUNIT_TEST(goMicrosRefusalsAreNotFoundAndInvalid);
  CPPUNIT_TEST(aRefusalOfAnotherMethodIsRemote);
  CPPUNIT_TEST(anUnsupportedContentTypeIs415);
  CPPUNIT_TEST(anUndecodableReplyIsInternal);
  CPPUNIT_TEST(otherProtocolsAreNamed);
  CPPUNIT_TEST(anotherNumberFailsTheCall);
  CPPUNIT_TEST(aReplyWithoutANumberIsTaken);
  CPPUNIT_TEST(theNumberGrowsOnAKeptConnection);
  CPPUNIT_TEST(anUnaskedReplyAnswersNothing);
  CPPUNIT_TEST(aStreamGoesToTheNextNode);
  CPPUNIT_TEST(aStreamRefusesANumberThatItHasNotSent);
  CPPUNIT_TEST_SUITE_END();

 public:
  void tearDown() override {
    scripted_.clear();
    RpcFixture::tearDown();
  }

  void anEnvelopeCountsUnderAnyStatus() {
    for (const int status : {200, 404, 500, 503}) {
      CPPUNIT_ASSERT_EQUAL(std::string("x"), *answer(status, envelope("0")));
    }
  }

  void theHttpStatusIsTheErrorOtherwise() {
    const std::vector<std::pair<int, ErrorKind>> expected = {
        {302, ErrorKind::kInternal}, {400, ErrorKind::kInvalid},    {401, ErrorKind::kInvalid},
        {403, ErrorKind::kInvalid},  {404, ErrorKind::kNotFound},   {405, ErrorKind::kInvalid},
        {413, ErrorKind::kInvalid},  {429, ErrorKind::kOverloaded}, {431, ErrorKind::kInvalid},
        {500, ErrorKind::kInternal}, {502, ErrorKind::kInternal},   {503, ErrorKind::kUnavailable},
        {504, ErrorKind::kTimeout},
    };
    for (const auto& [code, kind] : expected) {
      const Status status = answer(code, "\r\n  no healthy upstream\r\nmore").status();
      const std::string what = status.toString();
      CPPUNIT_ASSERT_MESSAGE(what, status.kind() == kind);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(what, code < 400 ? 500 : code, status.code());
      const std::string said = "HTTP " + std::to_string(code) + " " +
                               std::string(statusText(code)) + ": no healthy upstream (attempt";
      CPPUNIT_ASSERT_MESSAGE(what, status.detail().find(said) != std::string::npos);
    }
    const Status empty = answer(401, "").status();
    CPPUNIT_ASSERT(empty.detail().find("HTTP 401 Unauthorized (attempt") != std::string::npos);
  }

  void theFirstLineIsMadePrintable() {
    const Status status = answer(502, "\x1b[31m" + std::string(1'000, 'x')).status();
    CPPUNIT_ASSERT(status.detail().find("\\x1b[31mxxx") != std::string::npos);
    CPPUNIT_ASSERT(status.detail().find("xxx... (") != std::string::npos);
    CPPUNIT_ASSERT(status.detail().size() < 400);
  }

  void aRefusalGoesToTheNextNode() {
    startEcho();
    ClientOptions options;
    options.retryBudget.percent = 100;
    client_ = std::make_unique<Client>(*loop_, *transport_, *selector_, options);
    for (const int code : {503, 429}) {
      announce("full-" + std::to_string(code), script([code](const auto&) {
                                                 return ScriptedServer::reply(code, "full\n");
                                               }).port());
    }
    for (int i = 0; i < 20; ++i) {
      const auto reply = call("Echo.Say", "x");
      CPPUNIT_ASSERT_MESSAGE(reply.status().toString(), reply.ok());
    }
    CPPUNIT_ASSERT(!scripted_.front()->requests().empty());
  }

  // Longer than the call may take, or no time at all.
  void aNodeThatAsksForAPauseGetsIt() {
    ClientOptions options;
    options.retryBudget.percent = 100;
    const std::string refusal =
        R"({"id":null,"result":null,"error":"{\"code\":429,\"detail\":\"busy\"}"})";
    for (const auto& [body, code] :
         {std::pair(refusal, 429), std::pair(std::string("full"), 429), {"full", 503}}) {
      for (const std::string pause : {"6", "0"}) {
        tearDown();
        setUp();
        client_ = std::make_unique<Client>(*loop_, *transport_, *selector_, options);
        ScriptedServer& server = script([=, &body = body, &code = code](const auto&) {
          return ScriptedServer::reply(code, body, "Retry-After: " + pause + "\r\n");
        });
        announce("busy", server.port());
        CallOptions json;
        json.contentType = "application/json";
        const Status status = call("Echo.Say", "x", json).status();
        CPPUNIT_ASSERT_EQUAL_MESSAGE(status.toString(), code, status.code());
        const std::string end = "; not tried again: the server asks for a longer pause";
        const bool waits = status.detail().find(end) != std::string::npos;
        CPPUNIT_ASSERT_EQUAL_MESSAGE(status.toString(), pause == "6", waits);
        CPPUNIT_ASSERT_EQUAL(std::size_t{pause == "6" ? 1U : 3U}, server.requests().size());
      }
    }
  }

  // To connect anew would only add to its load.
  void anOverloadedServerKeepsItsConnection() {
    ScriptedServer& server = script([](const ScriptedServer::Request& request) {
      const bool first = request.body.find("\"id\":0") != std::string::npos;
      const std::string id = first ? "0" : "1";
      return ScriptedServer::reply(
          429, R"({"id":)" + id + R"(,"result":null,"error":"{\"code\":429,\"detail\":\"busy\"}"})",
          "Keep-Alive: timeout=60\r\n");
    });
    for (int i = 0; i < 2; ++i) {
      const Status status = at(server).status();
      CPPUNIT_ASSERT(status.kind() == ErrorKind::kOverloaded);
      CPPUNIT_ASSERT(status.detail().find("busy") != std::string::npos);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), server.requests().size());
    CPPUNIT_ASSERT_EQUAL(1, server.accepted());
  }

  void aRefusalAtAFixedAddressIsTheEnd() {
    const Status status = answer(503, "full").status();
    CPPUNIT_ASSERT(status.detail().find("(attempt 1 of 1)") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, scripted_.front()->requests().size());
  }

  void aBadGatewayIsNotRepeated() {
    ScriptedServer& server =
        script([](const auto&) { return ScriptedServer::reply(502, "bad gateway"); });
    announce("proxy", server.port());
    CPPUNIT_ASSERT_EQUAL(502, call("Echo.Say", "x").status().code());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, server.requests().size());
  }

  void anErrorPageInJsonIsNotAnEnvelope() {
    CPPUNIT_ASSERT_EQUAL(404, answer(404, R"({"message":"no route"})").status().code());
    const Status status = answer(404, R"({"status":404,"error":"Not Found"})").status();
    CPPUNIT_ASSERT(status.kind() == ErrorKind::kNotFound);
  }

  void goMicrosRefusalsAreNotFoundAndInvalid() {
    CPPUNIT_ASSERT(refused("rpc: can't find service Echo.Say").kind() == ErrorKind::kNotFound);
    CPPUNIT_ASSERT(refused("rpc: can't find method Echo.Say").kind() == ErrorKind::kNotFound);
    const Status status = refused("rpc: service/method request ill-formed: Echo.Say");
    CPPUNIT_ASSERT(status.kind() == ErrorKind::kInvalid);
    CPPUNIT_ASSERT_EQUAL(400, status.code());
  }

  void aRefusalOfAnotherMethodIsRemote() {
    CPPUNIT_ASSERT(refused("rpc: can't find method Other.Say").kind() == ErrorKind::kRemote);
  }

  void anUnsupportedContentTypeIs415() {
    const Status status = answer(200, "Unsupported Content-Type: application/json").status();
    CPPUNIT_ASSERT_EQUAL(415, status.code());
    CPPUNIT_ASSERT(status.kind() == ErrorKind::kInvalid);
  }

  void anUndecodableReplyIsInternal() {
    for (const char* body :
         {"", "{", "[]", "{}", R"({"id":0,"result":{"status":5},"error":null})"}) {
      const Status status = answer(200, body).status();
      CPPUNIT_ASSERT_MESSAGE(body, status.kind() == ErrorKind::kInternal);
      CPPUNIT_ASSERT_MESSAGE(body, status.detail().find("bad reply: ") != std::string::npos);
    }
  }

  void otherProtocolsAreNamed() {
    const auto said = [this](const std::string& bytes) {
      return at(script([bytes](const auto&) {
               return ScriptedServer::Reply{bytes, ScriptedServer::Then::kClose};
             }))
          .status()
          .detail();
    };
    const std::string alert("\x15\x03\x01\x00\x02\x02\x46", 7);
    const std::string settings("\x00\x00\x00\x04\x00\x00\x00\x00\x00", 9);
    CPPUNIT_ASSERT(said(alert).find("the peer speaks TLS") != std::string::npos);
    CPPUNIT_ASSERT(said(settings).find("the peer speaks HTTP/2") != std::string::npos);
  }

  void anotherNumberFailsTheCall() {
    for (const char* id : {"1", "-1", "\"0\"", "0.5", "18446744073709551616"}) {
      const Status status = answer(200, envelope(id)).status();
      CPPUNIT_ASSERT_MESSAGE(id, status.kind() == ErrorKind::kInternal);
      CPPUNIT_ASSERT_MESSAGE(
          status.detail(), status.detail().find("belongs to another request") != std::string::npos);
      CPPUNIT_ASSERT(runUntil(*loop_, [&] { return scripted_.back()->open() == 0; }));
    }
  }

  void aReplyWithoutANumberIsTaken() {
    CPPUNIT_ASSERT(answer(200, envelope("null")).ok());
    CPPUNIT_ASSERT(answer(200, R"({"result":{"status":"x"}})").ok());
  }

  void theNumberGrowsOnAKeptConnection() {
    ScriptedServer& server = script([n = 0](const auto&) mutable {
      return ScriptedServer::reply(200, envelope(std::to_string(n++)),
                                   "Keep-Alive: timeout=120\r\n");
    });
    for (int i = 0; i < 12; ++i) {
      const auto reply = at(server);
      CPPUNIT_ASSERT_MESSAGE(reply.status().toString(), reply.ok());
    }
    CPPUNIT_ASSERT_EQUAL(1, server.accepted());
  }

  // The stale reply comes when the second call has been sent.
  void anUnaskedReplyAnswersNothing() {
    ScriptedServer& server = script([](const auto&) {
      return ScriptedServer::reply(200, envelope("0"), "Keep-Alive: timeout=120\r\n");
    });
    CPPUNIT_ASSERT(at(server).ok());
    CPPUNIT_ASSERT(at(server).status().kind() == ErrorKind::kInternal);
    CPPUNIT_ASSERT(at(server).ok());
    CPPUNIT_ASSERT_EQUAL(2, server.accepted());
  }

  void aStreamGoesToTheNextNode() {
    startEcho();
    announce("full", script([](const auto&) { return ScriptedServer::reply(503, "full"); }).port());
    for (int i = 0; i < 10; ++i) {
      std::string heard;
      std::optional<Status> end;
      auto stream = client_->stream<Text, Text>(Context(), "echo", "Echo.Talk");
      stream.onMessage([&](const Text& message) { heard += message.status(); });
      stream.onEnd([&](Status status) { end = std::move(status); });
      stream.send(text("x"));
      stream.finishSending();
      CPPUNIT_ASSERT(runUntil(*loop_, [&] { return end.has_value(); }));
      CPPUNIT_ASSERT_MESSAGE(end->toString(), end->ok());
      CPPUNIT_ASSERT_EQUAL(std::string("x"), heard);
    }
  }

  void aStreamRefusesANumberThatItHasNotSent() {
    ScriptedServer& server =
        script([](const auto&) { return ScriptedServer::reply(200, envelope("1")); });
    CallOptions options;
    options.address = server.address();
    options.contentType = "application/json";
    std::optional<Status> end;
    auto stream = client_->stream<Text, Text>(Context(), "echo", "Echo.Talk", options);
    stream.onEnd([&](Status status) { end = std::move(status); });
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return end.has_value(); }));
    CPPUNIT_ASSERT(end->kind() == ErrorKind::kInternal);
  }

 private:
  static std::string envelope(const std::string& id) {
    return R"({"id":)" + id + R"(,"result":{"status":"x"},"error":null})";
  }
  ScriptedServer& script(ScriptedServer::Script script) {
    scripted_.push_back(std::make_unique<ScriptedServer>(*loop_, std::move(script)));
    return *scripted_.back();
  }
  Result<Text> at(const ScriptedServer& server) {
    CallOptions options;
    options.address = server.address();
    options.contentType = "application/json";
    return call("Echo.Say", "hi", options);
  }
  Result<std::string> answer(int status, const std::string& body) {
    const auto reply = at(script([=](const auto&) { return ScriptedServer::reply(status, body); }));
    if (!reply.ok()) return reply.status();
    return reply->status();
  }
  Status refused(const std::string& error) {
    return answer(200, R"({"id":0,"result":{},"error":")" + error + "\"}").status();
  }
  void startEcho() {
    server_->handle<Text, Text>("Echo.Say", [](Context&, const Text& in, Text& out) -> Status {
      out = in;
      return {};
    });
    server_->handleStream<Text, Text>("Echo.Talk", [](Context, ServerStream<Text, Text> stream) {
      stream.onMessage([stream](const Text& message) mutable { stream.send(message); });
    });
    start();
  }

  std::vector<std::unique_ptr<ScriptedServer>> scripted_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(AnswersTest);

// Symptom: the HTTP status was hidden behind "bad reply: json-rpc: ...".
class EvhttpAnswersTest final : public AnswersTest {
  CPPUNIT_TEST_SUITE(EvhttpAnswersTest);
  CPPUNIT_TEST(anEnvelopeCountsUnderAnyStatus);
  CPPUNIT_TEST(theHttpStatusIsTheErrorOtherwise);
  CPPUNIT_TEST(aRefusalGoesToTheNextNode);
  CPPUNIT_TEST(aNodeThatAsksForAPauseGetsIt);
  CPPUNIT_TEST(aBadGatewayIsNotRepeated);
  CPPUNIT_TEST(anErrorPageInJsonIsNotAnEnvelope);
  CPPUNIT_TEST(anUnsupportedContentTypeIs415);
  CPPUNIT_TEST(anotherNumberFailsTheCall);
  CPPUNIT_TEST(theNumberGrowsOnAKeptConnection);
  CPPUNIT_TEST(anUnaskedReplyAnswersNothing);
  CPPUNIT_TEST_SUITE_END();

  std::unique_ptr<Transport> makeTransport() override { return makeEvhttpTransport(*loop_); }
};

CPPUNIT_TEST_SUITE_REGISTRATION(EvhttpAnswersTest);

}  // namespace evmicro

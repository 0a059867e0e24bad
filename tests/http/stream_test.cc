#include <evmicro/http_client.h>

#include <memory>
#include <optional>
#include <string>

#include <cppunit/extensions/HelperMacros.h>

#include "support/scripted_server.h"
#include "support/turn_until.h"

namespace evmicro {

using namespace std::chrono_literals;
using test::ScriptedServer;
using Then = ScriptedServer::Then;

// Replies without an end.
class HttpStreamTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HttpStreamTest);
  CPPUNIT_TEST(piecesComeWhileTheReplyGoesOn);
  CPPUNIT_TEST(endComesAfterTheLastPiece);
  CPPUNIT_TEST(brokenStreamIsAnErrorAfterItsPieces);
  CPPUNIT_TEST(otherStatusIsAWholeReply);
  CPPUNIT_TEST(headMustComeInTime);
  CPPUNIT_TEST(bodyMayTakeAsLongAsItLikes);
  CPPUNIT_TEST(droppedCallIsSilentAndClosesItsConnection);
  CPPUNIT_TEST(pieceMayDropItsCall);
  CPPUNIT_TEST(pieceMayDestroyTheClient);
  CPPUNIT_TEST(destroyedClientIsSilent);
  CPPUNIT_TEST(requestsGoOnBesideIt);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    loop_ = std::make_unique<EventLoop>();
    server_ = std::make_unique<ScriptedServer>(
        *loop_, [this](const ScriptedServer::Request&) { return answer_; });
    client_ = std::make_unique<HttpClient>(*loop_);
    pieces_.clear();
    end_.reset();
  }

  void tearDown() override {
    call_.cancel();
    client_.reset();
    server_.reset();
    loop_.reset();
  }

  void piecesComeWhileTheReplyGoesOn() {
    answer_ = {kHead + "3\r\nabc\r\n", Then::kKeep, {}};
    start();
    CPPUNIT_ASSERT_EQUAL(std::string(), pieces_);
    CPPUNIT_ASSERT(turnUntil([&] { return pieces_ == "abc"; }));
    CPPUNIT_ASSERT(!end_);
  }

  void endComesAfterTheLastPiece() {
    answer_ = {kHead + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", Then::kKeep, {}};
    start();
    CPPUNIT_ASSERT(turnUntil([&] { return end_.has_value(); }));
    CPPUNIT_ASSERT_EQUAL(std::string("abcde"), pieces_);
    CPPUNIT_ASSERT(end_->ok());
    CPPUNIT_ASSERT_EQUAL(200, (*end_)->status);
    CPPUNIT_ASSERT_EQUAL(std::string(), (*end_)->body);
  }

  void brokenStreamIsAnErrorAfterItsPieces() {
    answer_ = {kHead + "3\r\nabc\r\n", Then::kClose, {}};
    start();
    CPPUNIT_ASSERT(turnUntil([&] { return end_.has_value(); }));
    CPPUNIT_ASSERT_EQUAL(std::string("abc"), pieces_);
    CPPUNIT_ASSERT(end_->status().kind() == ErrorKind::kInternal);
  }

  void otherStatusIsAWholeReply() {
    answer_ = ScriptedServer::reply(503, "later");
    start();
    CPPUNIT_ASSERT(turnUntil([&] { return end_.has_value(); }));
    CPPUNIT_ASSERT_EQUAL(std::string(), pieces_);
    CPPUNIT_ASSERT_EQUAL(503, end_->value().status);
    CPPUNIT_ASSERT_EQUAL(std::string("later"), end_->value().body);
  }

  void headMustComeInTime() {
    answer_ = {"HTTP/1.1 200 OK\r\n", Then::kKeep, {}};
    start(50ms);
    CPPUNIT_ASSERT(turnUntil([&] { return end_.has_value(); }));
    CPPUNIT_ASSERT(end_->status().kind() == ErrorKind::kTimeout);
  }

  // Byte after byte, each far within the time, all of them far beyond it.
  void bodyMayTakeAsLongAsItLikes() {
    const std::string chunks = "1\r\na\r\n1\r\nb\r\n1\r\nc\r\n1\r\nd\r\n0\r\n\r\n";
    answer_ = {kHead + chunks, Then::kKeep, 3ms};
    const auto begin = EventLoop::now();
    start(kHead.size() * 3ms * 10);
    CPPUNIT_ASSERT(turnUntil([&] { return pieces_ == "a"; }));
    CPPUNIT_ASSERT(turnUntil([&] { return end_.has_value(); }));
    CPPUNIT_ASSERT(end_->ok());
    CPPUNIT_ASSERT_EQUAL(std::string("abcd"), pieces_);
    CPPUNIT_ASSERT(EventLoop::now() - begin > (kHead.size() + chunks.size()) * 3ms);
  }

  void droppedCallIsSilentAndClosesItsConnection() {
    answer_ = {kHead + "3\r\nabc\r\n", Then::kKeep, {}};
    start();
    CPPUNIT_ASSERT(turnUntil([&] { return pieces_ == "abc"; }));
    call_.cancel();
    CPPUNIT_ASSERT(turnUntil([&] { return server_->open() == 0; }));
    CPPUNIT_ASSERT(!end_);
  }

  void pieceMayDropItsCall() {
    endInsideAPiece([this] { call_.cancel(); });
  }

  void pieceMayDestroyTheClient() {
    endInsideAPiece([this] { client_.reset(); });
  }

  void destroyedClientIsSilent() {
    answer_ = {kHead, Then::kKeep, {}};
    start();
    CPPUNIT_ASSERT(turnUntil([&] { return server_->requests().size() == 1; }));
    client_.reset();
    CPPUNIT_ASSERT(turnUntil([&] { return server_->open() == 0; }));
    CPPUNIT_ASSERT(!end_);
  }

  void requestsGoOnBesideIt() {
    answer_ = {kHead + "3\r\nabc\r\n", Then::kKeep, {}};
    start();
    CPPUNIT_ASSERT(turnUntil([&] { return pieces_ == "abc"; }));
    answer_ = ScriptedServer::reply(200, "other");
    std::string body;
    const Call other = client_->send(request(), [&](auto reply) { body = reply->body; });
    CPPUNIT_ASSERT(turnUntil([&] { return body == "other"; }));
    CPPUNIT_ASSERT(!end_);
  }

 private:
  const std::string kHead = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

  HttpClientRequest request() const {
    HttpClientRequest request;
    request.url = "http://" + server_->address() + "/watch";
    return request;
  }

  void start(std::chrono::milliseconds timeout = 5s) {
    HttpClientRequest watch = request();
    watch.timeout = timeout;
    call_ = client_->stream(
        std::move(watch), [this](const std::string& piece) { pieces_ += piece; },
        [this](Result<HttpClientReply> reply) { end_.emplace(std::move(reply)); });
  }

  void endInsideAPiece(const std::function<void()>& end) {
    answer_ = {kHead + "3\r\nabc\r\n", Then::kClose, {}};
    std::string seen;
    call_ = client_->stream(
        request(),
        [&, captured = std::string(64, 'x')](const std::string&) {
          end();
          seen = captured;
        },
        [this](Result<HttpClientReply> reply) { end_.emplace(std::move(reply)); });
    CPPUNIT_ASSERT(turnUntil([&] { return !seen.empty(); }));
    CPPUNIT_ASSERT(turnUntil([&] { return server_->open() == 0; }));
    CPPUNIT_ASSERT_EQUAL(std::string(64, 'x'), seen);
    CPPUNIT_ASSERT(!end_);
  }

  bool turnUntil(const std::function<bool()>& done) { return test::turnUntil(*loop_, done); }

  std::unique_ptr<EventLoop> loop_;
  ScriptedServer::Reply answer_;
  std::unique_ptr<ScriptedServer> server_;
  std::unique_ptr<HttpClient> client_;
  std::string pieces_;
  std::optional<Result<HttpClientReply>> end_;
  Call call_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(HttpStreamTest);

}  // namespace evmicro

// Streams that go-micro's client and server have had with each other (golden/): either of them is
// replaced, and the other one must see the same messages.
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "codec/peer.pb.h"
#include "server/rpc_fixture.h"
#include "support/scripted_server.h"
#include "support/turn_until.h"

namespace evmicro {

namespace {

using test::RawPeer;
using test::runUntil;
using test::ScriptedServer;
using test::peer::Ping;
using test::peer::Pong;
using test::peer::StreamingRequest;
using test::peer::StreamingResponse;

const char* const kConversations[] = {"count_error",   "count_json",     "count_proto",
                                      "pingpong_json", "pingpong_proto", "sum_proto"};

std::string golden(const std::string& name) {
  std::ifstream file(TEST_SOURCE_DIR "/server/golden/" + name, std::ios::binary);
  CPPUNIT_ASSERT_MESSAGE(name, file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}

struct HttpMessage {
  std::string firstLine;
  std::string contentType;
  std::string body;
  std::size_t end = 0;  // where it ends in what was read

  std::string text() const { return firstLine + "|" + contentType + "|" + body; }
};

// The whole messages in `bytes`; what is left of one that was cut off is not among them.
std::vector<HttpMessage> messagesOf(const std::string& bytes) {
  const auto header = [](const std::string& head, const std::string& name) {
    const std::size_t at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return std::string();
    const std::size_t from = at + name.size() + 4;
    return head.substr(from, head.find("\r\n", from) - from);
  };
  std::vector<HttpMessage> all;
  for (std::size_t at = 0;;) {
    const std::size_t end = bytes.find("\r\n\r\n", at);
    if (end == std::string::npos) return all;
    const std::string head = bytes.substr(at, end + 2 - at);
    const std::size_t size = std::stoul(header(head, "Content-Length"));
    if (bytes.size() < end + 4 + size) return all;
    HttpMessage message;
    message.firstLine = head.substr(0, head.find("\r\n"));
    message.contentType = header(head, "Content-Type");
    message.body = bytes.substr(end + 4, size);
    message.end = at = end + 4 + size;
    all.push_back(std::move(message));
  }
}

bool startsWith(const std::string& text, const std::string& start) {
  return text.compare(0, start.size(), start) == 0;
}

}  // namespace

class GoldenStreamTest final : public test::RpcFixture {
  CPPUNIT_TEST_SUITE(GoldenStreamTest);
  CPPUNIT_TEST(serverAnswersAsGoMicroDoes);
  CPPUNIT_TEST(serverTakesOneByteAtATime);
  CPPUNIT_TEST(serverTakesEverySplit);
  CPPUNIT_TEST(serverTakesMessagesOneByOne);
  CPPUNIT_TEST(clientAsksAsGoMicroDoes);
  CPPUNIT_TEST(clientTakesOneByteAtATime);
  CPPUNIT_TEST(clientTakesEveryTruncation);
  CPPUNIT_TEST_SUITE_END();

 public:
  void serverAnswersAsGoMicroDoes() {
    startPeer();
    for (const char* name : kConversations) {
      RawPeer& peer = connect();
      peer.send(golden(std::string(name) + ".client"));
      expectReplies(peer, name);
    }
  }

  void serverTakesOneByteAtATime() {
    startPeer();
    for (const char* name : kConversations) {
      RawPeer& peer = connect();
      for (const char c : golden(std::string(name) + ".client")) {
        peer.send(std::string(1, c));
        test::turn(*loop_, 1);
      }
      expectReplies(peer, name);
    }
  }

  void serverTakesEverySplit() {
    startPeer();
    const std::string bytes = golden("count_proto.client");
    for (std::size_t at = 1; at < bytes.size(); ++at) {
      RawPeer& peer = connect();
      peer.send(bytes.substr(0, at));
      test::turn(*loop_, 3);
      peer.send(bytes.substr(at));
      expectReplies(peer, "count_proto");
      peers_.clear();
    }
  }

  // A caller that waits for each pong before the next ping.
  void serverTakesMessagesOneByOne() {
    startPeer();
    for (const char* name : {"pingpong_json", "pingpong_proto"}) {
      const std::string bytes = golden(std::string(name) + ".client");
      RawPeer& peer = connect();
      std::size_t sent = 0;
      std::size_t answers = 0;
      for (const HttpMessage& message : messagesOf(bytes)) {
        peer.send(bytes.substr(sent, message.end - sent));
        if (sent > 0) ++answers;  // the opening message has none
        sent = message.end;
        CPPUNIT_ASSERT(
            runUntil(*loop_, [&] { return messagesOf(peer.received()).size() == answers; }));
      }
      expectReplies(peer, name);
    }
  }

  void clientAsksAsGoMicroDoes() {
    for (const char* name : kConversations) converse(name, std::chrono::milliseconds(0));
  }

  void clientTakesOneByteAtATime() {
    converse("count_proto", std::chrono::milliseconds(1));
    converse("count_json", std::chrono::milliseconds(1));
  }

  // A connection that ends too early is never taken for the end of the stream.
  void clientTakesEveryTruncation() {
    const std::string bytes = golden("count_proto.server");
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      ScriptedServer server(*loop_, [&](const ScriptedServer::Request&) -> ScriptedServer::Reply {
        if (seen_++ == 0) return {};  // the opening message
        return {bytes.substr(0, size), ScriptedServer::Then::kClose};
      });
      seen_ = 0;
      CallOptions options;
      options.address = server.address();
      auto stream = client_->stream<StreamingRequest, StreamingResponse>(Context(), "peer",
                                                                         "Peer.Count", options);
      std::size_t messages = 0;
      std::optional<Status> end;
      stream.onMessage([&](const StreamingResponse&) { ++messages; });
      stream.onEnd([&](Status status) { end = std::move(status); });
      StreamingRequest request;
      request.set_count(4);
      stream.send(request);
      CPPUNIT_ASSERT(runUntil(*loop_, [&] { return end.has_value(); }));
      CPPUNIT_ASSERT_MESSAGE(std::to_string(size), !end->ok());
      CPPUNIT_ASSERT(end->kind() == ErrorKind::kInternal);
      CPPUNIT_ASSERT_EQUAL(messagesOf(bytes.substr(0, size)).size(), messages);
    }
  }

 private:
  // The service of the recordings.
  void startPeer() {
    server_->handleStream<StreamingRequest, StreamingResponse>(
        "Peer.Count", [](Context, const StreamingRequest& request, auto stream) {
          const std::int64_t count = request.count();
          for (std::int64_t i = 0; i < std::abs(count); ++i) {
            StreamingResponse response;
            response.set_count(i);
            stream.send(response);
          }
          stream.finish(count < 0 ? Status::error(404, "peer.count", "no more") : Status());
        });
    server_->handleStream<Ping, Pong>("Peer.PingPong", [](Context, auto stream) {
      stream.onMessage([stream](const Ping& ping) mutable {
        Pong pong;
        pong.set_stroke(ping.stroke());
        stream.send(pong);
      });
    });
    server_->handleStream<Ping, Pong>("Peer.Sum", [](Context, auto stream) {
      const auto sum = std::make_shared<Pong>();
      stream.onMessage([stream, sum](const Ping& ping) mutable {
        sum->set_stroke(sum->stroke() + ping.stroke());
        if (ping.stroke() != 0) return;
        stream.send(*sum);
        stream.finish();
      });
    });
    start();
  }

  // Header by header ours differ: we do not echo the request's.
  void expectReplies(RawPeer& peer, const std::string& name) {
    const auto expected = messagesOf(golden(name + ".server"));
    CPPUNIT_ASSERT_MESSAGE(name, runUntil(*loop_, [&] {
                             return messagesOf(peer.received()).size() >= expected.size();
                           }));
    const auto received = messagesOf(peer.received());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, expected[i].text(), received[i].text());
    }
    peer.finish();
    CPPUNIT_ASSERT_MESSAGE(name, ends(peer));
    CPPUNIT_ASSERT(messagesOf(peer.received()).size() <= expected.size() + 1);  // an EOS
  }

  // Our client speaks with the recorded server.
  void converse(const std::string& name, std::chrono::milliseconds pause) {
    const std::string replies = golden(name + ".server");
    const auto answers = messagesOf(replies);
    const auto questions = messagesOf(golden(name + ".client"));
    const bool pingPong = startsWith(name, "pingpong");
    std::size_t asked = 0;
    ScriptedServer server(*loop_, [&](const ScriptedServer::Request&) -> ScriptedServer::Reply {
      ++asked;
      if (pingPong && asked > 1) {
        const std::size_t from = asked == 2 ? 0 : answers[asked - 3].end;
        return {replies.substr(from, answers[asked - 2].end - from)};
      }
      if (pingPong || asked < questions.size()) return {};
      return {replies, ScriptedServer::Then::kKeep, pause};
    });
    CallOptions options;
    options.address = server.address();
    options.contentType = questions[0].contentType;
    const Status end = startsWith(name, "count") ? count(name, options)
                       : pingPong                ? play(options)
                                                 : add(options);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.toString(), name != "count_error", end.ok());
    if (!end.ok()) CPPUNIT_ASSERT_EQUAL(404, end.code());
    CPPUNIT_ASSERT_EQUAL_MESSAGE(name, questions.size(), server.requests().size());
    for (std::size_t i = 0; i < questions.size(); ++i) {
      const ScriptedServer::Request& request = server.requests()[i];
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, questions[i].body, request.body);
      CPPUNIT_ASSERT_EQUAL(questions[i].contentType, request.header("Content-Type"));
    }
    CPPUNIT_ASSERT_EQUAL(1, server.accepted());
  }

  Status count(const std::string& name, const CallOptions& options) {
    auto stream = client_->stream<StreamingRequest, StreamingResponse>(Context(), "peer",
                                                                       "Peer.Count", options);
    StreamingRequest request;
    request.set_count(name == "count_error" ? -2 : 4);
    stream.send(request);
    std::vector<std::int64_t> counts;
    std::optional<Status> end;
    stream.onMessage([&](const StreamingResponse& m) { counts.push_back(m.count()); });
    stream.onEnd([&](Status status) { end = std::move(status); });
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return end.has_value(); }));
    const std::vector<std::int64_t> all{0, 1, 2, 3};
    CPPUNIT_ASSERT(counts ==
                   std::vector<std::int64_t>(all.begin(), all.begin() + std::abs(request.count())));
    return *end;
  }

  // The recorded caller leaves after three pongs, as ours does.
  Status play(const CallOptions& options) {
    auto stream = client_->stream<Ping, Pong>(Context(), "peer", "Peer.PingPong", options);
    int strokes = 0;
    std::optional<Status> end;
    const auto next = [&] {
      Ping ping;
      ping.set_stroke(strokes + 1);
      stream.send(ping);
    };
    stream.onMessage([&](const Pong& pong) {
      if (pong.stroke() == strokes + 1) ++strokes;
      if (strokes < 3) next();
    });
    stream.onEnd([&](Status status) { end = std::move(status); });
    next();
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return strokes == 3 || end; }));
    return end.value_or(Status());
  }

  Status add(const CallOptions& options) {
    auto stream = client_->stream<Ping, Pong>(Context(), "peer", "Peer.Sum", options);
    for (const int stroke : {3, 2, 1, 0}) {
      Ping ping;
      ping.set_stroke(stroke);
      stream.send(ping);
    }
    std::int64_t sum = 0;
    std::optional<Status> end;
    stream.onMessage([&](const Pong& pong) { sum += pong.stroke(); });
    stream.onEnd([&](Status status) { end = std::move(status); });
    CPPUNIT_ASSERT(runUntil(*loop_, [&] { return end.has_value(); }));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{6}, sum);
    return *end;
  }

  std::size_t seen_ = 0;
};
CPPUNIT_TEST_SUITE_REGISTRATION(GoldenStreamTest);

}  // namespace evmicro

// Complete messages, in any fragmentation.
#include "http/reader.h"

#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>
#include <event2/buffer.h>

#include "http/reader_agreement.h"
#include "http/reader_feed.h"

namespace evmicro {

using namespace detail;

namespace {

using Progress = HttpReader::Progress;
using Role = HttpReader::Role;
using test::Feed;
using test::kChunkedRequest;
using test::kGoReply;
using test::kGoRequest;
using test::post;
using test::readAndClose;
using test::Reading;
using test::readWhole;

}  // namespace

class HttpReaderTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HttpReaderTest);
  CPPUNIT_TEST(readsAGoRequest);
  CPPUNIT_TEST(readsAChunkedRequestAndDropsTrailers);
  CPPUNIT_TEST(readsRequestsWithoutBody);
  CPPUNIT_TEST(readsPipelinedRequestsOneByOne);
  CPPUNIT_TEST(readsRepliesOfAllShapes);
  CPPUNIT_TEST(skipsInterimReplies);
  CPPUNIT_TEST(bodyMayLastUntilTheClose);
  CPPUNIT_TEST(everyFragmentationReadsTheSame);
  CPPUNIT_TEST(everyTruncationIsNoticed);
  CPPUNIT_TEST(skipsEmptyLinesBeforeARequest);
  CPPUNIT_TEST(takesAPaddedChunkSize);
  CPPUNIT_TEST(ignoresUnknownExpectations);
  CPPUNIT_TEST(readersShareAMessage);
  CPPUNIT_TEST(acceptsWhatGoAccepts);
  CPPUNIT_TEST(connectionTokensDecideAboutClosing);
  CPPUNIT_TEST(singleBytesOfABodyDoNotOccupyABlockEach);
  CPPUNIT_TEST(messageMayBeTakenOrLeft);
  CPPUNIT_TEST(mutationsAreReadTheSameInPieces);
  CPPUNIT_TEST_SUITE_END();

 public:
  void readsAGoRequest() {
    Feed feed(Role::kRequests);
    feed.input().append(kGoRequest);
    CPPUNIT_ASSERT(feed.reader().read(feed.input()) == Progress::kMessage);
    const HttpHead& head = feed.reader().head();
    CPPUNIT_ASSERT_EQUAL(std::string("POST"), head.method);
    CPPUNIT_ASSERT_EQUAL(std::string("/"), head.target);
    CPPUNIT_ASSERT(!head.close && head.hasLength && !head.chunked);
    Message& message = feed.reader().message();
    CPPUNIT_ASSERT_EQUAL(std::size_t(5), message.headers.size());
    CPPUNIT_ASSERT(message.headers.get("x-micro-from-service") == "greeter");
    CPPUNIT_ASSERT_EQUAL(std::string("hello world"), message.body.toString());
  }

  void readsAChunkedRequestAndDropsTrailers() {
    const Reading reading = readWhole(Role::kRequests, kChunkedRequest);
    CPPUNIT_ASSERT_EQUAL(std::string(), reading.reason);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), reading.messages.size());
    CPPUNIT_ASSERT_EQUAL(
        std::string("PUT /a?b=c 0 1.1\nHost=h\nTransfer-Encoding=Chunked\n\nhello world"),
        reading.messages[0]);
  }

  void readsRequestsWithoutBody() {
    const Reading reading = readWhole(Role::kRequests,
                                      "GET /a HTTP/1.1\r\nHost: h\r\n\r\nPOST /b HTTP/1.0\r\n\r\n"
                                      "HEAD /c HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
    const std::vector<std::string> expected = {"GET /a 0 1.1\nHost=h\n\n",
                                               "POST /b 0 1.0 close\n\n",
                                               "HEAD /c 0 1.1\nHost=h\nContent-Length=0\n\n"};
    CPPUNIT_ASSERT(expected == reading.messages);
  }

  void readsPipelinedRequestsOneByOne() {
    Feed feed(Role::kRequests);
    const std::string two = kGoRequest + kChunkedRequest;
    feed.input().append(two);
    CPPUNIT_ASSERT(feed.reader().read(feed.input()) == Progress::kMessage);
    CPPUNIT_ASSERT_EQUAL(kChunkedRequest.size(), feed.input().size());
    CPPUNIT_ASSERT(feed.reader().read(feed.input()) == Progress::kMessage);
    CPPUNIT_ASSERT(feed.reader().read(feed.input()) == Progress::kNeedMore);
    CPPUNIT_ASSERT(!feed.reader().midMessage(feed.input().size()));
  }

  void readsRepliesOfAllShapes() {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {kGoReply, " 200"},
        {"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n", " 500"},
        {"HTTP/1.1 799\r\nContent-Length: 0\r\n\r\n", " 799"},
        {"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", " 200"},
        {"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", " 200"},
        {"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", " 204"},
        {"HTTP/1.1 304 Not Modified\r\n\r\n", " 304"},
        {"HTTP/1.1 101 Switching Protocols\r\nContent-Length: 5\r\n\r\n", " 101"},
        {"HTTP/1.1 200 OK\ntransfer-encoding: chunked\n\n3\r\nabc\r\n0\r\nX: y\r\n\r\n", "abc"},
    };
    for (const auto& [bytes, part] : cases) {
      const Reading reading = readWhole(Role::kReplies, bytes);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(bytes, std::string(), reading.reason);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(bytes, std::size_t(1), reading.messages.size());
      CPPUNIT_ASSERT_MESSAGE(bytes, reading.messages[0].find(part) != std::string::npos);
      CPPUNIT_ASSERT_MESSAGE(bytes, !reading.midMessage);
    }
  }

  void skipsInterimReplies() {
    const Reading reading = readWhole(
        Role::kReplies,
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + kGoReply);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), reading.messages.size());
    CPPUNIT_ASSERT(readWhole(Role::kReplies, kGoReply).messages == reading.messages);
  }

  void bodyMayLastUntilTheClose() {
    const std::string reply = "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nall of it";
    CPPUNIT_ASSERT(readWhole(Role::kReplies, reply).messages.empty());
    const Reading reading = readAndClose(Role::kReplies, reply);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), reading.messages.size());
    CPPUNIT_ASSERT_EQUAL(std::string(" 200 1.0 close\nContent-Type=text/plain\n\nall of it"),
                         reading.messages[0].substr(reading.messages[0].find(" 200")));
    CPPUNIT_ASSERT_EQUAL(0, reading.refused);
  }

  void everyFragmentationReadsTheSame() {
    const std::vector<std::pair<Role, std::string>> streams = {
        {Role::kRequests, kGoRequest + kChunkedRequest + "GET /z HTTP/1.0\r\n\r\n"},
        {Role::kRequests,
         "POST / HTTP/1.1\nHost: h\nContent-Length: 3\n\nabcGET /x HTTP/1.1\r\nHost: h\r\n\nrest"},
        {Role::kRequests, post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n-1\r\n")},
        {Role::kRequests, post("Content-Length: 1, 1\r\n", "aa")},
        {Role::kReplies, "HTTP/1.1 100 Continue\r\n\r\n" + kGoReply + kGoReply},
        {Role::kReplies, "HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"},
    };
    for (const auto& [role, bytes] : streams) {
      const Reading whole = readWhole(role, bytes);
      for (std::size_t first = 0; first <= bytes.size(); ++first) {
        Feed feed(role);
        feed.add(std::string_view(bytes).substr(0, first));
        feed.add(std::string_view(bytes).substr(first));
        CPPUNIT_ASSERT_MESSAGE(bytes + " split at " + std::to_string(first),
                               feed.result() == whole);
      }
      Feed feed(role);
      for (const char& c : bytes) feed.add({&c, 1});
      CPPUNIT_ASSERT_MESSAGE(bytes + " byte by byte", feed.result() == whole);
    }
  }

  void everyTruncationIsNoticed() {
    const std::vector<std::pair<Role, std::string>> streams = {{Role::kRequests, kGoRequest},
                                                               {Role::kRequests, kChunkedRequest},
                                                               {Role::kReplies, kGoReply}};
    for (const auto& [role, bytes] : streams) {
      for (std::size_t size = 1; size < bytes.size(); ++size) {
        const Reading reading = readAndClose(role, std::string_view(bytes).substr(0, size));
        CPPUNIT_ASSERT(reading.messages.empty());
        CPPUNIT_ASSERT_EQUAL(std::string("the connection was closed in the middle of a message"),
                             reading.reason);
      }
      const Reading between = readAndClose(role, bytes);
      CPPUNIT_ASSERT_EQUAL(std::string(), between.reason);
      CPPUNIT_ASSERT_EQUAL(std::size_t(1), between.messages.size());
    }
  }

  void skipsEmptyLinesBeforeARequest() {
    const std::string get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    for (const std::string empty : {"\r\n", "\n", "\r\n\r\n", "\n\r\n"}) {
      std::string bytes = empty;
      bytes.append(get).append(empty).append(get).append(empty);
      const Reading reading = readWhole(Role::kRequests, bytes);
      CPPUNIT_ASSERT_EQUAL(0, reading.refused);
      CPPUNIT_ASSERT_EQUAL(std::size_t(2), reading.messages.size());
      CPPUNIT_ASSERT(!reading.midMessage);
      Feed slowly(Role::kRequests);
      for (const char c : bytes) slowly.add(std::string(1, c));
      CPPUNIT_ASSERT(reading == slowly.result());
    }
    CPPUNIT_ASSERT_EQUAL(400, readWhole(Role::kRequests, "\r" + get).refused);
    CPPUNIT_ASSERT_EQUAL(400, readWhole(Role::kRequests, " \r\n" + get).refused);
    CPPUNIT_ASSERT_EQUAL(400, readWhole(Role::kReplies, "\r\n" + kGoReply).refused);
  }

  void takesAPaddedChunkSize() {
    for (const char* const size : {"3", "3 ", "3   ", "3\t", "3;x=1 ", "0003  "}) {
      const std::string body = std::string(size) + "\r\nabc\r\n0  \r\n\r\n";
      const Reading reading =
          readWhole(Role::kRequests, post("Transfer-Encoding: chunked\r\n", body));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(body, 0, reading.refused);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(body, std::size_t(1), reading.messages.size());
      CPPUNIT_ASSERT_MESSAGE(body, reading.messages[0].find("\nabc") != std::string::npos);
    }
  }

  void ignoresUnknownExpectations() {
    Feed feed(Role::kRequests);
    feed.add(post("Expect: a miracle\r\nContent-Length: 0\r\n"));
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), feed.result().messages.size());
    CPPUNIT_ASSERT(!feed.reader().head().expectsContinue);
  }

  // An idle reader holds no message; one in the middle of a body keeps its own.
  void readersShareAMessage() {
    Message shared;
    const HttpReader::Limits limits;
    HttpReader slow(Role::kRequests, limits, shared);
    HttpReader quick(Role::kRequests, limits, shared);
    Buffer slowInput(post("Content-Length: 10\r\nX: slow\r\n", "first"));
    Buffer quickInput(post("Content-Length: 5\r\nX: quick\r\n", "other"));
    CPPUNIT_ASSERT(slow.read(slowInput) == Progress::kNeedMore);
    slow.keep();
    CPPUNIT_ASSERT(quick.read(quickInput) == Progress::kMessage);
    CPPUNIT_ASSERT(&quick.message() == &shared);
    CPPUNIT_ASSERT_EQUAL(std::string("other"), quick.message().body.toString());
    quick.drop();
    CPPUNIT_ASSERT(shared.headers.empty() && shared.body.empty());
    slowInput.append("-last");
    CPPUNIT_ASSERT(slow.read(slowInput) == Progress::kMessage);
    CPPUNIT_ASSERT_EQUAL(std::string("first-last"), slow.message().body.toString());
    CPPUNIT_ASSERT_EQUAL(std::string("slow"), std::string(*slow.message().headers.get("X")));
    slow.drop();
    CPPUNIT_ASSERT(&slow.message() == &shared);
  }

  void acceptsWhatGoAccepts() {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), "hello"},
        {post("Content-Length: 005\r\n", "hello"), "hello"},
        {post("content-LENGTH:\t 5 \t\r\n", "hello"), "Content-Length=5"},
        {post("X: first\r\nx: second\r\n"), "X=first\n\n"},
        {post("X-Empty: \r\nX-None:\r\n"), "X-Empty=\nX-None=\n"},
        {post("X-High: \xc3\xa4\r\n"), "X-High=\xc3\xa4"},
        {post("X-Colons: a:b:c\r\n"), "X-Colons=a:b:c"},
        {post("under_score: 1\r\n"), "Under_score=1"},
        {post(":topic: stray\r\nX: y\r\n"), "1.1\nHost=h\nX=y\n\n"},
        {"BREW /pot?a=b#c HTTP/1.1\r\nHost: h\r\n\r\n", "BREW /pot?a=b#c"},
        {"GET http://host/path HTTP/1.1\r\nHost: h\r\n\r\n", "http://host/path"},
        {"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "OPTIONS *"},
        {"DELETE /x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab", "\n\nab"},
    };
    for (const auto& [bytes, part] : cases) {
      const Reading reading = readWhole(Role::kRequests, bytes);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(bytes, std::string(), reading.reason);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(bytes, std::size_t(1), reading.messages.size());
      CPPUNIT_ASSERT_MESSAGE(reading.messages[0],
                             reading.messages[0].find(part) != std::string::npos);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(bytes, std::size_t(0), reading.left);
    }
  }

  void connectionTokensDecideAboutClosing() {
    const std::vector<std::pair<std::string, bool>> cases = {
        {"GET / HTTP/1.1\r\nHost: h\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nHost: h\r\nConnection: Close\r\n\r\n", true},
        {"GET / HTTP/1.1\r\nHost: h\r\nConnection: foo, close\r\n\r\n", true},
        {"GET / HTTP/1.1\r\nHost: h\r\nConnection: foo\r\nConnection: close ,bar\r\n\r\n", true},
        {"GET / HTTP/1.1\r\nHost: h\r\nConnection: closed\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nHost: h\r\nConnection: ,,\r\n\r\n", false},
        {"GET / HTTP/1.0\r\n\r\n", true},
        {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", false},
        {"GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", true},
    };
    for (const auto& [bytes, close] : cases) {
      Feed feed(Role::kRequests);
      feed.input().append(bytes);
      CPPUNIT_ASSERT_MESSAGE(bytes, feed.reader().read(feed.input()) == Progress::kMessage);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(bytes, close, feed.reader().head().close);
    }
  }

  void singleBytesOfABodyDoNotOccupyABlockEach() {
    Feed feed(Role::kRequests);
    feed.add(post("Content-Length: 40960\r\n"));
    for (int i = 0; i < 40'959; ++i) feed.add("x");
    const int blocks = evbuffer_peek(feed.reader().message().body.raw(), -1, nullptr, nullptr, 0);
    CPPUNIT_ASSERT_EQUAL(std::size_t(40'959), feed.reader().message().body.size());
    CPPUNIT_ASSERT(blocks > 0 && blocks <= 16);
  }

  void messageMayBeTakenOrLeft() {
    Feed feed(Role::kRequests);
    feed.input().append(kGoRequest);
    CPPUNIT_ASSERT(feed.reader().read(feed.input()) == Progress::kMessage);
    const Message taken = std::move(feed.reader().message());
    feed.add(kGoRequest);
    feed.add(kGoRequest);  // the body of the one before was left in place
    CPPUNIT_ASSERT_EQUAL(std::string("hello world"), taken.body.toString());
    const Reading reading = feed.result();
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), reading.messages.size());
    CPPUNIT_ASSERT_EQUAL(reading.messages[0], reading.messages[1]);
  }

  // What the fuzz target does, for a moment and without clang.
  void mutationsAreReadTheSameInPieces() {
    const std::string pieces[] = {"\r\n",
                                  "\n",
                                  " ",
                                  ":",
                                  "0",
                                  "5",
                                  ";",
                                  ",",
                                  "\r\n\r\n",
                                  "Content-Length: 5\r\n",
                                  "Transfer-Encoding: chunked\r\n"};
    std::minstd_rand random(20160401);
    for (int round = 0; round < 4'000; ++round) {
      const Role role = round % 3 == 0 ? Role::kReplies : Role::kRequests;
      std::string bytes =
          role == Role::kReplies ? kGoReply + kGoReply : kGoRequest + kChunkedRequest;
      for (auto changes = random() % 6; changes > 0; --changes) {
        const std::size_t at = random() % bytes.size();
        switch (random() % 4) {
          case 0: bytes[at] = static_cast<char>(random() % 256); break;
          case 1: bytes.erase(at, random() % 8); break;
          case 2: bytes.insert(at, pieces[random() % std::size(pieces)]); break;
          default: bytes.insert(at, bytes.substr(random() % bytes.size(), random() % 40)); break;
        }
      }
      CPPUNIT_ASSERT_EQUAL_MESSAGE(bytes, std::string(),
                                   test::brokenPromise(role, bytes, random()));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HttpReaderTest);

}  // namespace evmicro

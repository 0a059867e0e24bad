#include <evmicro/http_client.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "event/handles.h"
#include "support/full_backlog.h"
#include "support/hosts_file.h"
#include "support/ports.h"
#include "support/scripted_server.h"
#include "support/turn_until.h"

namespace evmicro {

using namespace std::chrono_literals;
using test::ScriptedServer;
using Then = ScriptedServer::Then;
using Outcome = std::optional<Result<HttpClientReply>>;

class HttpClientTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HttpClientTest);
  CPPUNIT_TEST(replyHasStatusHeadersAndBody);
  CPPUNIT_TEST(requestIsSentAsGiven);
  CPPUNIT_TEST(emptyPutHasContentLengthZero);
  CPPUNIT_TEST(pathIsSentAsIs);
  CPPUNIT_TEST(errorStatusIsAReply);
  CPPUNIT_TEST(redirectIsAReply);
  CPPUNIT_TEST(chunkedReplyIsJoined);
  CPPUNIT_TEST(bodyUntilCloseIsRead);
  CPPUNIT_TEST(interimReplyIsSkipped);
  CPPUNIT_TEST(compressedReplyIsLeftAsItIs);
  CPPUNIT_TEST(nothingRunsInsideSend);
  CPPUNIT_TEST(refusedIsUnavailable);
  CPPUNIT_TEST(unresolvableIsUnavailable);
  CPPUNIT_TEST(connectsToAUnixSocket);
  CPPUNIT_TEST(namesAreLookedUpOnTheLoop);
  CPPUNIT_TEST(aNameIsLookedUpAgainWhenItsAddressIsRefused);
  CPPUNIT_TEST(silenceIsTimeout);
  CPPUNIT_TEST(unacceptedConnectionIsUnavailable);
  CPPUNIT_TEST(dripIsTimeout);
  CPPUNIT_TEST(badRepliesAreInternal);
  CPPUNIT_TEST(bodyLimitIsKept);
  CPPUNIT_TEST(headerLimitIsKept);
  CPPUNIT_TEST(impossibleRequestsAreInvalid);
  CPPUNIT_TEST(proxyFromTheEnvironmentIsNotUsed);
  CPPUNIT_TEST(droppedCallIsSilentAndClosesItsConnection);
  CPPUNIT_TEST(callbackMayDropItsOwnCall);
  CPPUNIT_TEST(callbackMayCancelAnother);
  CPPUNIT_TEST(callbackMaySendAgain);
  CPPUNIT_TEST(callbackMayDestroyTheClient);
  CPPUNIT_TEST(callbackThatOwnsTheClientMayBeTheLastOwner);
  CPPUNIT_TEST(destroyedClientIsSilentAndCallsMayOutliveIt);
  CPPUNIT_TEST(refusedRequestIsSilentAfterTheClientHasGone);
  CPPUNIT_TEST(manyRequestsReuseConnections);
  CPPUNIT_TEST(connectionsToOneHostAreLimited);
  CPPUNIT_TEST(cancellingLetsAWaitingRequestGo);
  CPPUNIT_TEST(waitingRequestTimesOut);
  CPPUNIT_TEST(deadIdleConnectionIsReplaced);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    loop_ = std::make_unique<EventLoop>();
    script_ = [](const ScriptedServer::Request&) { return ScriptedServer::reply(200, "hello"); };
    server_ = std::make_unique<ScriptedServer>(
        *loop_, [this](const ScriptedServer::Request& request) { return script_(request); });
    client_ = std::make_unique<HttpClient>(*loop_);
  }

  void tearDown() override {
    client_.reset();
    server_.reset();
    loop_.reset();
  }

  void replyHasStatusHeadersAndBody() {
    script_ = [](const auto&) {
      return ScriptedServer::reply(200, std::string("a\0b", 3),
                                   "X-Consul-Index: 17 \r\nX-Two: 1\r\nX-Two: 2\r\n");
    };
    const auto reply = get("/x");
    CPPUNIT_ASSERT(reply.ok());
    CPPUNIT_ASSERT_EQUAL(200, reply->status);
    CPPUNIT_ASSERT_EQUAL(std::string("a\0b", 3), reply->body);
    CPPUNIT_ASSERT_EQUAL(std::string("17"), reply->header("x-consul-index"));
    CPPUNIT_ASSERT_EQUAL(std::string("1"), reply->header("X-Two"));
    CPPUNIT_ASSERT_EQUAL(std::string(), reply->header("X-None"));
  }

  void requestIsSentAsGiven() {
    HttpClientRequest request = to("/v1/put?note=");
    request.method = "PUT";
    request.body = std::string(3'000'000, 'x');
    request.headers = {"X-Token: secret", "Content-Type: application/json"};
    CPPUNIT_ASSERT(wait(std::move(request)).ok());
    const auto& seen = server_->requests().at(0);
    CPPUNIT_ASSERT_EQUAL(std::string("PUT"), seen.method);
    CPPUNIT_ASSERT_EQUAL(std::string("/v1/put?note="), seen.target);
    CPPUNIT_ASSERT_EQUAL(std::size_t(3'000'000), seen.body.size());
    CPPUNIT_ASSERT_EQUAL(std::string("secret"), seen.header("X-Token"));
    CPPUNIT_ASSERT_EQUAL(std::string("application/json"), seen.header("Content-Type"));
    CPPUNIT_ASSERT_EQUAL(server_->address(), seen.header("Host"));
    // A 100-continue would cost a second with servers that never send it.
    CPPUNIT_ASSERT_EQUAL(std::string(), seen.header("Expect"));
    CPPUNIT_ASSERT_EQUAL(std::string(), seen.header("Accept-Encoding"));
  }

  void emptyPutHasContentLengthZero() {
    HttpClientRequest request = to("/pass");
    request.method = "PUT";
    CPPUNIT_ASSERT(wait(std::move(request)).ok());
    const auto& seen = server_->requests().at(0);
    CPPUNIT_ASSERT_EQUAL(std::string("0"), seen.header("Content-Length"));
    CPPUNIT_ASSERT_EQUAL(std::string(), seen.header("Content-Type"));
  }

  void pathIsSentAsIs() {
    CPPUNIT_ASSERT(get("/a/../b/%2e%2e/%2F").ok());
    CPPUNIT_ASSERT_EQUAL(std::string("/a/../b/%2e%2e/%2F"), server_->requests().at(0).target);
  }

  void errorStatusIsAReply() {
    script_ = [](const auto&) { return ScriptedServer::reply(500, "No cluster leader"); };
    const auto reply = get("/");
    CPPUNIT_ASSERT(reply.ok());
    CPPUNIT_ASSERT_EQUAL(500, reply->status);
    CPPUNIT_ASSERT_EQUAL(std::string("No cluster leader"), reply->body);
  }

  void redirectIsAReply() {
    script_ = [](const auto&) { return ScriptedServer::reply(301, "", "Location: /ui/\r\n"); };
    const auto reply = get("/");
    CPPUNIT_ASSERT(reply.ok());
    CPPUNIT_ASSERT_EQUAL(301, reply->status);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), server_->requests().size());
  }

  void chunkedReplyIsJoined() {
    answerWith(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    CPPUNIT_ASSERT_EQUAL(std::string("abcde"), get("/")->body);
  }

  void bodyUntilCloseIsRead() {
    answerWith("HTTP/1.0 200 OK\r\n\r\nall of it", Then::kClose);
    CPPUNIT_ASSERT_EQUAL(std::string("all of it"), get("/")->body);
  }

  void interimReplyIsSkipped() {
    answerWith(
        "HTTP/1.1 103 Early\r\nX-Early: 1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    const auto reply = get("/");
    CPPUNIT_ASSERT_EQUAL(200, reply->status);
    CPPUNIT_ASSERT_EQUAL(std::string("ok"), reply->body);
    CPPUNIT_ASSERT_EQUAL(std::string(), reply->header("X-Early"));
  }

  void compressedReplyIsLeftAsItIs() {
    script_ = [](const auto&) {
      return ScriptedServer::reply(200, "\x1f\x8b...", "Content-Encoding: gzip\r\n");
    };
    CPPUNIT_ASSERT_EQUAL(std::string("\x1f\x8b..."), get("/")->body);
  }

  void nothingRunsInsideSend() {
    Outcome outcome;
    const Call call = client_->send(to("/"), into(outcome));
    CPPUNIT_ASSERT(!outcome);
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return outcome.has_value(); }));
    CPPUNIT_ASSERT(outcome->ok());
  }

  void refusedIsUnavailable() {
    HttpClientRequest request;
    request.url = "http://" + test::freeAddress() + "/";
    const auto reply = wait(std::move(request));
    CPPUNIT_ASSERT(reply.status().kind() == ErrorKind::kUnavailable);
    CPPUNIT_ASSERT_EQUAL(std::string("connection refused"), reply.status().detail());
  }

  void unresolvableIsUnavailable() {
    HttpClientRequest request;
    request.url = "http://no-such-host.invalid:1/";
    request.timeout = 15s;
    const auto reply = wait(std::move(request));
    CPPUNIT_ASSERT(reply.status().kind() == ErrorKind::kUnavailable);
  }

  void connectsToAUnixSocket() {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    const std::string path =
        std::filesystem::temp_directory_path() / ("evmicro-" + std::to_string(::getpid()));
    path.copy(name.sun_path, sizeof name.sun_path - 1);
    HttpClientRequest request;
    request.url = "http://localhost/v1";
    request.socketPath = path;
    CPPUNIT_ASSERT(wait(request).status().kind() == ErrorKind::kUnavailable);
    const detail::EvHttp server(evhttp_new(loop_->base()));
    evhttp_set_gencb(
        server.get(),
        [](evhttp_request* answered, void*) { evhttp_send_reply(answered, 200, "OK", nullptr); },
        nullptr);
    evhttp_bind_listener(server.get(), evconnlistener_new_bind(
                                           loop_->base(), nullptr, nullptr, LEV_OPT_CLOSE_ON_FREE,
                                           -1, reinterpret_cast<sockaddr*>(&name), sizeof name));
    CPPUNIT_ASSERT_EQUAL(200, wait(request)->status);
    std::filesystem::remove(path);
  }

  // Only our resolver reads this file: libcurl's own would not find the name, in a thread.
  void namesAreLookedUpOnTheLoop() {
    const test::HostsFile hosts("127.0.0.1 registry.test\n");
    HttpClientRequest request;
    request.url = "http://registry.test:" + port() + "/v1";
    for (int i = 0; i < 2; ++i) CPPUNIT_ASSERT_EQUAL(std::string("hello"), wait(request)->body);
    CPPUNIT_ASSERT_EQUAL("registry.test:" + port(), server_->requests().at(0).header("Host"));
  }

  void aNameIsLookedUpAgainWhenItsAddressIsRefused() {
    HttpClientRequest request;
    request.url = "http://registry.test:" + port() + "/v1";
    {
      const test::HostsFile wrong("127.0.0.2 registry.test\n");
      CPPUNIT_ASSERT(wait(request).status().kind() == ErrorKind::kUnavailable);
    }
    {
      const test::HostsFile right("127.0.0.1 registry.test\n");
      CPPUNIT_ASSERT_EQUAL(std::string("hello"), wait(request)->body);
    }
    const test::HostsFile gone("");  // the address is known for a minute
    CPPUNIT_ASSERT_EQUAL(std::string("hello"), wait(request)->body);
  }

  void silenceIsTimeout() {
    answerWith("");
    HttpClientRequest request = to("/");
    request.timeout = 50ms;
    const auto reply = wait(std::move(request));
    CPPUNIT_ASSERT(reply.status().kind() == ErrorKind::kTimeout);
    CPPUNIT_ASSERT_EQUAL(std::string("no reply within 50ms"), reply.status().detail());
  }

  // A frozen machine: the connection is never made, so nothing of the request was read.
  void unacceptedConnectionIsUnavailable() {
    const test::FullBacklog full;
    HttpClientRequest request;
    request.url = "http://" + full.address() + "/";
    request.timeout = 50ms;
    const auto reply = wait(std::move(request));
    CPPUNIT_ASSERT(reply.status().kind() == ErrorKind::kUnavailable);
    CPPUNIT_ASSERT_EQUAL(std::string("no connection within 50ms"), reply.status().detail());
  }

  // A limit per read would let this peer hold the request for as long as it likes.
  void dripIsTimeout() {
    script_ = [](const auto&) {
      return ScriptedServer::Reply{
          "HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n" + std::string(10'000, 'x'),
          Then::kKeep, 5ms};
    };
    HttpClientRequest request = to("/");
    request.timeout = 100ms;
    CPPUNIT_ASSERT(wait(std::move(request)).status().kind() == ErrorKind::kTimeout);
  }

  void badRepliesAreInternal() {
    const struct {
      const char* bytes;
      const char* error;
    } cases[] = {
        {"hello, is this a web server?\r\n\r\n", "not an HTTP/1.x reply"},
        {"HTTP/9.9 200 OK\r\n\r\n", "not an HTTP/1.x reply"},
        {"HTTP/200 OK\n\r\nbody", "not an HTTP/1.x reply"},  // libcurl finds no status, and goes on
        {"HTTP/1.1 099 OK\r\n\r\n", ""},
        {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
         "connection closed in the middle of the reply"},
        {"HTTP/1.1 200 OK\r\nContent-Le", "connection closed in the middle of the reply"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", ""},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", ""},
    };
    for (const auto& entry : cases) {
      answerWith(entry.bytes, Then::kClose);
      const auto reply = get("/");
      CPPUNIT_ASSERT_MESSAGE(entry.bytes, !reply.ok());
      CPPUNIT_ASSERT_MESSAGE(entry.bytes, reply.status().kind() == ErrorKind::kInternal);
      if (*entry.error) {
        CPPUNIT_ASSERT_EQUAL(std::string(entry.error), reply.status().detail());
      }
    }
    script_ = [](const auto&) { return ScriptedServer::Reply{"", Then::kClose, 0ms}; };
    CPPUNIT_ASSERT_EQUAL(std::string("connection closed without a reply"),
                         get("/").status().detail());
  }

  void bodyLimitIsKept() {
    script_ = [](const auto&) { return ScriptedServer::reply(200, std::string(1001, 'x')); };
    HttpClientRequest request = to("/");
    request.maxReplyBytes = 1001;
    CPPUNIT_ASSERT_EQUAL(std::size_t(1001), wait(request)->body.size());
    request.maxReplyBytes = 1000;
    const auto reply = wait(request);
    CPPUNIT_ASSERT(reply.status().kind() == ErrorKind::kInternal);
    CPPUNIT_ASSERT_EQUAL(std::string("reply is larger than 1000 bytes"), reply.status().detail());
  }

  void headerLimitIsKept() {
    std::string lines;
    for (int i = 0; i < 2'000; ++i) lines += "X-Filler: " + std::string(40, 'x') + "\r\n";
    script_ = [&](const auto&) { return ScriptedServer::reply(200, "", lines); };
    const auto reply = get("/");
    CPPUNIT_ASSERT(reply.status().kind() == ErrorKind::kInternal);
    CPPUNIT_ASSERT_EQUAL(std::string("headers of the reply are larger than 65536 bytes"),
                         reply.status().detail());
  }

  void impossibleRequestsAreInvalid() {
    HttpClientRequest request = to("/");
    request.headers = {"X-Token: a\r\nX-Injected: 1"};
    CPPUNIT_ASSERT(wait(request).status().kind() == ErrorKind::kInvalid);
    request.headers = {"no colon"};
    CPPUNIT_ASSERT(wait(request).status().kind() == ErrorKind::kInvalid);
    request.headers = {};
    request.method = "GET /x HTTP/1.1\r\n";
    CPPUNIT_ASSERT(wait(request).status().kind() == ErrorKind::kInvalid);
    for (const char* url : {"", "nonsense://x/", "file:///etc/passwd", "http://a b/",
                            "http://127.0.0.1:99999/", "http://127.0.0.1/\r\nX: y"}) {
      HttpClientRequest bad;
      bad.url = url;
      CPPUNIT_ASSERT_MESSAGE(url, wait(bad).status().kind() == ErrorKind::kInvalid);
    }
    CPPUNIT_ASSERT_EQUAL(0, server_->accepted());
  }

  // go-micro's registries are local agents: http_proxy must not get in between.
  void proxyFromTheEnvironmentIsNotUsed() {
    const std::string proxy = "http://" + test::freeAddress();
    CPPUNIT_ASSERT_EQUAL(0, ::setenv("http_proxy", proxy.c_str(), 1));
    const auto reply = get("/");
    ::unsetenv("http_proxy");
    CPPUNIT_ASSERT(reply.ok());
  }

  void droppedCallIsSilentAndClosesItsConnection() {
    answerWith("");
    bool ran = false;
    Call call = client_->send(to("/"), [&](const auto&) { ran = true; });
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return server_->requests().size() == 1; }));
    CPPUNIT_ASSERT_EQUAL(1, server_->open());
    call.cancel();
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return server_->open() == 0; }));
    CPPUNIT_ASSERT(!ran);
  }

  void callbackMayDropItsOwnCall() {
    Call call;
    std::string seen;
    call = client_->send(to("/"), [&, captured = std::string(64, 'x')](const auto&) {
      call.cancel();
      seen = captured;
    });
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return !seen.empty(); }));
    CPPUNIT_ASSERT_EQUAL(std::string(64, 'x'), seen);
  }

  // Both replies can arrive in the same run of libcurl: the second is finished by then, and must
  // be silent nevertheless.
  void callbackMayCancelAnother() {
    for (int round = 0; round < 20; ++round) {
      std::vector<Call> calls(8);
      int ran = 0;
      for (Call& call : calls) {
        call = client_->send(to("/"), [&](const auto&) {
          ++ran;
          for (Call& each : calls) each.cancel();
        });
      }
      CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return ran > 0; }));
      CPPUNIT_ASSERT(get("/").ok());
      CPPUNIT_ASSERT_EQUAL(1, ran);
    }
  }

  void callbackMaySendAgain() {
    Call call;
    int replies = 0;
    std::function<void()> again = [&] {
      call = client_->send(to("/"), [&](const auto& reply) {
        if (reply.ok() && ++replies < 100) again();
      });
    };
    again();
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return replies == 100; }));
    CPPUNIT_ASSERT_EQUAL(1, server_->accepted());
  }

  void callbackMayDestroyTheClient() {
    for (int round = 0; round < 20; ++round) {
      client_ = std::make_unique<HttpClient>(*loop_);
      std::vector<Call> calls;
      int ran = 0;
      for (int i = 0; i < 8; ++i) {
        calls.push_back(client_->send(to("/"), [&](const auto&) {
          ++ran;
          client_.reset();
        }));
      }
      CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return ran > 0; }));
      CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return server_->open() == 0; }));
      CPPUNIT_ASSERT_EQUAL(1, ran);
    }
  }

  void callbackThatOwnsTheClientMayBeTheLastOwner() {
    std::shared_ptr<HttpClient> owned = std::move(client_);
    const std::weak_ptr<HttpClient> watch = owned;
    Call call = owned->send(to("/"), [owner = owned](const auto&) {});
    owned.reset();
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return watch.expired(); }));
  }

  void destroyedClientIsSilentAndCallsMayOutliveIt() {
    answerWith("");
    bool ran = false;
    Call call = client_->send(to("/"), [&](const auto&) { ran = true; });
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return server_->requests().size() == 1; }));
    client_.reset();
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return server_->open() == 0; }));
    tearDown();
    call.cancel();
    CPPUNIT_ASSERT(!ran);
  }

  void refusedRequestIsSilentAfterTheClientHasGone() {
    HttpClientRequest request = to("/");
    request.method = "";
    bool ran = false;
    const Call call = client_->send(request, [&](const auto&) { ran = true; });
    client_.reset();
    test::turn(*loop_);
    CPPUNIT_ASSERT(!ran);
  }

  void manyRequestsReuseConnections() {
    constexpr int kParallel = 50;
    int replies = 0;
    const auto sendAll = [&] {
      std::vector<Call> calls;
      for (int i = 0; i < kParallel; ++i) {
        calls.push_back(client_->send(to("/" + std::to_string(i)), [&](const auto& reply) {
          if (reply.ok()) ++replies;
        }));
      }
      return calls;
    };
    for (int round = 1; round <= 10; ++round) {
      const std::vector<Call> calls = sendAll();
      CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return replies == round * kParallel; }));
    }
    CPPUNIT_ASSERT_EQUAL(kParallel, server_->accepted());
  }

  void connectionsToOneHostAreLimited() {
    client_ = std::make_unique<HttpClient>(*loop_, HttpClientOptions{3});
    int replies = 0;
    std::vector<Call> calls;
    for (int i = 0; i < 100; ++i) {
      calls.push_back(client_->send(to("/"), [&](const auto& reply) { replies += reply.ok(); }));
    }
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return replies == 100; }));
    CPPUNIT_ASSERT_EQUAL(3, server_->accepted());
  }

  void cancellingLetsAWaitingRequestGo() {
    client_ = std::make_unique<HttpClient>(*loop_, HttpClientOptions{1});
    script_ = [](const ScriptedServer::Request& request) {
      return request.target == "/held" ? ScriptedServer::Reply{}
                                       : ScriptedServer::reply(200, "hello");
    };
    Call held = client_->send(to("/held"), [](const auto&) {});
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return server_->requests().size() == 1; }));
    Outcome first, second;
    const Call a = client_->send(to("/1"), into(first));
    const Call b = client_->send(to("/2"), into(second));
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), server_->requests().size());
    held.cancel();
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return first && second; }));
    CPPUNIT_ASSERT(first->ok() && second->ok());
  }

  void waitingRequestTimesOut() {
    client_ = std::make_unique<HttpClient>(*loop_, HttpClientOptions{1});
    answerWith("");
    const Call held = client_->send(to("/held"), [](const auto&) {});
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return server_->requests().size() == 1; }));
    HttpClientRequest request = to("/waiting");
    request.timeout = 50ms;
    const auto reply = wait(std::move(request));
    CPPUNIT_ASSERT(reply.status().kind() == ErrorKind::kUnavailable);
    CPPUNIT_ASSERT_EQUAL(std::string("no connection within 50ms"), reply.status().detail());
  }

  // A PUT on a kept connection that the server has closed meanwhile: sent anew, not failed.
  void deadIdleConnectionIsReplaced() {
    CPPUNIT_ASSERT(get("/").ok());
    server_->closeConnections();
    HttpClientRequest request = to("/again");
    request.method = "PUT";
    request.body = "x";
    CPPUNIT_ASSERT(wait(request).ok());
    CPPUNIT_ASSERT_EQUAL(2, server_->accepted());
  }

 private:
  std::string port() const {
    const std::string& address = server_->address();
    return address.substr(address.rfind(':') + 1);
  }
  HttpClientRequest to(const std::string& path) {
    HttpClientRequest request;
    request.url = "http://" + server_->address() + path;
    return request;
  }

  static HttpClient::Done into(Outcome& outcome) {
    return [&outcome](Result<HttpClientReply> reply) { outcome.emplace(std::move(reply)); };
  }

  Result<HttpClientReply> wait(HttpClientRequest request) {
    Outcome outcome;
    const Call call = client_->send(std::move(request), into(outcome));
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return outcome.has_value(); }));
    return std::move(*outcome);
  }

  Result<HttpClientReply> get(const std::string& path) { return wait(to(path)); }

  void answerWith(const std::string& bytes, Then then = Then::kKeep) {
    script_ = [bytes, then](const auto&) { return ScriptedServer::Reply{bytes, then, 0ms}; };
  }

  std::unique_ptr<EventLoop> loop_;
  ScriptedServer::Script script_;
  std::unique_ptr<ScriptedServer> server_;
  std::unique_ptr<HttpClient> client_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(HttpClientTest);

}  // namespace evmicro

#include "registry/etcd/watch.h"

#include <evmicro/conformance/registry_contract.h>
#include <evmicro/etcd_registry.h>

#include <algorithm>

#include "json/base64.h"
#include "registry/etcd/services.h"
#include "support/manual_clock.h"
#include "support/scripted_server.h"
#include "support/turn_until.h"

namespace evmicro {

using namespace std::chrono_literals;
using test::ScriptedServer;
using Request = ScriptedServer::Request;
using Reply = ScriptedServer::Reply;
using Then = ScriptedServer::Then;

namespace {

std::string base64(std::string_view bytes) {
  std::string out;
  detail::appendBase64(out, bytes);
  return out;
}

}  // namespace

// Following by a watch stream, against a member that answers by script. That it works as one is
// seen by the contract's tests on a real etcd.
class EtcdWatchTest : public test::RegistryFixture {
  CPPUNIT_TEST_SUITE(EtcdWatchTest);
  CPPUNIT_TEST(watchBeginsAfterWhatWasRead);
  CPPUNIT_TEST(changesAreReadHoweverTheyAreCut);
  CPPUNIT_TEST(deletedKeysAreGone);
  CPPUNIT_TEST(compactedWatchIsReadAnew);
  CPPUNIT_TEST(endedStreamIsReadAnew);
  CPPUNIT_TEST(garbageOnTheStreamIsReadAnew);
  CPPUNIT_TEST(refusedStreamIsReadAnew);
  CPPUNIT_TEST(foreignAndOldChangesAreIgnored);
  CPPUNIT_TEST(allShareOneStream);
  CPPUNIT_TEST(newFollowerLosesNothing);
  CPPUNIT_TEST(lastFollowerClosesTheStream);
  CPPUNIT_TEST(silentMemberIsFoundOut);
  CPPUNIT_TEST(outageIsToldOnce);
  CPPUNIT_TEST(unusableAnswersAreAnOutage);
  CPPUNIT_TEST(streamLeavesAMemberThatIsGivenUp);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    clock_ = std::make_unique<test::ManualClock>();
    RegistryFixture::setUp();
  }
  void tearDown() override {
    registry_.reset();
    second_.reset();
    server_.reset();
    RegistryFixture::tearDown();
    clock_.reset();
  }

  void watchBeginsAfterWhatWasRead() {
    store_ = {kv("x-1", 3)};
    const auto told = follow("x");
    CPPUNIT_ASSERT(tells(*told, "x-1:1.0"));
    CPPUNIT_ASSERT(turnUntil([&] { return count("/v3/watch") == 1; }));
    CPPUNIT_ASSERT_EQUAL(std::string("/v3/kv/range"), server_->requests()[0].target);
    CPPUNIT_ASSERT_EQUAL(detail::rangeBody("/micro/registry/x/"), server_->requests()[0].body);
    CPPUNIT_ASSERT_EQUAL(R"({"create_request":{"key":")" + base64("/micro/registry/") +
                             R"(","range_end":")" + base64("/micro/registry0") +
                             R"(","start_revision":"8"}})",
                         server_->requests()[1].body);
  }

  void changesAreReadHoweverTheyAreCut() {
    stream_ = {chunks({created(), event(put("x-1", 8)), event(put("x-2", 9))}, 700), Then::kKeep,
               1ms};
    const auto told = follow("x");
    // It is the server that pauses: no other time matters.
    CPPUNIT_ASSERT(clock_->runUntil(
        *loop_, [&] { return !told->news.empty() && told->last() == "x-1:1.0 x-2:1.0"; }, 0ms));
    CPPUNIT_ASSERT((std::vector<std::string>{"", "x-1:1.0", "x-1:1.0 x-2:1.0"}) == told->news);
  }

  void deletedKeysAreGone() {
    store_ = {kv("x-1", 3), kv("x-2", 4)};
    stream_.bytes = chunks({created(), event(deleted("x-1", 8) + "," + deleted("x-9", 8))});
    const auto told = follow("x");
    CPPUNIT_ASSERT(tells(*told, "x-2:1.0"));
  }

  void compactedWatchIsReadAnew() {
    stream_.bytes = chunks({created(), R"({"result":{"canceled":true,"compact_revision":"20"}})"});
    const auto told = follow("x");
    CPPUNIT_ASSERT(turnUntil([&] { return count("/v3/watch") == 1; }));
    stream_.bytes = chunks({created()});
    store_ = {kv("x-7", 21)};
    revision_ = "30";
    CPPUNIT_ASSERT(tells(*told, "x-7:1.0"));
    CPPUNIT_ASSERT(turnUntil([&] { return count("/v3/watch") == 2; }));
    CPPUNIT_ASSERT(last("/v3/watch").find(R"("start_revision":"31")") != std::string::npos);
    CPPUNIT_ASSERT((std::vector<std::string>{"", "x-7:1.0"}) == told->news);
  }

  void endedStreamIsReadAnew() {
    for (const Then then : {Then::kClose, Then::kKeep}) {
      stream_ = {chunks({created()}) + (then == Then::kKeep ? "0\r\n\r\n" : ""), then, {}};
      expectReadAnew();
    }
  }

  void garbageOnTheStreamIsReadAnew() {
    for (const char* line :
         {"", "x", "[]", "7", "{}", R"({"result":7})", R"({"result":{"events":{}}})",
          R"({"result":{"events":[7]}})", R"({"result":{"events":[{"kv":{"key":"?"}}]}})",
          R"({"error":{"grpc_code":14,"http_code":503,"message":"etcdserver: no leader"}})"}) {
      stream_ = {chunks({line}), Then::kKeep, {}};
      expectReadAnew();
    }
  }

  void refusedStreamIsReadAnew() {
    stream_ = ScriptedServer::reply(503, R"({"error":"etcdserver: no leader"})");
    expectReadAnew();
  }

  void foreignAndOldChangesAreIgnored() {
    stream_.bytes = chunks({created(), event(R"({"kv":{"key":"eA==","mod_revision":"8"}})"),
                            event(put("x-0", 7)), event(put("x-3", 9) + "," + put("x-4", 9))});
    const auto told = follow("x");
    CPPUNIT_ASSERT(tells(*told, "x-3:1.0 x-4:1.0"));
    CPPUNIT_ASSERT_EQUAL(1, count("/v3/watch"));
  }

  void allShareOneStream() {
    std::vector<std::unique_ptr<Told>> all;
    for (int i = 0; i < 50; ++i) all.push_back(follow("name" + std::to_string(i)));
    all.push_back(followNames());
    for (const auto& told : all) CPPUNIT_ASSERT(tells(*told, ""));
    CPPUNIT_ASSERT(turnUntil([&] { return count("/v3/watch") == 1; }));
    const auto late = follow("x");
    CPPUNIT_ASSERT(tells(*late, ""));
    CPPUNIT_ASSERT_EQUAL(1, count("/v3/watch"));
  }

  // Its changes may come before what is read, and what is read may know them.
  void newFollowerLosesNothing() {
    const auto old = follow("old");
    CPPUNIT_ASSERT(turnUntil([&] { return count("/v3/watch") == 1; }));
    const int stream = server_->requests().back().connection;
    store_ = {kv("x-1", 15)};
    revision_ = "15";
    range_ = ScriptedServer::reply(200, storeText(store_));
    range_->pause = 1ms;  // for each byte: it ends after the changes
    const auto told = follow("x");
    const std::string read = detail::rangeBody("/micro/registry/x/");
    CPPUNIT_ASSERT(
        test::turnUntil(*loop_, [&] { return server_->requests().back().body == read; }));
    server_->send(stream, chunk(event(put("x-0", 14)) + "\n" + event(put("x-2", 16)) + "\n" +
                                event(deleted("x-1", 17)) + "\n"));
    test::turn(*loop_, 20);
    CPPUNIT_ASSERT(told->news.empty());
    CPPUNIT_ASSERT(
        clock_->runUntil(*loop_, [&] { return !told->news.empty() && told->last() == "x-2:1.0"; }));
    CPPUNIT_ASSERT_EQUAL(1, count("/v3/watch"));
  }

  void lastFollowerClosesTheStream() {
    auto first = follow("x"), second = follow("y");
    CPPUNIT_ASSERT(turnUntil([&] { return count("/v3/watch") == 1; }));
    const int open = server_->open();
    first.reset();
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(open, server_->open());
    second.reset();
    CPPUNIT_ASSERT(turnUntil([&] { return server_->open() == open - 1; }));
  }

  void silentMemberIsFoundOut() {
    const auto told = follow("x");
    CPPUNIT_ASSERT(turnUntil([&] { return count("/v3/watch") == 1; }));
    range_ = Reply{};
    CPPUNIT_ASSERT(tells(*told, "error"));
    CPPUNIT_ASSERT_EQUAL(1, count("/v3/watch"));
    range_.reset();
    CPPUNIT_ASSERT(tells(*told, ""));
    CPPUNIT_ASSERT((std::vector<std::string>{"", "error", ""}) == told->news);
  }

  void outageIsToldOnce() {
    range_ = ScriptedServer::reply(503, "no leader");
    const auto told = follow("x");
    CPPUNIT_ASSERT(turnUntil([&] { return count("/v3/kv/range") == 4; }));
    const auto late = follow("x");
    CPPUNIT_ASSERT(tells(*late, "error"));
    range_.reset();
    CPPUNIT_ASSERT(tells(*told, ""));
    CPPUNIT_ASSERT((std::vector<std::string>{"error", ""}) == told->news);
  }

  void unusableAnswersAreAnOutage() {
    range_ = ScriptedServer::reply(200, "{\"header\":{}}");
    std::string detail;
    const Subscription token =
        registry_->follow("x", [&](const auto& services) { detail = services.status().detail(); });
    CPPUNIT_ASSERT(turnUntil([&] { return !detail.empty(); }));
    CPPUNIT_ASSERT_EQUAL("registry: etcd " + server_->address() +
                             ": unusable answer to POST /v3/kv/range: header.revision: expected "
                             "the store's revision",
                         detail);
  }

  void streamLeavesAMemberThatIsGivenUp() {
    registry_ = make({server_->address(), second_->address()});
    const auto told = follow("x");
    CPPUNIT_ASSERT(turnUntil([&] { return count("/v3/watch") == 1; }));
    range_ = ScriptedServer::reply(503, "no leader");
    secondRange_ = ScriptedServer::reply(200, storeText({kv("x-2", 4)}));
    CPPUNIT_ASSERT(tells(*told, "x-2:1.0"));
    CPPUNIT_ASSERT(turnUntil([&] {
      return !second_->requests().empty() && second_->requests().back().target == "/v3/watch";
    }));
    CPPUNIT_ASSERT_EQUAL(second_->address(), registry_->address());
  }

 protected:
  std::unique_ptr<Registry> makeRegistry(EventLoop& loop) override {
    store_.clear();
    revision_ = "7";
    range_.reset();
    stream_ = {chunks({created()}), Then::kKeep, {}};
    secondRange_ = ScriptedServer::reply(200, storeText({}));
    server_ = std::make_unique<ScriptedServer>(loop, [this](const Request& request) {
      if (request.target == "/v3/watch") return stream_;
      return range_ ? *range_ : ScriptedServer::reply(200, storeText(store_));
    });
    second_ = std::make_unique<ScriptedServer>(loop, [this](const Request& request) {
      return request.target == "/v3/watch" ? Reply{chunks({}), Then::kKeep, {}} : secondRange_;
    });
    return make({server_->address()});
  }

 private:
  bool turnUntil(const std::function<bool()>& done) { return clock_->runUntil(*loop_, done); }
  bool tells(const Told& told, const std::string& text) {
    return turnUntil([&] { return !told.news.empty() && told.last() == text; });
  }

  std::unique_ptr<Registry> make(std::vector<std::string> addresses) {
    EtcdOptions options;
    options.addresses = std::move(addresses);
    options.timeout = 20s;
    options.probeInterval = 50ms;
    return makeEtcdRegistry(*loop_, options);
  }

  // Follows while the stream is what it is now; a stream that is sound mends it.
  void expectReadAnew() {
    const Reply bad = stream_;
    registry_ = make({server_->address()});
    store_ = {};
    const int before = count("/v3/watch");
    const auto told = follow("x");
    CPPUNIT_ASSERT_MESSAGE(bad.bytes, turnUntil([&] { return count("/v3/watch") == before + 1; }));
    stream_ = {chunks({created()}), Then::kKeep, {}};
    store_ = {kv("x-1", 9)};
    CPPUNIT_ASSERT_MESSAGE(bad.bytes, tells(*told, "x-1:1.0"));
    CPPUNIT_ASSERT_MESSAGE(bad.bytes, turnUntil([&] { return count("/v3/watch") == before + 2; }));
    CPPUNIT_ASSERT_MESSAGE(bad.bytes, (std::vector<std::string>{"", "x-1:1.0"}) == told->news);
  }

  static std::string key(const std::string& id) { return base64("/micro/registry/x/" + id); }
  static std::string kv(const std::string& id, int revision) {
    ServiceInfo info = service("x");
    info.nodes[0].id = id;
    return R"({"key":")" + key(id) + R"(","mod_revision":")" + std::to_string(revision) +
           R"(","value":")" + base64(detail::etcdValue(info, info.nodes[0])) + "\"}";
  }
  static std::string put(const std::string& id, int revision) {
    return "{\"kv\":" + kv(id, revision) + "}";
  }
  static std::string deleted(const std::string& id, int revision) {
    return R"({"type":"DELETE","kv":{"key":")" + key(id) + R"(","mod_revision":")" +
           std::to_string(revision) + "\"}}";
  }
  static std::string created() { return R"({"result":{"header":{},"created":true}})"; }
  static std::string event(const std::string& events) {
    return R"({"result":{"events":[)" + events + "]}}";
  }

  std::string storeText(const std::vector<std::string>& entries) const {
    std::string all;
    for (const std::string& entry : entries) all += (all.empty() ? "" : ",") + entry;
    return R"({"header":{"revision":")" + revision_ + R"("},"kvs":[)" + all + "]}";
  }

  // The head of a chunked reply and `lines`, in chunks of `size` bytes; without its end.
  static std::string chunks(const std::vector<std::string>& lines, std::size_t size = 10'000) {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    std::string bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (std::size_t at = 0; at < text.size(); at += size) bytes += chunk(text.substr(at, size));
    return bytes;
  }
  static std::string chunk(const std::string& text) {
    char length[20];
    std::snprintf(length, sizeof length, "%zx\r\n", text.size());
    return length + text + "\r\n";
  }

  int count(const std::string& target) const {
    const auto& all = server_->requests();
    return static_cast<int>(std::count_if(
        all.begin(), all.end(), [&](const Request& request) { return request.target == target; }));
  }
  std::string last(const std::string& target) const {
    std::string body;
    for (const Request& request : server_->requests()) {
      if (request.target == target) body = request.body;
    }
    return body;
  }

  std::unique_ptr<test::ManualClock> clock_;
  std::vector<std::string> store_;
  std::string revision_;
  std::optional<Reply> range_;  // instead of the store
  Reply stream_;
  Reply secondRange_;
  std::unique_ptr<ScriptedServer> server_;
  std::unique_ptr<ScriptedServer> second_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(EtcdWatchTest);

}  // namespace evmicro

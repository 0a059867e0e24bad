// The manual's table of errors: what causes each row, and the kind, code, origin and text that the
// caller sees.
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <sstream>
#include <stdexcept>

#include "server/rpc_fixture.h"
#include "support/ports.h"
#include "support/scripted_server.h"

namespace evmicro {

using namespace std::chrono_literals;
using test::runUntil;
using test::ScriptedServer;
using test::Text;
using test::text;

namespace {

// The second column of each row, by the first.
std::map<std::string, std::string> manualCodes() {
  std::ifstream file(TEST_SOURCE_DIR "/../src/manual/errors.md");
  const std::string all{std::istreambuf_iterator<char>(file), {}};
  std::istringstream lines(all);
  std::map<std::string, std::string> codes;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("| k", 0) != 0 || line.rfind("| kind", 0) == 0) continue;
    const std::size_t second = line.find(" | ");
    const std::size_t third = line.find(" | ", second + 1);
    codes[line.substr(2, second - 2)] = line.substr(second + 3, third - second - 3);
  }
  return codes;
}

std::string nameOf(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kNone: return "none";
    case ErrorKind::kInvalid: return "kInvalid";
    case ErrorKind::kNotFound: return "kNotFound";
    case ErrorKind::kTimeout: return "kTimeout";
    case ErrorKind::kOverloaded: return "kOverloaded";
    case ErrorKind::kCancelled: return "kCancelled";
    case ErrorKind::kRemote: return "kRemote";
    case ErrorKind::kInternal: return "kInternal";
    case ErrorKind::kUnavailable: return "kUnavailable";
  }
  return "?";
}

// Whether a column of the manual allows `code`.
bool covers(const std::string& column, int code) {
  if (column.find(std::to_string(code)) != std::string::npos) return true;
  if (column.find("another 4xx") != std::string::npos && code / 100 == 4) return true;
  if (column.find("another 5xx") != std::string::npos && code / 100 == 5) return true;
  return column.find("handler") != std::string::npos;
}

}  // namespace

class ErrorTableTest final : public test::RpcFixture {
  CPPUNIT_TEST_SUITE(ErrorTableTest);
  CPPUNIT_TEST(everyRowHolds);
  CPPUNIT_TEST_SUITE_END();

 public:
  void tearDown() override {
    scripted_.clear();
    RpcFixture::tearDown();
  }

  void everyRowHolds() {
    addHandlers();
    start();
    invalid();
    notFound();
    timeout();
    overloaded();
    cancelled();
    remote();
    internal();
    unavailable();
    for (const auto& [kind, codes] : manualCodes()) {
      CPPUNIT_ASSERT_MESSAGE("the manual: nothing causes " + kind, seen_.count(kind) == 1);
    }
    CPPUNIT_ASSERT_EQUAL(manualCodes().size(), seen_.size());
  }

 private:
  static constexpr char kClient[] = "go.micro.client";

  void invalid() {
    expect("kInvalid", 400, kClient, "client: call echo Echo.Say at nonsense: ", at("nonsense"));
    for (const int code : {401, 403, 405, 413, 415, 431}) {
      expect("kInvalid", code, kClient, "HTTP " + std::to_string(code) + " ", answered(code));
    }
    CallOptions options;
    options.contentType = "text/x-unknown";
    expect("kInvalid", 400, kClient, "no codec for content type \"text/x-unknown\"",
           call("Echo.Say", "x", options).status());
  }

  void notFound() {
    expect("kNotFound", 404, kClient, "nobody",
           client_->call<Text>(Context(), "nobody", "Echo.Say", text("x")).status());
    CallOptions options;
    options.filters = {versionFilter("another")};
    expect("kNotFound", 404, kClient,
           "client: call echo Echo.Say: ", call("Echo.Say", "x", options).status());
    expect("kNotFound", 404, "", "rpc: can't find method Echo.Nope",
           call("Echo.Nope", "x").status());
    expect("kNotFound", 404, "", "rpc: can't find service Nope.Say",
           call("Nope.Say", "x").status());
  }

  void timeout() {
    CallOptions options;
    options.timeout = 20ms;
    expect("kTimeout", 408, kClient, "no answer in time (attempt 1 of 1)",
           call("Echo.Never", "x", options).status());
    expect("kTimeout", 504, kClient, "HTTP 504 Gateway Timeout", answered(504));
    // The node's timer was first; what a handler says, or another service, stays as it is.
    const std::string late = "the caller's deadline has passed";
    expect("kTimeout", 408, kClient, "no answer in time (attempt 1 of 1)",
           answered(200, failure("echo", late)));
    expect("kRemote", 408, "echo", "the session", answered(200, failure("echo", "the session")));
    expect("kRemote", 408, "other", late, answered(200, failure("other", late)));
  }

  void overloaded() {
    expect("kOverloaded", 429, kClient, "HTTP 429 Too Many Requests", answered(429));
  }

  void cancelled() {
    Context context;
    std::optional<Status> end;
    client_->call<Text>(context, "echo", "Echo.Never", text("x"),
                        [&end](const auto& reply) { end = reply.status(); });
    context.cancel();
    CPPUNIT_ASSERT(runUntil(*loop_, [&end] { return end.has_value(); }));
    expect("kCancelled", 499, kClient, "", *end);
  }

  void remote() {
    expect("kRemote", 418, "tea", "short and stout", call("Echo.Tea", "x").status());
    expect("kRemote", 500, "", "from Go",
           answered(200, R"({"id":0,"result":{},"error":"from Go"})"));
    expect("kRemote", 500, "echo", "thrown", call("Echo.Throws", "x").status());
    expect("kRemote", 500, "echo", "", call("Echo.Drops", "x").status());
    CallOptions json;
    json.contentType = "application/json";
    expect("kRemote", 400, "echo", "status",
           client_
               ->call<JsonDocument>(Context(), "echo", "Echo.Say",
                                    JsonDocument{R"({"status":{"not":"a string"}})"}, json)
               .status());
    expect("kRemote", 500, "echo", "Echo.NoJson",
           client_->call<JsonDocument>(Context(), "echo", "Echo.NoJson", JsonDocument{"{}"}, json)
               .status());
  }

  void internal() {
    expect("kInternal", 500, kClient, "closed",
           at(script([](const auto&) {
                return ScriptedServer::Reply{"", ScriptedServer::Then::kClose, 0ms};
              }).address()));
    expect("kInternal", 500, kClient, "bad reply: ", answered(200, "nonsense"));
    expect("kInternal", 500, kClient, "its number is 5, not 0",
           answered(200, R"({"id":5,"result":{},"error":null})"));
    expect("kInternal", 502, kClient, "HTTP 502 Bad Gateway: down", answered(502, "down\nx"));
    expect("kInternal", 500, kClient, "HTTP 302 Found", answered(302));
  }

  void unavailable() {
    expect("kUnavailable", 503, kClient, "connection refused (attempt 1 of 1)",
           at(test::freeAddress()));
    expect("kUnavailable", 503, kClient, "HTTP 503 Service Unavailable: full",
           answered(503, "full"));
  }

  void expect(const std::string& kind, int code, const std::string& id, const std::string& text,
              const Status& status) {
    const std::string what = status.toString();
    CPPUNIT_ASSERT_EQUAL_MESSAGE(what, kind, nameOf(status.kind()));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(what, code, status.code());
    CPPUNIT_ASSERT_EQUAL_MESSAGE(what, id, status.id());
    CPPUNIT_ASSERT_MESSAGE(what, status.detail().find(text) != std::string::npos);
    const auto codes = manualCodes();
    const auto row = codes.find(kind);
    CPPUNIT_ASSERT_MESSAGE("the manual has no row " + kind, row != codes.end());
    CPPUNIT_ASSERT_MESSAGE("the manual: " + kind + ": " + what, covers(row->second, code));
    seen_[kind] = code;
  }

  void addHandlers() {
    server_->handle<Text, Text>("Echo.Say", [](Context&, const Text& in, Text& out) -> Status {
      out = in;
      return {};
    });
    server_->handle<Text, Text>("Echo.Never", [this](Context, Text, Reply<Text> reply) {
      owed_.push_back(std::move(reply));
    });
    server_->handle<Text, Text>("Echo.Drops", [](Context, Text, Reply<Text>) {});
    server_->handle<Text, Text>("Echo.Tea", [](Context&, const Text&, Text&) {
      return Status::error(418, "tea", "short and stout");
    });
    server_->handle<Text, Text>("Echo.Throws", [](Context&, const Text&, Text&) -> Status {
      throw std::runtime_error("thrown");
    });
    server_->handle<JsonDocument, JsonDocument>(
        "Echo.NoJson", [](Context&, const JsonDocument&, JsonDocument& out) -> Status {
          out.text = "nonsense";
          return {};
        });
  }

  ScriptedServer& script(ScriptedServer::Script script) {
    scripted_.push_back(std::make_unique<ScriptedServer>(*loop_, std::move(script)));
    return *scripted_.back();
  }

  Status at(const std::string& address) {
    CallOptions options;
    options.address = address;
    options.contentType = "application/json";
    return call("Echo.Say", "hi", options).status();
  }

  Status answered(int code, const std::string& body = {}) {
    return at(script([=](const auto&) { return ScriptedServer::reply(code, body); }).address());
  }

  // A reply with an error 408.
  static std::string failure(const std::string& id, const std::string& detail) {
    return R"({"id":0,"result":null,"error":"{\"id\":\")" + id +
           R"(\",\"code\":408,\"detail\":\")" + detail + R"(\",\"status\":\"\"}"})";
  }

  std::map<std::string, int> seen_;
  std::vector<Reply<Text>> owed_;
  std::vector<std::unique_ptr<ScriptedServer>> scripted_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ErrorTableTest);

}  // namespace evmicro

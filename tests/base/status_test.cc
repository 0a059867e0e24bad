#include <evmicro/status.h>

#include <memory>
#include <string>
#include <utility>

#include <cppunit/extensions/HelperMacros.h>

namespace evmicro {

class StatusTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StatusTest);
  CPPUNIT_TEST(successHasNothing);
  CPPUNIT_TEST(eachKindHasItsCode);
  CPPUNIT_TEST(theKindFollowsFromTheCode);
  CPPUNIT_TEST(textForPeople);
  CPPUNIT_TEST(contextGoesInFront);
  CPPUNIT_TEST(idIsReplaced);
  CPPUNIT_TEST(copiesAreIndependent);
  CPPUNIT_TEST(movedFromIsSuccess);
  CPPUNIT_TEST(printsAsGoDoes);
  CPPUNIT_TEST(readsWhatItPrints);
  CPPUNIT_TEST(anyOtherTextIsTheDetail);
  CPPUNIT_TEST(fieldsThatAreNotUsableAreDefaults);
  CPPUNIT_TEST(textsOfCodesAreGos);
  CPPUNIT_TEST(aResultIsAValueOrAnError);
  CPPUNIT_TEST(aResultMovesItsContentOut);
  CPPUNIT_TEST_SUITE_END();

 public:
  void successHasNothing() {
    const Status status;
    CPPUNIT_ASSERT(status.ok());
    CPPUNIT_ASSERT(status.kind() == ErrorKind::kNone);
    CPPUNIT_ASSERT_EQUAL(0, status.code());
    CPPUNIT_ASSERT_EQUAL(std::string(), status.id());
    CPPUNIT_ASSERT_EQUAL(std::string(), status.detail());
    CPPUNIT_ASSERT_EQUAL(std::string("ok"), status.toString());
    CPPUNIT_ASSERT(Status(status).withContext("x").ok());
    CPPUNIT_ASSERT(Status(status).withId("x").ok());
  }

  void eachKindHasItsCode() {
    expect(Status::invalid("d"), ErrorKind::kInvalid, 400);
    expect(Status::notFound("d"), ErrorKind::kNotFound, 404);
    expect(Status::timeout("d"), ErrorKind::kTimeout, 408);
    expect(Status::overloaded("d"), ErrorKind::kOverloaded, 429);
    expect(Status::cancelled("d"), ErrorKind::kCancelled, 499);
    expect(Status::internal("d"), ErrorKind::kInternal, 500);
    expect(Status::unavailable("d"), ErrorKind::kUnavailable, 503);
  }

  void theKindFollowsFromTheCode() {
    const std::pair<int, ErrorKind> cases[] = {
        {399, ErrorKind::kInternal},    {400, ErrorKind::kInvalid},    {401, ErrorKind::kInvalid},
        {403, ErrorKind::kInvalid},     {404, ErrorKind::kNotFound},   {405, ErrorKind::kInvalid},
        {408, ErrorKind::kTimeout},     {429, ErrorKind::kOverloaded}, {498, ErrorKind::kInvalid},
        {499, ErrorKind::kCancelled},   {500, ErrorKind::kInternal},   {502, ErrorKind::kInternal},
        {503, ErrorKind::kUnavailable}, {0, ErrorKind::kInternal},     {-1, ErrorKind::kInternal}};
    for (const auto& [code, kind] : cases) {
      const Status status = Status::error(code, "shop", "no such thing");
      CPPUNIT_ASSERT_MESSAGE(std::to_string(code), status.kind() == kind);
      CPPUNIT_ASSERT_EQUAL(code, status.code());
      CPPUNIT_ASSERT_EQUAL(std::string("shop"), status.id());
      CPPUNIT_ASSERT_EQUAL(std::string("no such thing"), status.detail());
    }
  }

  void textForPeople() {
    CPPUNIT_ASSERT_EQUAL(std::string("gone (404 Not Found)"), Status::notFound("gone").toString());
    CPPUNIT_ASSERT_EQUAL(std::string("gone (404 Not Found, shop)"),
                         Status::error(404, "shop", "gone").toString());
    CPPUNIT_ASSERT_EQUAL(std::string("odd (599, shop)"),
                         Status::error(599, "shop", "odd").toString());
  }

  void contextGoesInFront() {
    const Status status = Status::error(404, "shop", "gone").withContext("b").withContext("a");
    CPPUNIT_ASSERT_EQUAL(std::string("a: b: gone"), status.detail());
    CPPUNIT_ASSERT_EQUAL(404, status.code());
    CPPUNIT_ASSERT_EQUAL(std::string("shop"), status.id());
  }

  void idIsReplaced() {
    const Status status = Status::error(404, "shop", "gone").withId("bank");
    CPPUNIT_ASSERT_EQUAL(std::string("bank"), status.id());
    CPPUNIT_ASSERT_EQUAL(std::string("gone"), status.detail());
  }

  void copiesAreIndependent() {
    const Status first = Status::notFound("gone");
    Status copy = first;
    copy = std::move(copy).withContext("x");
    CPPUNIT_ASSERT_EQUAL(std::string("gone"), first.detail());
    CPPUNIT_ASSERT_EQUAL(std::string("x: gone"), copy.detail());
    Status& self = copy;
    copy = self;
    CPPUNIT_ASSERT_EQUAL(std::string("x: gone"), copy.detail());
    copy = Status();
    CPPUNIT_ASSERT(copy.ok());
    copy = first;
    CPPUNIT_ASSERT_EQUAL(std::string("gone"), copy.detail());
  }

  void movedFromIsSuccess() {
    Status first = Status::notFound("gone");
    const Status second = std::move(first);
    CPPUNIT_ASSERT(first.ok());  // NOLINT: what is left is defined
    CPPUNIT_ASSERT_EQUAL(std::string("gone"), second.detail());
  }

  void printsAsGoDoes() {
    CPPUNIT_ASSERT_EQUAL(
        std::string(
            R"({"id":"go.micro.client","code":408,"detail":"call timeout: \"x\" \u003c1\u003e",)"
            R"("status":"Request Timeout"})"),
        Status::error(408, "go.micro.client", "call timeout: \"x\" <1>").toWire());
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"id":"","code":599,"detail":"","status":""})"),
                         Status::error(599, "", "").toWire());
  }

  void readsWhatItPrints() {
    const Status sent = Status::error(404, "shop", std::string("a\0\n\"\\\xc3\xa9", 7));
    const Status read = Status::fromWire(sent.toWire());
    CPPUNIT_ASSERT(read.kind() == ErrorKind::kRemote);
    CPPUNIT_ASSERT_EQUAL(404, read.code());
    CPPUNIT_ASSERT_EQUAL(std::string("shop"), read.id());
    CPPUNIT_ASSERT_EQUAL(sent.detail(), read.detail());
  }

  void anyOtherTextIsTheDetail() {
    for (const char* text : {"", "no such user", "{", "[1]", "7", "null", "\"x\"", "{} x"}) {
      const Status status = Status::fromWire(text);
      CPPUNIT_ASSERT_MESSAGE(text, status.kind() == ErrorKind::kRemote);
      CPPUNIT_ASSERT_EQUAL(500, status.code());
      CPPUNIT_ASSERT_EQUAL(std::string(text), status.detail());
      CPPUNIT_ASSERT_EQUAL(std::string(), status.id());
    }
  }

  void fieldsThatAreNotUsableAreDefaults() {
    const std::pair<const char*, int> cases[] = {{"{}", 500},
                                                 {R"({"code":0})", 500},
                                                 {R"({"code":-1})", 500},
                                                 {R"({"code":1})", 1},
                                                 {R"({"code":2147483647})", 2147483647},
                                                 {R"({"code":2147483648})", 500},
                                                 {R"({"code":4294967300})", 500},
                                                 {R"({"code":"404"})", 500},
                                                 {R"({"code":404.0})", 500},
                                                 {R"({"code":404,"id":7,"detail":["x"]})", 404}};
    for (const auto& [text, code] : cases) {
      const Status status = Status::fromWire(text);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(text, code, status.code());
      CPPUNIT_ASSERT_EQUAL_MESSAGE(text, std::string(), status.id() + status.detail());
    }
  }

  void textsOfCodesAreGos() {
    CPPUNIT_ASSERT_EQUAL(std::string("OK"), std::string(statusText(200)));
    CPPUNIT_ASSERT_EQUAL(std::string("I'm a teapot"), std::string(statusText(418)));
    CPPUNIT_ASSERT_EQUAL(std::string("Service Unavailable"), std::string(statusText(503)));
    CPPUNIT_ASSERT_EQUAL(std::string(), std::string(statusText(306)));
    CPPUNIT_ASSERT_EQUAL(std::string(), std::string(statusText(0)));
  }

  void aResultIsAValueOrAnError() {
    const Result<std::string> good = std::string("value");
    CPPUNIT_ASSERT(good.ok());
    CPPUNIT_ASSERT(good.status().ok());
    CPPUNIT_ASSERT_EQUAL(std::string("value"), *good);
    CPPUNIT_ASSERT_EQUAL(std::size_t(5), good->size());
    const Result<std::string> bad = Status::notFound("gone");
    CPPUNIT_ASSERT(!bad.ok());
    CPPUNIT_ASSERT_EQUAL(std::string("gone"), bad.status().detail());
  }

  void aResultMovesItsContentOut() {
    Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
    const std::unique_ptr<int> value = std::move(result).value();
    CPPUNIT_ASSERT_EQUAL(7, *value);
    Result<std::unique_ptr<int>> failed = Status::notFound("gone");
    const Status status = std::move(failed).status();
    CPPUNIT_ASSERT_EQUAL(std::string("gone"), status.detail());
  }

 private:
  static void expect(const Status& status, ErrorKind kind, int code) {
    CPPUNIT_ASSERT(status.kind() == kind);
    CPPUNIT_ASSERT_EQUAL(code, status.code());
    CPPUNIT_ASSERT_EQUAL(std::string("d"), status.detail());
    CPPUNIT_ASSERT_EQUAL(std::string(), status.id());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(StatusTest);

}  // namespace evmicro

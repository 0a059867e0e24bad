#include "tool/endpoint_check.h"

#include <cppunit/extensions/HelperMacros.h>

#include "registry/method_kind.h"

namespace evmicro {

using detail::MethodKind;
using Texts = std::vector<std::string>;

namespace {

Value scalar(const char* name) { return {name, "string", {}}; }

Endpoint endpointOf(std::vector<Value> fields, const char* type = "Request") {
  return {"Shop.Buy", Value{type, type, std::move(fields)}, std::nullopt, {}};
}

Texts check(const Endpoint& endpoint, const char* json) {
  return tool::unknownFields(endpoint, JsonDocument{json});
}

}  // namespace

class EndpointCheckTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(EndpointCheckTest);
  CPPUNIT_TEST(namesAreComparedAsTheReaderDoes);
  CPPUNIT_TEST(unknownNamesAreToldWithTheirPlace);
  CPPUNIT_TEST(listsAreLookedInto);
  CPPUNIT_TEST(nothingIsSaidWhereTheDescriptionEnds);
  CPPUNIT_TEST(nothingIsSaidOfOtherJson);
  CPPUNIT_TEST(kindIsWhatTheMetadataSays);
  CPPUNIT_TEST_SUITE_END();

 public:
  void namesAreComparedAsTheReaderDoes() {
    const Endpoint endpoint = endpointOf({scalar("UserId"), scalar("Name")});
    for (const char* const json :
         {R"({"user_id":"1","name":"a"})", R"({"userId":"1"})", R"({"USER_ID":1})", "{}"}) {
      CPPUNIT_ASSERT_MESSAGE(json, check(endpoint, json).empty());
    }
  }

  void unknownNamesAreToldWithTheirPlace() {
    const Value address{"HomeAddress", "Address", {scalar("Street"), scalar("Town")}};
    const Endpoint endpoint = endpointOf({scalar("Name"), address});
    CPPUNIT_ASSERT(check(endpoint, R"({"nmae":1,"zzzzzzzz":2})") ==
                   (Texts{"no field \"nmae\": did you mean name?", "no field \"zzzzzzzz\""}));
    CPPUNIT_ASSERT(check(endpoint, R"({"home_address":{"stret":"x"}})") ==
                   Texts{"no field \"home_address.stret\": did you mean home_address.street?"});
  }

  void listsAreLookedInto() {
    const Value item{"Item", "Item", {scalar("Count")}};
    const Endpoint endpoint = endpointOf({{"Items", "[]Item", {item}}});
    CPPUNIT_ASSERT(check(endpoint, R"({"items":[{"count":1},{"cuont":2}]})") ==
                   Texts{"no field \"items.cuont\": did you mean items.count?"});
  }

  void nothingIsSaidWhereTheDescriptionEnds() {
    const Value deep{"Deep", "Deep", {}};
    CPPUNIT_ASSERT(check(endpointOf({deep}), R"({"deep":{"any":1}})").empty());
    const Value mapOrOneof{"Kind", "", {}};
    CPPUNIT_ASSERT(check(endpointOf({scalar("Name"), mapOrOneof}), R"({"nmae":1})").empty());
    CPPUNIT_ASSERT(check(endpointOf({scalar("Fields")}, "Struct"), R"({"any":1})").empty());
    CPPUNIT_ASSERT(
        check(Endpoint{"Shop.Buy", std::nullopt, std::nullopt, {}}, "{\"a\":1}").empty());
  }

  void nothingIsSaidOfOtherJson() {
    for (const char* const json : {"null", "[1,\"a\"]", "\"text\"", "7"}) {
      CPPUNIT_ASSERT_MESSAGE(json, check(endpointOf({scalar("Name")}), json).empty());
    }
  }

  void kindIsWhatTheMetadataSays() {
    Endpoint endpoint;
    CPPUNIT_ASSERT(detail::kindOf(endpoint) == MethodKind::kUnknown);
    const std::pair<const char*, MethodKind> cases[] = {{"true", MethodKind::kStream},
                                                        {"false", MethodKind::kUnary},
                                                        {"perhaps", MethodKind::kUnknown}};
    for (const auto& [text, kind] : cases) {
      endpoint.metadata = {{"stream", text}};
      CPPUNIT_ASSERT(detail::kindOf(endpoint) == kind);
    }
    endpoint.metadata = {{"stream", "false"}};  // as go-micro announces a stream
    endpoint.response = Value{"Streamer", "Streamer", {}};
    CPPUNIT_ASSERT(detail::kindOf(endpoint) == MethodKind::kStream);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(EndpointCheckTest);

}  // namespace evmicro

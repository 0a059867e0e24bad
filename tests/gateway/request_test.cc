// How a gateway translates requests.
#include <algorithm>
#include <cstddef>
#include <string>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/event_loop.h>
#include <evmicro/server.h>

#include "gateway/api_message.h"
#include "gateway/call_context.h"
#include "gateway/json_request.h"
#include "gateway/reply_part.h"
#include "gateway/resolve.h"
#include "gateway/rpc_request.h"
#include "http/url.h"
#include "json/reader.h"
#include "tests/codec/mapping.pb.h"

namespace evmicro {

using namespace gateway;

class GatewayRequestTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(GatewayRequestTest);
  CPPUNIT_TEST(resolvesPaths);
  CPPUNIT_TEST(readsJsonForRpc);
  CPPUNIT_TEST(readsFormsForRpc);
  CPPUNIT_TEST(saysWhatIsWrongWithARpc);
  CPPUNIT_TEST(carriesHeadersAsMetadata);
  CPPUNIT_TEST(timeoutLimitsTheCall);
  CPPUNIT_TEST(grpcTimeoutLimitsTheCall);
  CPPUNIT_TEST(handsTheWholeRequestToAService);
  CPPUNIT_TEST(bytesNeedNotBeText);
  CPPUNIT_TEST(headersAreText);
  CPPUNIT_TEST(parametersAndPathMustBeText);
  CPPUNIT_TEST(makesJsonOfParameters);
  CPPUNIT_TEST(namesWithDotsAreNested);
  CPPUNIT_TEST(servicesReadParametersOfEveryType);
  CPPUNIT_TEST(bindsPathAndBody);
  CPPUNIT_TEST(variablesOfThePathAreSetInTheBody);
  CPPUNIT_TEST(thePathIsNotOverridden);
  CPPUNIT_TEST(sendsAPartOfTheReply);
  CPPUNIT_TEST(saysWhatIsWrongWithAJsonRequest);
  CPPUNIT_TEST(readsAsManyParametersAsAreAllowed);
  CPPUNIT_TEST_SUITE_END();

 public:
  void resolvesPaths() {
    const char* const rows[][3] = {
        {"/", "n.", ""},
        {"/foo", "n.", "Foo"},
        {"/foo/bar", "n.foo", "Foo.Bar"},
        {"/foo/bar/", "n.foo", "Foo.Bar"},
        {"/foo/bar/baz", "n.foo", "Bar.Baz"},
        {"/v1/foo/bar", "n.v1.foo", "Foo.Bar"},
        {"/v20/foo/bar", "n.v20.foo", "Foo.Bar"},
        {"/v/foo/bar", "n.v", "Foo.Bar"},
        {"/v1x/foo/bar", "n.v1x", "Foo.Bar"},
        {"/v1/foo/bar/baz", "n.v1.foo", "Bar.Baz"},
        {"/a/b/c/d/e", "n.a.b.c", "D.E"},
        {"/Foo/my-thing/foo_bar", "n.Foo", "My-Thing.Foo_bar"},
        {"/foo/9a/b.c", "n.foo", "9a.B.C"},
    };
    for (const auto& [path, service, method] : rows) {
      const Target target = resolve("n", path);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(path, std::string(service), target.service);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(path, std::string(method), target.method);
    }
  }

  void readsJsonForRpc() {
    const Result<RpcRequest> rpc = readRpcRequest(
        json(R"( {"SERVICE":"a","method":"B.C","Address":"h:1","x":[1],"request":{"n": 1e3}} {)"));
    CPPUNIT_ASSERT(rpc.ok());
    CPPUNIT_ASSERT_EQUAL(std::string("a"), rpc->service);
    CPPUNIT_ASSERT_EQUAL(std::string("B.C"), rpc->method);
    CPPUNIT_ASSERT_EQUAL(std::string("h:1"), rpc->address);
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"n": 1e3})"), rpc->request.text);
    const auto requestOf = [](const char* text) {
      return readRpcRequest(json(std::string(R"({"service":"a","method":"B.C")") + text + "}"))
          ->request.text;
    };
    CPPUNIT_ASSERT_EQUAL(std::string("null"), requestOf(""));
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"name":"J"})"),
                         requestOf(R"(,"request":"{\"name\":\"J\"}")"));
    CPPUNIT_ASSERT_EQUAL(std::string("[1]"), requestOf(R"(,"request":[1])"));
  }

  void readsFormsForRpc() {
    WebRequest request;
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
    request.body = "service=a&method=B.C&request=%7B%22n%22%3A1%7D";
    request.query = "service=other&address=h:1";
    Result<RpcRequest> rpc = readRpcRequest(request);
    CPPUNIT_ASSERT_MESSAGE(rpc.status().toString(), rpc.ok());
    CPPUNIT_ASSERT_EQUAL(std::string("a"), rpc->service);
    CPPUNIT_ASSERT_EQUAL(std::string("h:1"), rpc->address);
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"n":1})"), rpc->request.text);

    request.headers = {{"Content-Type", "text/plain"}};  // then the query alone
    request.query = "service=a&method=B.C&request=1";
    rpc = readRpcRequest(request);
    CPPUNIT_ASSERT_MESSAGE(rpc.status().toString(), rpc.ok());
    CPPUNIT_ASSERT_EQUAL(std::string("1"), rpc->request.text);
  }

  void saysWhatIsWrongWithARpc() {
    const auto detailOf = [](const WebRequest& request) {
      const Result<RpcRequest> rpc = readRpcRequest(request);
      CPPUNIT_ASSERT(!rpc.ok());
      CPPUNIT_ASSERT_EQUAL(400, rpc.status().code());
      CPPUNIT_ASSERT_EQUAL(std::string("go.micro.rpc"), rpc.status().id());
      return rpc.status().detail();
    };
    CPPUNIT_ASSERT_EQUAL(std::string("invalid service"), detailOf(json(R"({"method":"x"})")));
    CPPUNIT_ASSERT_EQUAL(std::string("invalid service"),
                         detailOf(json(R"({"service":"","method":"x"})")));
    CPPUNIT_ASSERT_EQUAL(std::string("invalid method"), detailOf(json(R"({"service":"x"})")));
    CPPUNIT_ASSERT_EQUAL(std::string("service: expected a string"),
                         detailOf(json(R"({"service":1})")));
    CPPUNIT_ASSERT_EQUAL(std::string("the body is not a JSON object"), detailOf(json("null")));
    CPPUNIT_ASSERT(detailOf(json("{\"service\":")).find("expected") != std::string::npos);
    const std::string begin = R"({"service":"a","method":"B","request":)";
    CPPUNIT_ASSERT_EQUAL(std::size_t(0),
                         detailOf(json(begin + "\"\"}")).find("error decoding request string: "));
    CPPUNIT_ASSERT_EQUAL(std::size_t(0),
                         detailOf(json(begin + "\"{]\"}")).find("error decoding request string: "));
    WebRequest form;
    form.query = "service=a&method=b";
    CPPUNIT_ASSERT_EQUAL(std::string("error decoding request string: EOF"), detailOf(form));
    form.query = "service=%2";
    CPPUNIT_ASSERT_EQUAL(
        std::string("malformed percent-encoding in the form, or too many parameters"),
        detailOf(form));
  }

  void carriesHeadersAsMetadata() {
    WebRequest request;
    request.headers = {{"Host", "h"},
                       {"X-A", "1"},
                       {"Connection", "close"},
                       {"X-A", "2"},
                       {"Cookie", "c=d"},
                       {"Content-Type", "text/plain"},
                       {"Keep-Alive", "300"},
                       {"Authorization", "x"},
                       {"Connection", "close, x-hop"},
                       {"X-Hop", "1"},
                       {"Proxy-Connection", "x"},
                       {"X-Request-Id", "r1"},
                       {"Traceparent", "00-0af7-b7ad-01"},
                       {"Tracestate", "a=b"}};
    const Context context = callContext(request);
    std::string all;
    for (const auto& [name, value] : context.metadata()) {
      all.append(name).append("=").append(value).append(";");
    }
    CPPUNIT_ASSERT_EQUAL(std::string("X-A=1,2;Cookie=c=d;Authorization=x;X-Request-Id=r1;"
                                     "Traceparent=00-0af7-b7ad-01;Tracestate=a=b;"),
                         all);
    CPPUNIT_ASSERT_EQUAL(std::string("r1"), requestIdOf(context));
    CPPUNIT_ASSERT_EQUAL(std::size_t(36), requestIdOf(callContext({})).size());
  }

  void timeoutLimitsTheCall() {
    const auto limited = [](const char* text) {
      WebRequest request;
      request.headers = {{"Timeout", text}};
      return callContext(request).deadline().has_value();
    };
    CPPUNIT_ASSERT(limited("1000000"));
    for (const char* const text : {"", "0", "-1", "1s", "99999999999999999999"}) {
      CPPUNIT_ASSERT_MESSAGE(text, !limited(text));
    }
  }

  void grpcTimeoutLimitsTheCall() {
    const auto with = [](WebFields headers) {
      WebRequest request;
      request.headers = std::move(headers);
      return request;
    };
    const auto left = [&](WebFields headers) {
      const auto deadline = callContext(with(std::move(headers))).deadline();
      return deadline ? *deadline - EventLoop::now() : EventLoop::Clock::duration::max();
    };
    using namespace std::chrono_literals;
    CPPUNIT_ASSERT(left({{"Grpc-Timeout", "20M"}}) > 19min);
    CPPUNIT_ASSERT(left({{"Grpc-Timeout", "20M"}}) <= 20min);
    // The shorter one of both counts.
    CPPUNIT_ASSERT(left({{"Grpc-Timeout", "20M"}, {"Timeout", "60000000000"}}) <= 1min);
    CPPUNIT_ASSERT(left({{"Grpc-Timeout", "1S"}, {"Timeout", "60000000000"}}) <= 1s);
    CPPUNIT_ASSERT(!callContext(with({{"Grpc-Timeout", "1S"}})).metadata().has("Grpc-Timeout"));
    CPPUNIT_ASSERT(checkTimeout(with({}), "id").ok());
    CPPUNIT_ASSERT(checkTimeout(with({{"Grpc-Timeout", "99999999n"}}), "id").ok());
    for (const char* const bad : {"", "1", "S", "1s", "-1S", "999999999n", "1.5S"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(bad, "400 id invalid grpc-timeout: " + std::string(bad), [&] {
        const Status status = checkTimeout(with({{"Grpc-Timeout", bad}}), "id");
        return std::to_string(status.code()) + " " + status.id() + " " + status.detail();
      }());
    }
  }

  void handsTheWholeRequestToAService() {
    WebRequest request;
    request.method = "PUT";
    request.path = "/a b";
    request.query = "x=1&y=2&x=3";
    request.headers = {{"X-Forwarded-For", "10.0.0.1"}, {"X-A", "1"}, {"X-A", "2"}};
    request.body = "raw";
    request.peerAddress = "[::1]:80";
    Result<wire::Request> message = apiRequest(request);
    CPPUNIT_ASSERT(message.ok());
    CPPUNIT_ASSERT_EQUAL(std::string("PUT"), message->method());
    CPPUNIT_ASSERT_EQUAL(std::string("/a b"), message->path());
    CPPUNIT_ASSERT_EQUAL(std::string("x=1,3;y=2;"), text(message->get()));
    CPPUNIT_ASSERT_EQUAL(std::string("X-A=1,2;X-Forwarded-For=10.0.0.1, [::1];"),
                         text(message->header()));
    CPPUNIT_ASSERT_EQUAL(std::string("raw"), message->body());
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    request.body = "a=b+c&a=d";
    message = apiRequest(request);
    CPPUNIT_ASSERT_EQUAL(std::string("a=b c,d;"), text(message->post()));
    CPPUNIT_ASSERT_EQUAL(std::string(), message->body());
    request.headers[0].second = "Application/X-WWW-Form-URLEncoded ; charset=utf-8";
    CPPUNIT_ASSERT_EQUAL(std::string("a=b c,d;"), text(apiRequest(request)->post()));
    request.method = "DELETE";  // then a body is no form
    CPPUNIT_ASSERT_EQUAL(std::string("a=b+c&a=d"), apiRequest(request)->body());
    request.method = "POST";
    request.body = "a=%zz";
    CPPUNIT_ASSERT_EQUAL(std::string("Error parsing form: malformed percent-encoding in the body, "
                                     "or too many parameters"),
                         apiRequest(request).status().detail());
  }

  void bytesNeedNotBeText() {
    WebRequest request;
    request.body = std::string("\xff\x00\xfe", 3);
    const Result<wire::Request> message = apiRequest(request);
    std::string out;
    CPPUNIT_ASSERT(message->SerializeToString(&out));
    wire::Request again;
    CPPUNIT_ASSERT(again.ParseFromString(out));
    CPPUNIT_ASSERT_EQUAL(request.body, again.body());
  }

  void parametersAndPathMustBeText() {
    WebRequest request;
    request.query = "a=%c3%a9&b=%ff";
    const auto problem = [&request] {
      const Status status = apiRequest(request).status();
      return std::to_string(status.code()) + " " + status.detail();
    };
    CPPUNIT_ASSERT_EQUAL(std::string("400 parameter \"b\" in the query is not valid UTF-8"),
                         problem());
    request.query = "a=%c3%a9&%ff=x";
    CPPUNIT_ASSERT_EQUAL(std::string("400 the name of a parameter in the query is not valid UTF-8"),
                         problem());
    request.query = "a=%c3%a9";
    CPPUNIT_ASSERT(apiRequest(request).ok());
    request.method = "POST";
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    request.body = "b=%80";
    CPPUNIT_ASSERT_EQUAL(std::string("400 parameter \"b\" in the body is not valid UTF-8"),
                         problem());
    request.body = "b=%c2%80";
    CPPUNIT_ASSERT(apiRequest(request).ok());
    request.path = "/a/\xff";
    CPPUNIT_ASSERT_EQUAL(std::string("400 the path is not valid UTF-8"), problem());
  }

  // A cookie of another page, in whatever encoding, must not make the request unreadable.
  void headersAreText() {
    WebRequest request;
    request.headers = {
        {"Cookie", "a=\xe9\xff"}, {"X-Name", "\xc3\xa9"}, {"X-Forwarded-For", "\x80"}};
    request.peerAddress = "1.2.3.4:5";
    const Result<wire::Request> message = apiRequest(request);
    const auto value = [&message](int i) { return message->header(i).value().values(0); };
    CPPUNIT_ASSERT_EQUAL(std::string("a=\xc3\xa9\xc3\xbf"), value(0));
    CPPUNIT_ASSERT_EQUAL(std::string("\xc3\xa9"), value(1));
    CPPUNIT_ASSERT_EQUAL(std::string("\xc2\x80, 1.2.3.4"), value(2));
  }

  void makesJsonOfParameters() {
    Endpoint endpoint;
    endpoint.request = Value{"Request",
                             "Request",
                             {{"N", "int64", {}},
                              {"S", "string", {}},
                              {"L", "[]int32", {{"int32", "int32", {}}}},
                              {"B", "bool", {}}}};
    const auto made = [&endpoint](const char* query, const char* body = "",
                                  const char* type = "application/json") {
      WebRequest request;
      request.query = query;
      request.body = body;
      request.headers = {{"Content-Type", type}};
      const Result<JsonDocument> document = jsonRequest(request, &endpoint);
      return document.ok() ? document->text : document.status().detail();
    };
    CPPUNIT_ASSERT_EQUAL(std::string("{}"), made(""));
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"s":"12","n":12,"b":true})"), made("s=12&n=12&b=true"));
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"n":"1x"})"), made("n=1x"));
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"l":[1]})"), made("l=1"));
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"u":["1","2"],"l":[3,4]})"), made("u=1&l=3&u=2&l=4"));
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"n": 1})"), made("", R"({"n": 1})"));
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"n": 1})"),
                         made("", R"({"n": 1})", "APPLICATION/Json ; charset=utf-8"));
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"n":1,"s":"a"})"), made("s=a&n=2", R"({"n": 1})"));
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"s":1,"n":2})"), made("s=a&n=2", R"({"\u0073":1})"));
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"n":1,"s":"a\"b"})"),
                         made("s=no", "n=1&s=a%22b", "application/x-www-form-urlencoded"));
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"n":2})"),
                         made("", R"({"n":2})", "application/x-www-form-urlencoded"));
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"{n":"1"})"),
                         made("", "{n=1", "application/x-www-form-urlencoded"));
  }

  void namesWithDotsAreNested() {
    Endpoint endpoint;
    endpoint.request =
        Value{"Request", "Request", {{"A", "A", {{"N", "int64", {}}, {"B", "B", {}}}}}};
    const auto made = [&endpoint](const std::string& query, const char* body = "") {
      WebRequest request;
      request.query = query;
      request.body = body;
      const Result<JsonDocument> document = jsonRequest(request, &endpoint);
      return document.ok() ? document->text : document.status().detail();
    };
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"a":{"n":1,"b":{"x":"1","y":"2"}},"c":"3"})"),
                         made("a.n=1&a.b.x=1&c=3&a.b.y=2"));
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"a":{"x":["1","2"]}})"), made("a.x=1&a.x=2"));
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"a":7,"b":"1"})"), made("a.n=1&b=1", R"({"a":7})"));
    // At most 16 objects are nested.
    std::string dots;
    for (int i = 0; i < 30'000; ++i) dots += "a.";
    const std::string deep = made(dots + "z=1");
    CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t(17), std::count(deep.begin(), deep.end(), '{'));
  }

  // Described as services register themselves: with the names and types of Go.
  void servicesReadParametersOfEveryType() {
    using namespace test::mapping;
    const auto read = [](auto message, const std::string& query) {
      Endpoint endpoint;
      endpoint.request = detail::describe(*message.GetDescriptor());
      WebRequest request;
      request.query = query;
      const Result<JsonDocument> document = jsonRequest(request, &endpoint);
      CPPUNIT_ASSERT_MESSAGE(document.status().toString(), document.ok());
      const Status status = detail::readJson(document->text, "request", message);
      CPPUNIT_ASSERT_MESSAGE(document->text + ": " + status.toString(), status.ok());
      return document->text + " " + message.ShortDebugString();
    };
    CPPUNIT_ASSERT_EQUAL(
        std::string(R"({"d":0.5,"i32":-1,"u64":18446744073709551615,"flag":true,"text":"1",)"
                    R"("data":"YQ==","color":"RED","inner":{"label":"7","count":8}} )"
                    R"(d: 0.5 i32: -1 u64: 18446744073709551615 flag: true text: "1" data: "a" )"
                    R"(color: RED inner { label: "7" count: 8 })"),
        read(Scalars(),
             "d=0.5&i32=-1&u64=18446744073709551615&flag=true&text=1&data=YQ%3D%3D&color=RED&"
             "inner.label=7&inner.count=8"));
    CPPUNIT_ASSERT_EQUAL(
        std::string(R"({"d":[1],"i32":[2],"u64":[3],"flag":[true],"text":["4"],"data":["YQ=="],)"
                    R"("color":["BLUE"]} )"
                    R"(d: 1 i32: 2 u64: 3 flag: true text: "4" data: "a" color: BLUE)"),
        read(Lists(), "d=1&i32=2&u64=3&flag=true&text=4&data=YQ%3D%3D&color=BLUE"));
    CPPUNIT_ASSERT_EQUAL(
        std::string(R"({"display_name":"5","after":"x"} display_name: "5" after: "x")"),
        read(Choice(), "display_name=5&after=x"));
  }

  void bindsPathAndBody() {
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"x":"1"})"), made({{{"x", "1"}}, ""}, "", ""));
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"x":"1","y":"3"})"),
                         made({{{"x", "1"}}, ""}, "x=2&y=3", ""));
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"z":4,"x":"1"})"),
                         made({{{"x", "1"}}, "*"}, "", R"({"x":2,"z":4})"));
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"item":[1],"x":"1"})"),
                         made({{{"x", "1"}}, "item"}, "", "[1]"));
    CPPUNIT_ASSERT_EQUAL(std::string("the method takes no body"), made({{}, ""}, "", "{}"));
    CPPUNIT_ASSERT_EQUAL(std::string("the body is not JSON"), made({{}, "item"}, "", "{"));
  }

  // The standard update: PATCH /v1/{book.name=shelves/*/books/*} with the book as the body.
  void variablesOfThePathAreSetInTheBody() {
    const JsonBinding update{{{"book.name", "a/1"}}, "book"};
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"book":{"title":"T","name":"a/1"},"mask":"title"})"),
                         made(update, "mask=title", R"({"title":"T"})"));
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"book":{"title":"T","name":"a/1"}})"),
                         made(update, "book.title=no", R"({"name":"b/2","title":"T"})"));
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"book":{"author":"A","name":"a/1","title":"T"}})"),
                         made(update, "book.title=T", R"({"author":"A"})"));
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"book":{"name":"a/1"}})"), made(update, "", ""));
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"book":{"name":"a/1"}})"), made(update, "", "null"));
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"x":1,"book":{"t":2,"name":"a/1"}})"),
                         made({{{"book.name", "a/1"}}, "*"}, "", R"({"x":1,"book":{"t":2}})"));
    CPPUNIT_ASSERT_EQUAL(
        std::string(R"({"a":{"b":{"x":1,"c":"2","d":"3"},"y":4}})"),
        made({{{"a.b.c", "2"}, {"a.b.d", "3"}}, "*"}, "", R"({"a":{"b":{"x":1},"y":4}})"));
    for (const char* const other : {"7", "\"x\"", "[{}]", "true"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(
          other, std::string("the body: book must be an object, for the path sets a field of it"),
          made(update, "", other));
    }
    // Of an object that comes twice, the last counts: the path must be in both.
    CPPUNIT_ASSERT_EQUAL(
        std::string(R"({"book":{"t":1,"name":"a/1"},"book":{"t":2,"name":"a/1"}})"),
        made({{{"book.name", "a/1"}}, "*"}, "", R"({"book":{"t":1},"book":{"t":2}})"));
    // A body may be as deep as JSON may, less the message around it.
    const auto deep = [](std::size_t depth) {
      return std::string(depth, '[') + std::string(depth, ']');
    };
    CPPUNIT_ASSERT_EQUAL(R"({"item":)" + deep(255) + R"(,"x":"1"})",
                         made({{{"x", "1"}}, "item"}, "", deep(255).c_str()));
    CPPUNIT_ASSERT_EQUAL(std::size_t(0),
                         made({{{"x", "1"}}, "item"}, "", deep(256).c_str()).find("the body: "));
  }

  // Services take a name in any of these forms, so each must give way to the path.
  void thePathIsNotOverridden() {
    const JsonBinding bound{{{"user_id", "1"}}, "*"};
    for (const char* const name : {"user_id", "userId", "UserID", "USER_ID", "userid"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, std::string(R"({"user_id":"1"})"),
                                   made(bound, (std::string(name) + "=2").c_str(), ""));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(
          name, std::string(R"({"x":3,"user_id":"1"})"),
          made(bound, "", ("{\"" + std::string(name) + "\":2,\"x\":3}").c_str()));
    }
    const JsonBinding nested{{{"the_user.id", "1"}}, "*"};
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"theUser":{"a":2,"id":"1"}})"),
                         made(nested, "TheUser.Id=3", R"({"theUser":{"a":2,"ID":4}})"));
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"the_user":{"id":"1"}})"),
                         made(nested, "theUser=3", R"({"theUser":null})"));
    // The body gives way to nothing else.
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"theUser":{"a":2}})"),
                         made({{}, "*"}, "the_user.a=3", R"({"theUser":{"a":2}})"));
  }

  void sendsAPartOfTheReply() {
    Endpoint endpoint;
    endpoint.response = detail::describe(*test::mapping::Scalars::descriptor());
    const auto sent = [&endpoint](const char* field, const char* reply) {
      return std::string(ReplyPart(field, &endpoint).of(reply));
    };
    CPPUNIT_ASSERT_EQUAL(std::string(R"( {"d":1})"), sent("", R"( {"d":1})"));
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"label": "x"})"),
                         sent("inner", R"({"text":"inner","inner": {"label": "x"} ,"d":1})"));
    CPPUNIT_ASSERT_EQUAL(std::string("2"), sent("fx32", R"({"Fx32":2})"));
    // What is left out has its default.
    const char* const defaults[][2] = {{"d", "0"},        {"i32", "0"},      {"u64", "0"},
                                       {"flag", "false"}, {"text", "\"\""},  {"data", "\"\""},
                                       {"inner", "null"}, {"color", "null"}, {"other", "null"}};
    for (const auto& [field, value] : defaults) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(field, std::string(value), sent(field, "{}"));
    }
    endpoint.response = detail::describe(*test::mapping::Lists::descriptor());
    CPPUNIT_ASSERT_EQUAL(std::string("[]"), sent("items", "{}"));
    CPPUNIT_ASSERT_EQUAL(std::string("[]"), sent("data", "{}"));
    CPPUNIT_ASSERT_EQUAL(std::string("null"), std::string(ReplyPart("d", nullptr).of("{}")));
    CPPUNIT_ASSERT_EQUAL(std::string("null"), std::string(ReplyPart("d", nullptr).of("[1]")));
  }

  // Millions of names, each looked for among all before it, stopped the gateway for minutes.
  void readsAsManyParametersAsAreAllowed() {
    WebRequest request;
    request.method = "POST";
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    for (std::size_t i = 0; i < detail::UrlQuery::kMostParameters; ++i) {
      request.body += (i > 0 ? "&k" : "k") + std::to_string(i) + "=1";
    }
    CPPUNIT_ASSERT_EQUAL(10'000, apiRequest(request)->post_size());
    const std::string json = jsonRequest(request, nullptr)->text;
    CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t{9'999}, std::count(json.begin(), json.end(), ','));
    request.body += "&";
    CPPUNIT_ASSERT_EQUAL(500, apiRequest(request).status().code());
    CPPUNIT_ASSERT_EQUAL(400, jsonRequest(request, nullptr).status().code());
    CPPUNIT_ASSERT_EQUAL(400, readRpcRequest(request).status().code());
  }

  void saysWhatIsWrongWithAJsonRequest() {
    const auto wrong = [](int code, const char* body, const char* type, const char* query = "") {
      WebRequest request;
      request.query = query;
      request.body = body;
      request.headers = {{"Content-Type", type}};
      const Status status = jsonRequest(request, nullptr).status();
      CPPUNIT_ASSERT_EQUAL_MESSAGE(body, code, status.code());
      CPPUNIT_ASSERT_EQUAL(std::string(), status.id());
    };
    wrong(400, "[1]", "application/json");
    wrong(400, "{\"a\":1} x", "application/json");
    wrong(400, "{\"a\":", "application/json; charset=utf-8");
    wrong(415, "<a/>", "text/xml");
    wrong(400, "", "", "a=%");
    wrong(400, "a=%", "application/x-www-form-urlencoded");
  }

 private:
  static WebRequest json(const std::string& body) {
    WebRequest request;
    request.headers = {{"Content-Type", "application/json; charset=UTF-8"}};
    request.body = body;
    return request;
  }

  static std::string made(const JsonBinding& binding, const char* query, const char* body) {
    WebRequest request;
    request.query = query;
    request.body = body;
    const Result<JsonDocument> document = jsonRequest(request, nullptr, binding);
    return document.ok() ? document->text : document.status().detail();
  }

  template <typename Entries>
  static std::string text(const Entries& entries) {
    std::string all;
    for (const wire::Entry& entry : entries) {
      CPPUNIT_ASSERT_EQUAL(entry.key(), entry.value().key());
      all += entry.key() + "=";
      for (int i = 0; i < entry.value().values_size(); ++i) {
        all += (i > 0 ? "," : "") + entry.value().values(i);
      }
      all += ";";
    }
    return all;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(GatewayRequestTest);

}  // namespace evmicro

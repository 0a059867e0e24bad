// The example services that call APIs on the web, against a server that plays recorded answers and
// notes what it was asked.
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>
#include <unistd.h>

#include "integration/greeter_process.h"
#include "integration/json_caller.h"
#include "support/agent_process.h"
#include "support/http_get.h"
#include "support/ports.h"
#include "support/prometheus_page.h"
#include "support/scripted_server.h"
#include "support/turn_until.h"

namespace evmicro {

class WebServicesTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(WebServicesTest);
  CPPUNIT_TEST(geocode);
  CPPUNIT_TEST(geocodeFailures);
  CPPUNIT_TEST(hailo);
  CPPUNIT_TEST(coordinatesAreOnEarth);
  CPPUNIT_TEST(slack);
  CPPUNIT_TEST(slackAnswers);
  CPPUNIT_TEST(slackConversations);
  CPPUNIT_TEST(twitter);
  CPPUNIT_TEST(twitterFailures);
  CPPUNIT_TEST(requestsAreMeasured);
  CPPUNIT_TEST(requestsAreLimited);
  CPPUNIT_TEST(baseAddressesAreChecked);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    agent_ = std::make_unique<test::AgentProcess>();
    caller_ = std::make_unique<test::JsonCaller>();
    web_ = std::make_unique<test::ScriptedServer>(caller_->loop(), [this](const auto&) {
      return isSilent_ ? test::ScriptedServer::Reply()
                       : test::ScriptedServer::reply(status_, body_, headers_);
    });
  }
  void tearDown() override {
    service_.reset();
    web_.reset();
    caller_.reset();
    agent_.reset();
  }

  void geocode() {
    start("geocode_srv", "--google_url", {"--google_api_key", "k&y"});
    body_ = R"({"results":[{"address_components":[{"long_name":"1600","short_name":"1600",)"
            R"("types":["street_number"]}],"formatted_address":"1600 Amphitheatre Pkwy",)"
            R"("geometry":{"location":{"lat":37.4223607,"lng":-122.0841964},)"
            R"("location_type":"ROOFTOP","viewport":{"northeast":{"lat":37.5,"lng":-122},)"
            R"("southwest":{"lat":37,"lng":-122.5}}},"place_id":"P","partial_match":true,)"
            R"("types":["street_address"],"new":1}],"status":"OK"})";
    const std::string results =
        R"({"results":[{"address_components":[{"long_name":"1600","short_name":"1600",)"
        R"("types":["street_number"]}],"formatted_address":"1600 Amphitheatre Pkwy",)"
        R"("geometry":{"location":{"lat":37.4223607,"lng":-122.0841964},)"
        R"("location_type":"ROOFTOP","viewport":{"northeast":{"lat":37.5,"lng":-122},)"
        R"("southwest":{"lat":37,"lng":-122.5}},"partial_match":true,"place_id":"P",)"
        R"("types":["street_address"]}}],"status":"OK"})";
    expect(results, call("Google.Geocode",
                         R"({"address":"1600 Parkway","language":"en","region":"us",)"
                         R"("components":{"country":"US","a":"b"},)"
                         R"("bounds":{"northeast":{"lat":2,"lng":1},"southwest":{"lat":-1}}})"));
    expectAsked(
        "GET /maps/api/geocode/json?address=1600+Parkway&bounds=-1.000000%2C0.000000%7C2.000000"
        "%2C1.000000&components=a%3Ab%7Ccountry%3AUS&key=k%26y&language=en&region=us");
    expect(results, call("Google.ReverseGeocode",
                         R"({"latlng":{"lat":1.5,"lng":-2},"place_id":"p","placeID":"q",)"
                         R"("result_type":["a","b"],"location_type":["c"]})"));
    expectAsked(
        "GET /maps/api/geocode/json?key=k%26y&latlng=1.500000%2C-2.000000&location_type=c"
        "&placeID=q&place_id=p&result_type=a%7Cb");
    body_ = R"({"results":[null,{"place_id":"P"},[],{"place_id":"Q"}]})";
    expect(R"({"results":[{"geometry":{"place_id":"P"}},{"geometry":{"place_id":"Q"}}]})",
           call("Google.Geocode", "{}"));
    // As Go's decoder takes it.
    body_ =
        "\xef\xbb\xbf{\"results\":[{\"formatted_address\":\"\\ud83d \\ud83d\\ude00 \\u0000 \xe9 "
        "\xc3\xa9"
        " \\\\ud83d \\\" 1e999\",\"place_id\":\"P\",\"n\":1e999}],\"m\":[123456789012345678901]}";
    expect(
        "{\"results\":[{\"formatted_address\":\"\xef\xbf\xbd \xf0\x9f\x98\x80 \xef\xbf\xbd "
        "\xef\xbf\xbd "
        "\xc3\xa9 \\\\ud83d \\\" 1e999\",\"geometry\":{\"place_id\":\"P\"}}]}",
        call("Google.Geocode", "{}"));
    body_ = R"({"error_message":"no","results":[],"status":"REQUEST_DENIED"})";
    expect(R"({"status":"REQUEST_DENIED","error_message":"no"})", call("Google.Geocode", "{}"));
  }

  void geocodeFailures() {
    start("geocode_srv", "--google_url", {});
    status_ = 502;
    body_ = "<html>";
    expect(
        "500 go.micro.srv.geocode.Google.Geocode "
        "the API answered 502 with something that is not JSON",
        call("Google.Geocode", "{}"));
    const std::size_t asked = web_->requests().size();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, asked);
    web_.reset();
    const std::string answer = call("Google.ReverseGeocode", "{}");
    CPPUNIT_ASSERT_MESSAGE(answer,
                           answer.rfind("500 go.micro.srv.geocode.Google.ReverseGeocode ", 0) == 0);
    CPPUNIT_ASSERT_MESSAGE(answer, answer.find("refused") != std::string::npos);
  }

  void hailo() {
    start("hailo_srv", "--hailo_url", {"--api_token", "secret"});
    body_ = R"({"etas":[{"eta":3,"count":"15","service_type":"regular"}]})";
    expect(R"({"etas":[{"eta":3,"count":15,"service_type":"regular"}]})",
           call("Drivers.Eta", R"({"latitude":51.51076149,"longitude":-0.1174437})"));
    expectAsked("GET /drivers/eta?latitude=51.510761&longitude=-0.117444");
    CPPUNIT_ASSERT_EQUAL(std::string("token secret"),
                         web_->requests().back().header("Authorization"));
    body_ = R"({"drivers":[{"latitude":51.5115966796875,"longitude":-0.1189914345741272,)"
            R"("service_type":"regular"}]})";
    expect(body_, call("Drivers.Near", R"({"latitude":1})"));
    expectAsked("GET /drivers/near?latitude=1.000000&longitude=0.000000");
    expect(R"({"status":"OK"})", call("Api.Status", "{}"));
    expectAsked("GET /status/up");
    body_ = "[]";
    expect("500 go.micro.srv.hailo the answer is not JSON", call("Drivers.Eta", "{}"));
    status_ = 403;
    expect(R"({"status":"Forbidden"})", call("Auth.Test", "{}"));
    expectAsked("GET /drivers/near?latitude=51.510761&longitude=-0.1174437");
    expect("403 go.micro.srv.hailo 403 Forbidden", call("Drivers.Near", "{}"));
    status_ = 503;
    expect("500 go.micro.srv.hailo 503 Service Unavailable", call("Drivers.Near", "{}"));
    CPPUNIT_ASSERT(service_->process().running());
    const std::string printed = service_->process().report();
    const auto command = printed.find("secret");  // where it was given
    CPPUNIT_ASSERT_EQUAL(std::string::npos, printed.find("secret", command + 1));
  }

  // Every method: what it is called there, and what is sent.
  void coordinatesAreOnEarth() {
    const std::string wrong = " latitude must be within -90 and 90, longitude within -180 and 180";
    start("hailo_srv", "--hailo_url", {});
    for (const char* where : {R"({"latitude":90.1})", R"({"latitude":"NaN"})",
                              R"({"longitude":-180.1})", R"({"longitude":"Infinity"})"}) {
      expect("400 go.micro.srv.hailo" + wrong, call("Drivers.Near", where));
    }
    CPPUNIT_ASSERT(web_->requests().empty());
    body_ = "{}";
    expect("{}", call("Drivers.Near", R"({"latitude":90,"longitude":-180})"));
    start("geocode_srv", "--google_url", {});
    expect("400 go.micro.srv.geocode.Google.ReverseGeocode" + wrong,
           call("Google.ReverseGeocode", R"({"latlng":{"lat":"NaN"}})"));
    for (const char* corner : {"northeast", "southwest"}) {
      expect(
          "400 go.micro.srv.geocode.Google.Geocode" + wrong,
          call("Google.Geocode", std::string(R"({"bounds":{")") + corner + R"(":{"lng":181}}})"));
    }
    if (!startTwitter()) return;
    expect("400 go.micro.srv.twitter.Api.Tweet" + wrong,
           call("Api.Tweet", R"({"status":"a","lat_lng":{"lat":91}})"));
  }

  void slack() {
    start("slack_srv", "--slack_url", {"--api_token", "T"});
    body_ = R"({"ok":true})";
    const std::string history =
        R"({"channel":"C","latest":2.5,"oldest":1,"inclusive":1,"count":3,"unreads":2})";
    const std::string reaction = R"({"name":"n","file":"F","channel":"C","timestamp":1.5})";
    const struct {
      const char* method;
      std::string request;
      const char* path;
      const char* form;
    } rows[] = {
        {"Api.Test", R"({"error":"e","args":{"a":"b"}})", "api.test", "a=b&error=e"},
        {"Auth.Test", "{}", "auth.test", "token=T"},
        {"Channels.History", history, "channels.history",
         "channel=C&count=3&inclusive=1&latest=2.500000&oldest=1.000000&token=T&unreads=2"},
        {"Channels.History", R"({"channel":"C"})", "channels.history", "channel=C&token=T"},
        {"Channels.Info", R"({"channel":"C"})", "channels.info", "channel=C&token=T"},
        {"Channels.List", R"({"exclude_archived":1})", "channels.list",
         "exclude_archived=1&token=T"},
        {"Channels.Mark", R"({"channel":"C","ts":1417671948.000006})", "channels.mark",
         "channel=C&token=T&ts=1417671948.000006"},
        {"Channels.SetPurpose", R"({"channel":"C","purpose":"p"})", "channels.setPurpose",
         "channel=C&purpose=p&token=T"},
        {"Channels.SetTopic", R"({"channel":"C","topic":"t"})", "channels.setTopic",
         "channel=C&token=T&topic=t"},
        {"Chat.Delete", R"({"channel":"C","ts":1})", "chat.delete",
         "channel=C&token=T&ts=1.000000"},
        {"Chat.PostMessage", R"({"channel":"C","text":"hi there","link_names":1})",
         "chat.postMessage",
         "as_user=false&attachments=&channel=C&icon_emoji=&icon_url=&link_names=1&parse="
         "&text=hi+there&token=T&unfurl_links=false&unfurl_media=false&username="},
        {"Chat.Update", R"({"channel":"C","text":"x","ts":1})", "chat.update",
         "attachments=&channel=C&parse=&text=x&token=T&ts=1.000000"},
        {"Emoji.List", "{}", "emoji.list", "token=T"},
        {"Groups.Close", R"({"channel":"G"})", "groups.close", "channel=G&token=T"},
        {"Groups.History", R"({"channel":"G","unreads":5})", "groups.history",
         "channel=G&latest=0.000000&oldest=0.000000&token=T&unreads=1"},
        {"Groups.Info", R"({"channel":"G"})", "groups.info", "channel=G&token=T"},
        {"Groups.List", "{}", "groups.list", "token=T"},
        {"Groups.Mark", R"({"channel":"G"})", "groups.mark", "channel=G&token=T"},
        {"Groups.Open", R"({"channel":"G"})", "groups.open", "channel=G&token=T"},
        {"Groups.SetPurpose", R"({"channel":"G","purpose":"p"})", "groups.setPurpose",
         "channel=G&purpose=p&token=T"},
        {"Groups.SetTopic", R"({"channel":"G","topic":"t"})", "groups.setTopic",
         "channel=G&token=T&topic=t"},
        {"IM.Close", R"({"channel":"D"})", "im.close", "channel=D&token=T"},
        {"IM.History", history, "im.history",
         "channel=C&count=3&inclusive=1&latest=2.500000&oldest=1.000000&token=T&unreads=2"},
        {"IM.List", "{}", "im.list", "token=T"},
        {"IM.Mark", R"({"channel":"D","ts":2})", "im.mark", "channel=D&token=T&ts=2.000000"},
        {"IM.Open", R"({"user":"U"})", "im.open", "token=T&user=U"},
        {"Reactions.Add", reaction, "reactions.add",
         "channel=C&file=F&file_comment=&name=n&timestamp=1.500000&token=T"},
        {"Reactions.Get", R"({"channel":"C","full":true})", "reactions.get",
         "channel=C&file=&file_comment=&full=true&token=T"},
        {"Reactions.List", R"({"user":"U","count":2,"page":3})", "reactions.list",
         "count=2&page=3&token=T&user=U"},
        {"Reactions.Remove", reaction, "reactions.remove",
         "channel=C&file=F&file_comment=&name=n&timestamp=1.500000&token=T"},
        {"Rtm.Start", R"({"no_unreads":true})", "rtm.start",
         "mpim_aware=false&no_unreads=true&simple_latest=false&token=T"},
        {"Team.Info", "{}", "team.info", "token=T"},
        {"Users.GetPresence", R"({"user":"U"})", "users.getPresence", "token=T&user=U"},
        {"Users.Info", R"({"user":"U"})", "users.info", "token=T&user=U"},
        {"Users.List", R"({"presence":1})", "users.list", "presence=1&token=T"},
        {"Users.SetPresence", R"({"presence":"away"})", "users.setPresence",
         "presence=away&token=T"},
    };
    for (const auto& row : rows) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.method, std::string(R"({"ok":true})"),
                                   call(row.method, row.request));
      expectAsked(std::string("POST /api/") + row.path);
      CPPUNIT_ASSERT_EQUAL(std::string(row.form), web_->requests().back().body);
    }
  }

  void slackConversations() {
    start("slack_srv", "--slack_url", {"--api_token", "T", "--slack_conversations"});
    const struct {
      const char* method;
      const char* request;
      const char* verb;
      const char* form;
      const char* answer;
      const char* reply;
    } rows[] = {
        {"Channels.History", R"({"channel":"C","latest":2,"count":3,"unreads":1})", "history",
         "channel=C&latest=2.000000&limit=3&token=T", R"({"ok":true,"has_more":true})",
         R"({"ok":true,"has_more":true})"},
        {"Channels.List", R"({"exclude_archived":1})", "list",
         "exclude_archived=1&token=T&types=public_channel",
         R"({"ok":true,"channels":[{"id":"C"}]})", R"({"ok":true,"channels":[{"id":"C"}]})"},
        {"Channels.SetTopic", R"({"channel":"C","topic":"t"})", "setTopic",
         "channel=C&token=T&topic=t", R"({"ok":true,"channel":{"topic":{"value":"t"}}})",
         R"({"ok":true,"topic":"t"})"},
        {"Groups.SetPurpose", R"({"channel":"G","purpose":"p"})", "setPurpose",
         "channel=G&purpose=p&token=T", R"({"ok":true,"channel":{"purpose":{"value":"p"}}})",
         R"({"ok":true,"purpose":"p"})"},
        {"Groups.List", "{}", "list", "token=T&types=private_channel",
         R"({"ok":true,"channels":[{"id":"G"}]})", R"({"ok":true,"groups":[{"id":"G"}]})"},
        {"Groups.Info", R"({"channel":"G"})", "info", "channel=G&token=T",
         R"({"ok":true,"channel":{"id":"G"}})", R"({"ok":true,"group":{"id":"G"}})"},
        {"Groups.Open", R"({"channel":"G"})", "open", "channel=G&token=T",
         R"({"ok":true,"already_open":true})", R"({"ok":true,"already_open":true})"},
        {"IM.List", "{}", "list", "token=T&types=im", R"({"ok":true,"channels":[{"id":"D"}]})",
         R"({"ok":true,"ims":[{"id":"D"}]})"},
        {"IM.Open", R"({"user":"U"})", "open", "token=T&users=U",
         R"({"ok":true,"channel":{"id":"D"}})", R"({"ok":true,"channel":{"id":"D"}})"},
        {"IM.Close", R"({"channel":"D"})", "close", "channel=D&token=T",
         R"({"ok":false,"error":"x"})", R"({"error":"x"})"},
    };
    for (const auto& row : rows) {
      body_ = row.answer;
      expect(row.reply, call(row.method, row.request));
      expectAsked("POST /api/conversations." + std::string(row.verb));
      CPPUNIT_ASSERT_EQUAL(std::string(row.form), web_->requests().back().body);
    }
    body_ = R"({"ok":true})";
    expect(body_, call("Auth.Test", "{}"));
    expectAsked("POST /api/auth.test");
    body_ = "null";
    CPPUNIT_ASSERT(call("IM.List", "{}").find("not JSON") != std::string::npos);
  }

  void slackAnswers() {
    start("slack_srv", "--slack_url", {});
    body_ = R"({"ok":false,"error":"invalid_auth"})";
    expect(R"({"error":"invalid_auth"})", call("Auth.Test", "{}"));
    body_ = R"({"ok":true,"groups":[{"id":"G","is_group":true,"creator":"U1","created":"12",)"
            R"("last_read":"1.5","members":["U1",{"odd":1}],"topic":{"value":"v","last_set":0}}]})";
    expect(R"({"ok":true,"groups":[{"id":"G","is_group":"true","created":12,"members":["U1"],)"
           R"("topic":{"value":"v"},"last_read":"1.5"}]})",
           call("Groups.List", "{}"));
    status_ = 503;
    body_ = "busy";
    expect("500 go.micro.srv.slack the API answered 503 with something that is not JSON",
           call("Team.Info", "{}"));
  }

  void twitter() {
    if (!startTwitter()) return;
    body_ = R"({"created_at":"Fri Dec 25 01:20:51 +0000 2015","id":680196475473784833,)"
            R"("id_str":"680196475473784833","place":{"bounding_box":{"coordinates":)"
            R"([[[1.0,2.0]]],"type":"Polygon"}},"text":"hi","user":{"id":3751898902,)"
            R"("screen_name":"_asl_am"}})";
    expect(R"({"created_at":"Fri Dec 25 01:20:51 +0000 2015","id":680196475473784833,)"
           R"("id_str":"680196475473784833","place":{"bounding_box":{"type":"Polygon"}},)"
           R"("text":"hi","user":{"id":3751898902,"screen_name":"_asl_am"}})",
           call("Api.Tweet",
                R"({"status":"a+b é","in_reply_to_status_id":7,"possibly_sensitive":true,)"
                R"("lat_lng":{"lat":1.5,"lng":-2},"place_id":"p","display_coordinates":true,)"
                R"("trim_user":true,"media_ids":[1,2]})"));
    expectAsked("POST /1.1/statuses/update.json");
    const auto& asked = web_->requests().back();
    CPPUNIT_ASSERT_EQUAL(
        std::string("display_coordinates=true&in_reply_to_status_id=7&lat=1.500000&long=-2.000000"
                    "&media_ids=1%2C2&place_id=p&possibly_sensitive=true&status=a%2Bb+%C3%A9"
                    "&trim_user=true"),
        asked.body);
    const std::string header = asked.header("Authorization");
    CPPUNIT_ASSERT_MESSAGE(header, header.rfind("OAuth oauth_consumer_key=\"CK\", ", 0) == 0);
    CPPUNIT_ASSERT_MESSAGE(header, header.find("oauth_token=\"AT\"") != std::string::npos);
    call("Api.Tweet", R"({"status":"a"})");
    CPPUNIT_ASSERT(header != web_->requests().back().header("Authorization"));
  }

  void twitterFailures() {
    if (!startTwitter()) return;
    const std::string id = " go.micro.srv.twitter.Api.Tweet ";
    expect("400" + id + "Status cannot be blank", call("Api.Tweet", "{}"));
    std::string longest;
    for (int i = 0; i < 140; ++i) longest += "é";
    expect("{}", call("Api.Tweet", R"({"status":")" + longest + "\"}"));
    expect("400" + id + "Status cannot be longer than 140 chars",
           call("Api.Tweet", R"({"status":")" + longest + "e\"}"));
    const auto tweet = [this] { return call("Api.Tweet", R"({"status":"a"})"); };
    status_ = 403;
    body_ = R"({"errors":[{"code":187,"message":"Status is a duplicate."}]})";
    expect("500" + id + "Get http://" + web_->address() +
               "/1.1/statuses/update.json returned status 403, " + body_,
           tweet());
    status_ = 429;
    headers_ = "X-Rate-Limit-Reset: 1450000000\r\n";
    expect("429" + id + "rate limit exceeded; it ends at Unix time 1450000000", tweet());
    status_ = 200;
    body_ = "<html>";
    expect("500" + id + "tweeted, but the answer is not JSON", tweet());
  }

  // A request with its secrets must not go to what a slip of the pen makes of an address.
  void requestsAreMeasured() {
    start("hailo_srv", "--hailo_url", {});
    for (const int status : {200, 200, 403, 503}) {
      status_ = status;
      call("Drivers.Near", "{}");
    }
    expectMetrics({{"web_api_requests_total{status=\"2xx\"}", 2},
                   {"web_api_requests_total{status=\"4xx\"}", 1},
                   {"web_api_requests_total{status=\"5xx\"}", 1},
                   {"web_api_request_duration_seconds_count", 4},
                   {"web_api_requests_running", 0},
                   {"web_api_repetitions_total", 0}});
    web_.reset();
    // The first may find that its connection has been closed, the second finds no server.
    call("Drivers.Near", "{}");
    call("Drivers.Near", "{}");
    expectMetrics({{"web_api_requests_total{status=\"none\"}", 2}});
    CPPUNIT_ASSERT(metrics().at("web_api_repetitions_total") >= 1);
  }

  // An API that does not answer.
  void requestsAreLimited() {
    start("hailo_srv", "--hailo_url", {});
    isSilent_ = true;
    constexpr int kMost = 256;
    int refused = 0;
    int ended = 0;
    for (int i = 0; i <= kMost; ++i) {
      caller_->begin(service_->address(), "Drivers.Near", "{}", [&](const std::string& answer) {
        ++ended;
        if (answer.rfind("429 go.micro.srv.hailo too many requests wait", 0) == 0) ++refused;
      });
    }
    CPPUNIT_ASSERT(test::turnUntil(caller_->loop(), [&] { return ended > 0; }));
    CPPUNIT_ASSERT_EQUAL(1, ended);
    CPPUNIT_ASSERT_EQUAL(1, refused);
    expectMetrics({{"web_api_requests_running", kMost}, {"web_api_requests_refused_total", 1}});
  }

  void baseAddressesAreChecked() {
    for (const char* url :
         {"api.example", "ftp://h", "https://", "https:///x", "http://h:65536", "http://h?hush=1",
          "http://h#x", "http://h x", "http://h:", "http:/h", "http://[::1"}) {
      const test::Finished end =
          test::run({TEST_BUILD_DIR "/examples/slack_srv", "--slack_url", url});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(url, 2, end.code);
      CPPUNIT_ASSERT_EQUAL(
          std::string("slack_srv: --slack_url: expected http://HOST or https://HOST\n"), end.err);
    }
    for (const char* program : {"geocode_srv --google_url", "hailo_srv --hailo_url",
                                "place_srv --google_url", "twitter_srv --twitter_url"}) {
      const std::string words = program;
      const std::string name = words.substr(0, words.find(' '));
      if (::access((TEST_BUILD_DIR "/examples/" + name).c_str(), X_OK) != 0) continue;
      const std::string flag = words.substr(words.find(' ') + 1);
      const test::Finished end = test::run({TEST_BUILD_DIR "/examples/" + name, flag, "h:1"});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(words, 2, end.code);
      CPPUNIT_ASSERT_MESSAGE(end.err, end.err.find(name + ": " + flag + ": ") == 0);
    }
    service_ = std::make_unique<test::ServiceProcess>(
        "slack_srv", agent_->address(),
        std::vector<std::string>{"--slack_url", "HTTP://" + web_->address() + "/base//"});
    body_ = R"({"ok":true})";
    expect(body_, call("Auth.Test", "{}"));
    expectAsked("POST /base/api/auth.test");
  }

 private:
  // False: built without TLS, whose library signs.
  bool startTwitter() {
    if (::access(TEST_BUILD_DIR "/examples/twitter_srv", X_OK) != 0) return false;
    start("twitter_srv", "--twitter_url",
          {"--consumer_key", "CK", "--consumer_secret", "CS", "--access_token", "AT",
           "--access_token_secret", "AS"});
    return true;
  }
  void start(const std::string& program, const std::string& flag, std::vector<std::string> more) {
    more.insert(more.end(), {flag, "http://" + web_->address()});
    service_ = std::make_unique<test::ServiceProcess>(program, agent_->address(), more);
  }

  // The reply, or `code id detail`.
  std::string call(const std::string& method, const std::string& request) {
    return caller_->call(service_->address(), method, request);
  }
  static void expect(const std::string& expected, const std::string& answer) {
    CPPUNIT_ASSERT_EQUAL(expected, answer);
  }
  test::PrometheusPage metrics() const {
    const auto answer = test::httpGet(service_->address(), "/metrics");
    CPPUNIT_ASSERT(answer && answer->status == 200);
    return test::PrometheusPage(answer->body);
  }
  void expectMetrics(const std::map<std::string, double>& expected) const {
    const test::PrometheusPage page = metrics();
    for (const auto& [name, value] : expected) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, value, page.at(name));
    }
  }
  void expectAsked(const std::string& expected) const {
    const auto& last = web_->requests().back();
    CPPUNIT_ASSERT_EQUAL(expected, last.method + " " + last.target);
  }

  int status_ = 200;
  bool isSilent_ = false;
  std::string body_ = "{}";
  std::string headers_;
  std::unique_ptr<test::AgentProcess> agent_;
  std::unique_ptr<test::JsonCaller> caller_;
  std::unique_ptr<test::ScriptedServer> web_;
  std::unique_ptr<test::ServiceProcess> service_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(WebServicesTest);

}  // namespace evmicro

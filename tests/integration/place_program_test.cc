// place_srv as a process; its API on the web is played by the test.
#include <memory>
#include <string>

#include <cppunit/extensions/HelperMacros.h>

#include "integration/greeter_process.h"
#include "integration/json_caller.h"
#include "support/agent_process.h"
#include "support/process.h"
#include "support/scripted_server.h"
#include "support/temporary_folder.h"

namespace evmicro {

namespace {

constexpr char kNotOnEarth[] = " latitude must be within -90 and 90, longitude within -180 and 180";

}  // namespace

class PlaceProgramTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PlaceProgramTest);
  CPPUNIT_TEST(placesAreStored);
  CPPUNIT_TEST(placesAreFound);
  CPPUNIT_TEST(wrongCalls);
  CPPUNIT_TEST(google);
  CPPUNIT_TEST(refusesAFileThatIsNone);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    agent_ = std::make_unique<test::AgentProcess>();
    folder_ = std::make_unique<test::TemporaryFolder>();
    caller_ = std::make_unique<test::JsonCaller>();
    web_ = std::make_unique<test::ScriptedServer>(
        caller_->loop(), [this](const auto&) { return test::ScriptedServer::reply(200, body_); });
    start();
  }
  void tearDown() override {
    service_.reset();
    web_.reset();
    caller_.reset();
    folder_.reset();
    agent_.reset();
  }

  void placesAreStored() {
    const std::string place =
        R"({"place":{"id":"1","name":"Yo!","location":{"lat":51.5,"lng":-0.1},"iata":"LON",)"
        R"("address":"Here 1","phone":"+44","description":"\"raw\"","tags":["sushi","bar"]}})";
    expect("{}", call("Create", place));
    expect(place, call("Read", R"({"id":"1"})"));
    // It survives the service, and Update replaces everything.
    start();
    expect(place, call("Read", R"({"id":"1"})"));
    expect("{}", call("Update", R"({"place":{"id":"1","name":"Other"}})"));
    expect(R"({"place":{"id":"1","name":"Other"}})", call("Read", R"({"id":"1"})"));
    expect("{}", call("Delete", R"({"id":"1"})"));
    expect("{}", call("Delete", R"({"id":"1"})"));
    expect("404 go.micro.srv.place.Locate.Read record not found", call("Read", R"({"id":"1"})"));
  }

  void placesAreFound() {
    add("1", "Yo Sushi", "LON", "sushi");
    add("2", "Sushi Bar", "NYC", "sushi");
    add("3", "The Pub", "LON", "beer");
    expectFound("12", "sushi");
    expectFound("12", "tags: sushi");
    expectFound("1", "tags: sushi AND iata: LON");
    expectFound("13", "iata: lon");
    expectFound("3", "iata: LON AND NOT sushi");
    expectFound("123", "yo OR bar OR pub");
    expectFound("2", "\"sushi bar\"");
    expectFound("12", "sus*");
    expectFound("", "nothing");
    expectFound("123", "");
    expectFound("123", "*");
    expectIn("\"id\":\"2\"", call("Search", R"({"query":"*","limit":1,"offset":1})"));
    expect("{}", call("Search", R"({"query":"*","limit":1,"offset":3})"));
    // What changes or goes is not found by its old words.
    expect("{}", call("Update", R"({"place":{"id":"1","name":"New"}})"));
    expect("{}", call("Delete", R"({"id":"2"})"));
    expectFound("", "sushi");
    expectFound("1", "name:new");
    // Without an id it gets one; ten at most are found unless more are asked for.
    for (int i = 0; i < 11; ++i) expect("{}", call("Create", R"({"place":{"name":"many"}})"));
    CPPUNIT_ASSERT_EQUAL(10, count(call("Search", R"({"query":"many"})")));
    CPPUNIT_ASSERT_EQUAL(11, count(call("Search", R"({"query":"many","limit":20})")));
  }

  void wrongCalls() {
    expect("400 go.micro.sv.place.Location.Create Place cannot be blank", call("Create", "{}"));
    expect("400 go.micro.sv.place.Location.Update Place cannot be blank", call("Update", "{}"));
    expect("400 go.micro.sv.place.Location.ead Id cannot be blank", call("Read", "{}"));
    expect("400 go.micro.sv.place.Location.Delete Id cannot be blank", call("Delete", "{}"));
    expect("400 go.micro.srv.place.Locate.Search query: there is no field x",
           call("Search", R"({"query":"x:y"})"));
    const std::string longest(255, 'i');
    expect("{}", call("Create", R"({"place":{"id":")" + longest + "\"}}"));
    expect("400 go.micro.sv.place.Location.Create Id must not be longer than 255 bytes",
           call("Create", R"({"place":{"id":"i)" + longest + "\"}}"));
    // Such a place would fail every search that finds it: JSON has no NaN.
    for (const char* location : {R"({"lat":"NaN"})", R"({"lng":"Infinity"})", R"({"lat":-90.1})"}) {
      for (const std::string method : {"Create", "Update"}) {
        expect("400 go.micro.sv.place.Location." + method + kNotOnEarth,
               call(method, std::string(R"({"place":{"id":"n","location":)") + location + "}}"));
      }
      expect(std::string("400 go.micro.srv.place.Google.ReverseGeocode") + kNotOnEarth,
             callGoogle("TextSearch", std::string(R"({"location":)") + location + "}"));
    }
    expect("{}", call("Create", R"({"place":{"id":"n","location":{"lat":-90,"lng":180}}})"));
  }

  void google() {
    body_ = R"({"html_attributions":[],"next_page_token":"n","results":[{"geometry":{"location":)"
            R"({"lat":-33.8687895,"lng":151.1942171}},"name":"Rhythmboat Cruises","rating":4.5,)"
            R"("photos":[{"height":480,"html_attributions":["a"],"width":640}],"place_id":"C",)"
            R"("types":["restaurant"],"vicinity":"Wharf"}],"status":"OK"})";
    expect(R"({"results":[{"geometry":{"location":{"lat":-33.8687895,"lng":151.1942171}},)"
           R"("name":"Rhythmboat Cruises","photos":[{"height":480,"html_attributions":["a"],)"
           R"("width":640}],"place_id":"C","types":["restaurant"],"vicinity":"Wharf"}],)"
           R"("status":"OK","next_page_token":"n"})",
           callGoogle("NearBySearch",
                      R"({"location":{"lat":1,"lng":2},"radius":500,"rank_by":"r","keyword":"k",)"
                      R"("language":"en","price":{"max_price":4},"name":"n","open_now":true,)"
                      R"("types":["a","b"],"page_token":"p","zagat_selected":true})"));
    expectAsked(
        "/maps/api/place/nearbysearch/json?key=K&keyword=k&language=en&location=1.000000%2C2.000000"
        "&maxprice=4&minprice=0&name=n&opennow=true&pagetoken=p&radius=500&rankby=r&types=a%7Cb"
        "&zagatselected=");
    callGoogle("TextSearch", R"({"query":"q","name":"unused"})");
    expectAsked("/maps/api/place/textsearch/json?key=K&query=q");
    callGoogle("RadarSearch", R"({"keyword":"k","name":"n"})");
    expectAsked("/maps/api/place/radarsearch/json?key=K&keyword=k&name=n");
    body_ = "no";
    expect(
        "500 go.micro.srv.place.Google.Geocode "
        "the API answered 200 with something that is not JSON",
        callGoogle("NearBySearch", "{}"));
    web_.reset();
    expectIn("500 go.micro.srv.place.Google.ReverseGeocode ", callGoogle("TextSearch", "{}"));
  }

  void refusesAFileThatIsNone() {
    const test::Finished end =
        test::run({TEST_BUILD_DIR "/examples/place_srv", "--registry_address", agent_->address(),
                   "--database_file", folder_->path()});
    CPPUNIT_ASSERT_EQUAL(1, end.code);
    CPPUNIT_ASSERT_MESSAGE(end.err, end.err.find("place_srv: cannot open the database " +
                                                 folder_->path()) != std::string::npos);
  }

 private:
  void start() {
    service_.reset();
    service_ = std::make_unique<test::ServiceProcess>(
        "place_srv", agent_->address(),
        std::vector<std::string>{"--database_file", folder_->file("place.db"), "--google_url",
                                 "http://" + web_->address(), "--google_api_key", "K"});
  }
  std::string call(const std::string& method, const std::string& request) {
    return caller_->call(service_->address(), "Location." + method, request);
  }
  std::string callGoogle(const std::string& method, const std::string& request) {
    return caller_->call(service_->address(), "Google." + method, request);
  }
  void add(const std::string& id, const std::string& name, const std::string& iata,
           const std::string& tag) {
    expect("{}", call("Create", R"({"place":{"id":")" + id + R"(","name":")" + name +
                                    R"(","iata":")" + iata + R"(","tags":[")" + tag + "\"]}}"));
  }

  static void expect(const std::string& expected, const std::string& answer) {
    CPPUNIT_ASSERT_EQUAL(expected, answer);
  }
  static void expectIn(const std::string& part, const std::string& answer) {
    CPPUNIT_ASSERT_MESSAGE(answer, answer.find(part) != std::string::npos);
  }
  void expectAsked(const std::string& target) const {
    CPPUNIT_ASSERT_EQUAL(target, web_->requests().back().target);
  }
  // The ids in order, whatever the ranking.
  void expectFound(const std::string& ids, const std::string& query) {
    std::string text = query;
    for (auto at = text.find('"'); at != std::string::npos; at = text.find('"', at + 2)) {
      text.insert(at, "\\");
    }
    const std::string answer = call("Search", R"({"query":")" + text + "\"}");
    std::string found;
    for (const char id : std::string("123")) {
      if (answer.find(std::string(R"("id":")") + id + "\"") != std::string::npos) found += id;
    }
    CPPUNIT_ASSERT_EQUAL_MESSAGE(query + " " + answer, ids, found);
  }
  static int count(const std::string& answer) {
    int places = 0;
    for (auto at = answer.find("\"id\":"); at != std::string::npos;
         at = answer.find("\"id\":", at + 1)) {
      ++places;
    }
    return places;
  }

  std::string body_ = "{}";
  std::unique_ptr<test::AgentProcess> agent_;
  std::unique_ptr<test::TemporaryFolder> folder_;
  std::unique_ptr<test::JsonCaller> caller_;
  std::unique_ptr<test::ScriptedServer> web_;
  std::unique_ptr<test::ServiceProcess> service_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(PlaceProgramTest);

}  // namespace evmicro

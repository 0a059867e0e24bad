// What pages of geo-web are told, with a geo-srv of the test's own.
#include "watchers.h"

#include <memory>
#include <optional>
#include <string>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/memory_registry.h>
#include <evmicro/service.h>

#include "http/raw_peer.h"
#include "runners.h"

namespace geo {

namespace test = evmicro::test;
using namespace std::chrono_literals;

class WatchersTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(WatchersTest);
  CPPUNIT_TEST(whatIsThereComesFirst);
  CPPUNIT_TEST(anEmptyAreaIsSaid);
  CPPUNIT_TEST(movesAreTold);
  CPPUNIT_TEST(whatLeavesTheCircleIsTold);
  CPPUNIT_TEST(otherTypesAreNotTold);
  CPPUNIT_TEST(whatIsPublishedCountsMoreThanTheSearch);
  CPPUNIT_TEST(whatLeavesDuringTheSearchStaysAway);
  CPPUNIT_TEST(failuresAreTold);
  CPPUNIT_TEST(noMoreThanTheMostAreShown);
  CPPUNIT_TEST(aPageThatDoesNotReadGetsTheLastPlaces);
  CPPUNIT_TEST(noMorePagesThanTheLimit);
  CPPUNIT_TEST(endEndsTheStreams);
  CPPUNIT_TEST(routesGoBackAndForth);
  CPPUNIT_TEST(runnersMove);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    loop_ = std::make_unique<evmicro::EventLoop>();
    registry_ = evmicro::makeMemoryRegistry(*loop_);
    geo_ = std::make_unique<evmicro::Service>(*loop_, options("go.micro.srv.geo"));
    geo_->server().handle<SearchRequest, SearchResponse>(
        "Location.Search", [this](const evmicro::Context&, const SearchRequest& request,
                                  evmicro::Reply<SearchResponse> reply) {
          searched_ = request;
          if (hold_) return held_.emplace(std::move(reply)), void();
          reply.send(there_);
        });
    geo_->server().handle<SaveRequest, SaveResponse>(
        "Location.Save", [this](evmicro::Context&, const SaveRequest& request, SaveResponse&) {
          saved_.push_back(request.entity());
          return evmicro::Status();
        });
    own_ = std::make_unique<evmicro::Service>(*loop_, options("go.micro.web.geo"));
    locations_ = std::make_unique<LocationClient>("go.micro.srv.geo", own_->client());
    open(100);
  }

  void tearDown() override {
    peer_.reset();
    server_.reset();
    watchers_.reset();
    held_.reset();
    locations_.reset();
    own_.reset();
    geo_.reset();
    registry_.reset();
    loop_.reset();
  }

  void whatIsThereComesFirst() {
    *there_.add_entities() = at("a", 51.5, 0.25);
    startGeo();
    connect();
    expect(
        "event: entities\nretry: 1000\ndata: "
        R"([{"id":"a","type":"t","location":{"latitude":51.5,"longitude":0.25}}])"
        "\n\n");
    CPPUNIT_ASSERT_EQUAL(std::string("t"), searched_.type());
    CPPUNIT_ASSERT_EQUAL(1'000.0, searched_.radius());
    CPPUNIT_ASSERT_EQUAL(51.5, searched_.center().latitude());
    CPPUNIT_ASSERT_EQUAL(std::int64_t{2'000}, searched_.numentities());
  }

  void anEmptyAreaIsSaid() {
    startGeo();
    connect();
    expect("data: []\n\n");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, peer_->count("event:"));
  }

  void movesAreTold() {
    follow();
    watchers_->moved(at("a", 51.5, 0.25));
    watchers_->moved(at("b", 51.5001, 0.25));
    watchers_->moved(at("a", 51.5002, 0.25));
    expect(R"(event: entities)"
           "\ndata: "
           R"([{"id":"a","type":"t","location":{"latitude":51.5002,"longitude":0.25}},)"
           R"({"id":"b","type":"t","location":{"latitude":51.5001,"longitude":0.25}}])");
    watchers_->moved(at("b", 51.5003, 0.25));
    expect(R"(data: [{"id":"b","type":"t","location":{"latitude":51.5003,"longitude":0.25}}])");
  }

  void whatLeavesTheCircleIsTold() {
    follow();
    watchers_->moved(at("a", 51.5, 0.25));
    watchers_->moved(at("never", 51.52, 0.25));
    expect(R"(data: [{"id":"a","type":"t","location)");
    // A degree of latitude has 111,195 m.
    watchers_->moved(at("a", 51.5 + 999.0 / 111'195, 0.25));
    expect(R"("latitude":51.50898)");
    watchers_->moved(at("a", 51.5 + 1'001.0 / 111'195, 0.25));
    expect(R"(data: [{"id":"a","type":"t"}])");
    // In and out again before it was told.
    watchers_->moved(at("b", 51.5, 0.25));
    watchers_->moved(at("b", 51.6, 0.25));
    watchers_->moved(at("c", 51.5, 0.25));
    expect(R"(data: [{"id":"c")");
    CPPUNIT_ASSERT(!peer_->has("never") && !peer_->has(R"("id":"b")"));
  }

  void otherTypesAreNotTold() {
    follow();
    Entity other = at("a", 51.5, 0.25);
    other.set_type("u");
    watchers_->moved(other);
    Entity nowhere = at("b", 51.5, 0.25);
    nowhere.mutable_location()->set_latitude(std::numeric_limits<double>::quiet_NaN());
    watchers_->moved(nowhere);
    watchers_->moved(at("c", 51.5, 0.25));
    expect(R"(data: [{"id":"c")");
  }

  void whatIsPublishedCountsMoreThanTheSearch() {
    *there_.add_entities() = at("a", 51.5, 0.25);
    hold_ = true;
    startGeo();
    connect();
    CPPUNIT_ASSERT(until([this] { return held_.has_value(); }));
    watchers_->moved(at("a", 51.5001, 0.25));
    held_->send(there_);
    expect(R"("latitude":51.5001)");
    CPPUNIT_ASSERT(!peer_->has(R"("latitude":51.5,)"));
  }

  void whatLeavesDuringTheSearchStaysAway() {
    *there_.add_entities() = at("a", 51.5, 0.25);
    hold_ = true;
    startGeo();
    connect();
    CPPUNIT_ASSERT(until([this] { return held_.has_value(); }));
    watchers_->moved(at("a", 51.6, 0.25));
    held_->send(there_);
    expect("data: []\n\n");
    watchers_->moved(at("b", 51.5, 0.25));
    expect(R"(data: [{"id":"b")");
    CPPUNIT_ASSERT(!peer_->has(R"("id":"a")"));
  }

  void failuresAreTold() {
    connect();
    expect("event: problem\ndata: ");
    startGeo();
    expect("event: entities\n");  // it is asked again
  }

  void noMoreThanTheMostAreShown() {
    follow();
    for (std::size_t i = 0; i <= Watchers::kMostShown; ++i) {
      watchers_->moved(at("id" + std::to_string(i) + "x", 51.5, 0.25));
    }
    expect("id" + std::to_string(Watchers::kMostShown - 1) + "x");
    watchers_->moved(at("id" + std::to_string(Watchers::kMostShown) + "x", 51.5, 0.25));
    watchers_->moved(at("id0x", 51.6, 0.25));
    expect(R"(data: [{"id":"id0x","type":"t"}])");
    CPPUNIT_ASSERT(!peer_->has("id" + std::to_string(Watchers::kMostShown) + "x"));
    watchers_->moved(at("id" + std::to_string(Watchers::kMostShown) + "x", 51.5, 0.25));
    expect("id" + std::to_string(Watchers::kMostShown) + "x");
  }

  void aPageThatDoesNotReadGetsTheLastPlaces() {
    follow();
    peer_->stopReading();
    constexpr int kThings = 1'000;
    const std::string longId(250, 'i');
    std::size_t bytes = 0;
    // More than all buffers on the way hold.
    for (int round = 0; round < 60; ++round) {
      for (int i = 0; i < kThings; ++i) {
        const Entity thing = at(longId + std::to_string(i), 51.5 + round * 1e-6, 0.25);
        watchers_->moved(thing);
        bytes += thing.id().size();
      }
      test::runFor(*loop_, 2ms);
    }
    watchers_->moved(at("last", 51.5, 0.25));
    peer_->startReading();
    expect(R"({"id":"last")");
    expect(R"("latitude":51.500059,)");
    CPPUNIT_ASSERT_LESS(bytes, peer_->received().size());
  }

  void noMorePagesThanTheLimit() {
    open(2);
    startGeo();
    const auto first = page();
    const auto second = page();
    const auto third = page();
    CPPUNIT_ASSERT(until([&] { return third->has("too many open pages\n"); }));
    CPPUNIT_ASSERT(third->has("HTTP/1.1 503 "));
    CPPUNIT_ASSERT(until([&] { return first->has("data: []") && second->has("data: []"); }));
    first->close();
    bool served = false;
    for (int i = 0; i < 1'000 && !served; ++i) {
      const auto next = page();
      CPPUNIT_ASSERT(until([&] { return next->has("HTTP/1.1 "); }));
      served = next->has("HTTP/1.1 200 ");
    }
    CPPUNIT_ASSERT(served);
  }

  void endEndsTheStreams() {
    follow();
    watchers_->end();
    CPPUNIT_ASSERT(until([this] { return peer_->has("0\r\n\r\n"); }));
    const auto late = page();
    CPPUNIT_ASSERT(until([&] { return late->has("stopping\n"); }));
  }

  void routesGoBackAndForth() {
    const Route route({{0, 0}, {0, 1}, {1, 1}});
    const double degree = distance({0, 0}, {0, 1});
    CPPUNIT_ASSERT_DOUBLES_EQUAL(2 * degree, route.metres(), 1e-6);
    const struct {
      double degrees;
      Position at;
    } rows[] = {{-1, {0, 0}}, {0, {0, 0}}, {0.5, {0, 0.5}}, {1, {0, 1}}, {1.25, {0.25, 1}},
                {2, {1, 1}},  {3, {0, 1}}, {3.5, {0, 0.5}}, {4, {0, 0}}, {5.5, {0.5, 1}}};
    for (const auto& row : rows) {
      const Position at = route.at(row.degrees * degree);
      CPPUNIT_ASSERT_DOUBLES_EQUAL(row.at.latitude, at.latitude, 1e-9);
      CPPUNIT_ASSERT_DOUBLES_EQUAL(row.at.longitude, at.longitude, 1e-9);
    }
  }

  void runnersMove() {
    startGeo();
    const Runners runners(*loop_, *locations_, 2, 10ms);
    const auto places = [this](const std::string& id) {
      std::vector<Position> of;
      for (const Entity& each : saved_) {
        if (each.id() == id)
          of.push_back({each.location().latitude(), each.location().longitude()});
      }
      return of;
    };
    CPPUNIT_ASSERT(
        until([&] { return places("runner-1").size() > 2 && places("runner-2").size() > 2; }));
    const auto way = places("runner-1");
    CPPUNIT_ASSERT(distance(way.front(), way.back()) > 0);
    CPPUNIT_ASSERT_EQUAL(std::string("runner"), saved_.front().type());
  }

 private:
  evmicro::ServiceOptions options(const char* name) const {
    evmicro::ServiceOptions options;
    options.name = name;
    options.own.registry = registry_;
    options.server.address = "127.0.0.1:0";
    return options;
  }
  void startGeo() {
    bool started = false;
    const evmicro::Call call = geo_->start([&](const evmicro::Status&) { started = true; });
    CPPUNIT_ASSERT(until([&] { return started; }));
  }
  void open(std::size_t most) {
    server_.reset();
    watchers_ = std::make_unique<Watchers>(*loop_, *locations_, most);
    evmicro::WebServerOptions options;
    options.address = "127.0.0.1:0";
    server_ = std::make_unique<evmicro::WebServer>(*loop_, options);
    server_->handle("GET", "/", [this](const evmicro::WebRequest&, evmicro::WebReply reply) {
      watchers_->add({{51.5, 0.25}, 1'000, "t"}, std::move(reply));
    });
    CPPUNIT_ASSERT(server_->start().ok());
  }
  std::unique_ptr<test::RawPeer> page() {
    auto peer = std::make_unique<test::RawPeer>(*loop_, server_->address());
    peer->send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    return peer;
  }
  void connect() { peer_ = page(); }
  void follow() {
    startGeo();
    connect();
    expect("data: []\n\n");
    peer_->forget();
  }
  static Entity at(const std::string& id, double latitude, double longitude) {
    Entity entity;
    entity.set_id(id);
    entity.set_type("t");
    entity.mutable_location()->set_latitude(latitude);
    entity.mutable_location()->set_longitude(longitude);
    return entity;
  }
  void expect(const std::string& text) {
    CPPUNIT_ASSERT_MESSAGE(text, until([&] { return peer_->has(text); }));
  }
  bool until(const std::function<bool()>& done) { return test::runUntil(*loop_, done); }

  std::unique_ptr<evmicro::EventLoop> loop_;
  std::shared_ptr<evmicro::Registry> registry_;
  std::unique_ptr<evmicro::Service> geo_;
  SearchRequest searched_;
  SearchResponse there_;
  bool hold_ = false;
  std::optional<evmicro::Reply<SearchResponse>> held_;
  std::vector<Entity> saved_;
  std::unique_ptr<evmicro::Service> own_;
  std::unique_ptr<LocationClient> locations_;
  std::unique_ptr<Watchers> watchers_;
  std::unique_ptr<evmicro::WebServer> server_;
  std::unique_ptr<test::RawPeer> peer_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(WatchersTest);

}  // namespace geo

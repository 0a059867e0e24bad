// The blocking queries of a watch, against a scripted agent.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/consul_registry.h>
#include <evmicro/event_loop.h>

#include "registry/consul/watch_slots.h"
#include "support/manual_clock.h"
#include "support/scripted_server.h"
#include "support/turn_until.h"

namespace evmicro {

using namespace std::chrono_literals;
using test::ScriptedServer;
using Request = ScriptedServer::Request;
using Reply = ScriptedServer::Reply;

namespace {

std::string bodyWith(const std::string& id) {
  return R"([{"Node":{},"Service":{"ID":")" + id +
         R"(","Service":"x","Tags":["v=1"],"Address":"10.0.0.1","Port":80}}])";
}
Reply answer(const std::string& id, int index) {
  return ScriptedServer::reply(200, id.empty() ? "[]" : bodyWith(id),
                               "X-Consul-Index: " + std::to_string(index) + "\r\n");
}
bool isHeld(const Request& request) { return request.target.find("index=") != std::string::npos; }

}  // namespace

class ConsulWatchTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ConsulWatchTest);
  CPPUNIT_TEST(queriesCarryTheIndex);
  CPPUNIT_TEST(sameIndexIsNoNews);
  CPPUNIT_TEST(indexGoingBackBeginsAnew);
  CPPUNIT_TEST(withoutAnIndexNothingIsHeld);
  CPPUNIT_TEST(unusableAnswerIsAnOutageAndHeals);
  CPPUNIT_TEST(eachOutageBeginsWithTheNextAgent);
  CPPUNIT_TEST(whenAllAgentsHaveFailedThereIsAPause);
  CPPUNIT_TEST(changingAllTheTimeIsAskedForInModeration);
  CPPUNIT_TEST(lastFollowerEndsTheQuery);
  CPPUNIT_TEST(connectionsAreBounded);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    clock_ = std::make_unique<test::ManualClock>();
    loop_ = std::make_unique<EventLoop>();
    server_ = std::make_unique<ScriptedServer>(*loop_, [this](auto& r) { return script_(r); });
    ConsulOptions options;
    options.addresses = {server_->address()};
    registry_ = makeConsulRegistry(*loop_, options);
    news_.clear();
  }
  void tearDown() override {
    token_.cancel();
    registry_.reset();
    server_.reset();
    loop_.reset();
    clock_.reset();
  }

  void queriesCarryTheIndex() {
    script_ = [](const Request& request) { return isHeld(request) ? Reply{} : answer("a", 7); };
    follow();
    await(2);
    CPPUNIT_ASSERT_EQUAL(std::string("/v1/health/service/x?passing=1"), target(0));
    CPPUNIT_ASSERT_EQUAL(std::string("/v1/health/service/x?passing=1&index=7&wait=1m0s"),
                         target(1));
    CPPUNIT_ASSERT_EQUAL(std::string("a;"), news_);
  }

  void sameIndexIsNoNews() {
    script_ = [this](const Request& request) {
      if (!isHeld(request)) return answer("a", 7);
      return server_->requests().size() < 4 ? answer("other", 7) : answer("b", 8);
    };
    follow();
    CPPUNIT_ASSERT(turnUntil([&] { return news_ == "a;b;"; }));
    CPPUNIT_ASSERT_EQUAL(std::string("/v1/health/service/x?passing=1&index=7&wait=1m0s"),
                         target(2));
  }

  void indexGoingBackBeginsAnew() {
    script_ = [this](const Request& request) {
      if (!isHeld(request))
        return server_->requests().size() == 1 ? answer("a", 7) : answer("b", 3);
      return server_->requests().size() == 2 ? answer("b", 2) : Reply{};
    };
    follow();
    await(4);
    CPPUNIT_ASSERT_EQUAL(std::string("/v1/health/service/x?passing=1"), target(2));
    CPPUNIT_ASSERT_EQUAL(std::string("/v1/health/service/x?passing=1&index=3&wait=1m0s"),
                         target(3));
    CPPUNIT_ASSERT_EQUAL(std::string("a;b;"), news_);
  }

  // A proxy has eaten the header: without a pause this would ask as fast as it can.
  void withoutAnIndexNothingIsHeld() {
    script_ = [](const Request&) { return ScriptedServer::reply(200, bodyWith("a")); };
    follow();
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return news_ == "a;"; }));
    clock_->advance(*loop_, 5s - 1us);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), server_->requests().size());
    clock_->advance(*loop_, 1us);
    await(2);
  }

  void unusableAnswerIsAnOutageAndHeals() {
    script_ = [this](const Request& request) {
      const std::size_t count = server_->requests().size();
      if (count == 2) return ScriptedServer::reply(200, "<html>", "X-Consul-Index: 9\r\n");
      if (count == 3) return ScriptedServer::reply(500, "No cluster leader");
      return count > 4 && isHeld(request) ? Reply{} : answer("a", 7);
    };
    follow();
    await(5);
    CPPUNIT_ASSERT_EQUAL("a;registry: consul " + server_->address() +
                             ": unusable answer to GET /v1/health/service/x: not JSON;a;",
                         withoutReason(news_));
    CPPUNIT_ASSERT_EQUAL(std::string("/v1/health/service/x?passing=1"), target(3));
  }

  // At once: only when all have failed there is a pause.
  void eachOutageBeginsWithTheNextAgent() {
    script_ = [](const Request& request) {
      return isHeld(request) ? ScriptedServer::reply(500, "down") : answer("a", 7);
    };
    ScriptedServer second(*loop_, script_);
    ConsulOptions options;
    options.addresses = {server_->address(), second.address()};
    registry_ = makeConsulRegistry(*loop_, options);
    follow();
    std::size_t asked = 1;
    const auto all = [&] { return server_->requests().size() + second.requests().size() == asked; };
    CPPUNIT_ASSERT(test::turnUntil(*loop_, all));
    for (int outage = 1; outage <= 3; ++outage) {
      clock_->advance(*loop_, 100ms);
      asked += 2;
      CPPUNIT_ASSERT(test::turnUntil(*loop_, all));
      CPPUNIT_ASSERT(!isHeld((outage % 2 == 1 ? second : *server_).requests().back()));
    }
    token_.cancel();
    registry_.reset();
  }

  // Of a tenth of a second at most, and of half of that at least.
  void whenAllAgentsHaveFailedThereIsAPause() {
    script_ = [](const Request&) { return ScriptedServer::reply(500, "down"); };
    ScriptedServer second(*loop_, script_);
    ConsulOptions options;
    options.addresses = {server_->address(), second.address()};
    registry_ = makeConsulRegistry(*loop_, options);
    follow();
    const auto asked = [&] { return server_->requests().size() + second.requests().size(); };
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return asked() == 2; }));
    test::turn(*loop_, 50);
    clock_->advance(*loop_, 50ms - 1us);
    test::turn(*loop_, 50);
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), asked());
    clock_->advance(*loop_, 50ms + 1us);
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return asked() == 4; }));
    token_.cancel();
    registry_.reset();
  }

  void changingAllTheTimeIsAskedForInModeration() {
    int index = 0;
    script_ = [&index](const Request&) {
      ++index;
      return answer("n" + std::to_string(index), index);
    };
    follow();
    for (std::size_t asked = 1; asked <= 5; ++asked) {
      const std::string last = "n" + std::to_string(asked) + ";";
      CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] {
        return news_.size() >= last.size() &&
               news_.compare(news_.size() - last.size(), last.size(), last) == 0;
      }));
      clock_->advance(*loop_, 100ms - 1us);
      CPPUNIT_ASSERT_EQUAL(asked, server_->requests().size());
      clock_->advance(*loop_, 1us);
    }
  }

  void lastFollowerEndsTheQuery() {
    script_ = [](const Request& request) { return isHeld(request) ? Reply{} : answer("a", 7); };
    follow();
    Subscription second = registry_->follow("x", [](const auto&) {});
    await(2);
    token_.cancel();
    test::turn(*loop_);
    const int open = server_->open();
    second.cancel();
    CPPUNIT_ASSERT(turnUntil([&] { return server_->open() < open; }));
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), server_->requests().size());
  }

  void connectionsAreBounded() {
    script_ = [](const Request& request) { return isHeld(request) ? Reply{} : answer("a", 7); };
    std::vector<Subscription> tokens;
    for (int i = 0; i < 100; ++i) {
      tokens.push_back(registry_->follow("x" + std::to_string(i), [](const auto&) {}));
    }
    // Each has had its turn, though none of them gets an answer but by being given up.
    const auto heldOnce = [&] {
      std::vector<std::string> names;
      for (const Request& request : server_->requests()) {
        if (isHeld(request)) names.push_back(request.target.substr(0, request.target.find('?')));
      }
      std::sort(names.begin(), names.end());
      return std::unique(names.begin(), names.end()) - names.begin();
    };
    CPPUNIT_ASSERT(turnUntil([&] { return heldOnce() >= 32; }));
    test::turn(*loop_, 50);
    CPPUNIT_ASSERT(server_->open() <= 64 + 32);
    const auto& all = server_->requests();
    const auto isShort = [](const Request& request) {
      return isHeld(request) && request.target.find("wait=1m0s") == std::string::npos;
    };
    CPPUNIT_ASSERT(std::any_of(all.begin(), all.end(), isShort));
  }

 private:
  void follow() {
    token_ = registry_->follow("x", [this](const Result<std::vector<ServiceInfo>>& services) {
      if (!services.ok()) {
        news_ += services.status().detail() + ";";
      } else {
        news_ += (services->empty() ? "" : services->front().nodes.front().id) + ";";
      }
    });
  }
  bool turnUntil(const std::function<bool()>& done) { return clock_->runUntil(*loop_, done); }
  void await(std::size_t requests) {
    CPPUNIT_ASSERT(turnUntil([&] { return server_->requests().size() >= requests; }));
    test::turn(*loop_);
  }
  std::string target(std::size_t i) const { return server_->requests().at(i).target; }
  // The JSON reader's own words are not ours to fix here.
  static std::string withoutReason(const std::string& news) {
    const std::size_t start = news.find("service/x: ") + 11;
    return news.substr(0, start) + "not JSON" + news.substr(news.find(';', start));
  }

  std::unique_ptr<test::ManualClock> clock_;
  std::unique_ptr<EventLoop> loop_;
  ScriptedServer::Script script_;
  std::unique_ptr<ScriptedServer> server_;
  std::unique_ptr<Registry> registry_;
  Subscription token_;
  std::string news_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ConsulWatchTest);

/// Who holds a slot when there are not enough.
class WatchSlotsTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(WatchSlotsTest);
  CPPUNIT_TEST(mostDescriptorsAreForOthers);
  CPPUNIT_TEST(whileThereAreSlotsAllHoldLong);
  CPPUNIT_TEST(newcomerTakesThePlaceOfTheLongest);
  CPPUNIT_TEST(slotsGoRound);
  CPPUNIT_TEST(whoLeavesGivesItsPlaceBack);
  CPPUNIT_TEST_SUITE_END();

 public:
  void mostDescriptorsAreForOthers() {
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), detail::WatchSlots::slotsFor(0));
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), detail::WatchSlots::slotsFor(15));
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), detail::WatchSlots::slotsFor(16));
    CPPUNIT_ASSERT_EQUAL(std::size_t(31), detail::WatchSlots::slotsFor(255));
    CPPUNIT_ASSERT_EQUAL(std::size_t(32), detail::WatchSlots::slotsFor(256));
    CPPUNIT_ASSERT_EQUAL(std::size_t(32), detail::WatchSlots::slotsFor(1'000'000));
  }

  void whileThereAreSlotsAllHoldLong() {
    detail::WatchSlots slots(kTwo);
    User a(slots), b(slots);
    CPPUNIT_ASSERT(a.held == 60s && b.held == 60s);
    b.answered();
    CPPUNIT_ASSERT(b.holds && b.held == 60s);
  }

  void newcomerTakesThePlaceOfTheLongest() {
    detail::WatchSlots slots(kTwo);
    User a(slots), b(slots), c(slots);
    CPPUNIT_ASSERT(!a.holds && b.holds && c.holds);
    CPPUNIT_ASSERT(c.held < 60s);
    c.answered();
    CPPUNIT_ASSERT_MESSAGE("a's turn", a.holds && a.held < 60s && !c.holds);
    CPPUNIT_ASSERT_MESSAGE("was never disturbed", b.holds && b.held == 60s);
  }

  void slotsGoRound() {
    detail::WatchSlots slots(kTwo);
    std::vector<std::unique_ptr<User>> users;
    for (int i = 0; i < 10; ++i) users.push_back(std::make_unique<User>(slots));
    for (auto& user : users) user->turns = 0;
    for (int round = 0; round < 50; ++round) {
      for (auto& user : users) {
        if (user->holds) user->answered();
      }
    }
    for (const auto& user : users) {
      CPPUNIT_ASSERT(user->turns >= 5);
      CPPUNIT_ASSERT(user->held * 10 / 2 <= 8s);  // all within a round
    }
  }

  void whoLeavesGivesItsPlaceBack() {
    detail::WatchSlots slots(kTwo);
    User a(slots), b(slots);
    auto c = std::make_unique<User>(slots);
    CPPUNIT_ASSERT(!a.holds);
    c.reset();
    CPPUNIT_ASSERT(a.holds && b.holds);
    User d(slots);
    { const User e(slots); }  // from the queue
    CPPUNIT_ASSERT(slots.wait() < 60s);
  }

 private:
  struct User final : detail::WatchSlots::Observer {
    explicit User(detail::WatchSlots& all) : slots(all) {
      slots.join();
      slots.request(*this);
    }
    User(const User&) = delete;
    User& operator=(const User&) = delete;
    ~User() { slots.leave(*this); }
    void onSlot() override {
      holds = true;
      ++turns;
      held = slots.wait();
    }
    void onRevoked() override { holds = false; }
    void answered() {
      holds = false;
      slots.release(*this);
      slots.request(*this);
    }

    detail::WatchSlots& slots;
    bool holds = false;
    int turns = 0;
    std::chrono::milliseconds held{0};
  };

  static constexpr detail::WatchSlots::Options kTwo{2, 60s, 8s};
};

CPPUNIT_TEST_SUITE_REGISTRATION(WatchSlotsTest);

}  // namespace evmicro

// Many messages to three broadcast subscriptions and a queue of two, in one process over TCP: every
// count must be exact. With sanitizers a delivery costs some ten times what it does else, and
// 100,000 messages would take longer than a case may: EVMICRO_MESSAGES=100000 is for a build
// without.
#include <cstdlib>
#include <string>

#include "broker/http_broker_fixture.h"
#include "support/turn_until.h"

namespace evmicro {

using namespace std::chrono_literals;

class ManyMessagesTest : public test::HttpBrokerFixture {
  CPPUNIT_TEST_SUITE(ManyMessagesTest);
  CPPUNIT_TEST(everyMessageArrivesOnce);
  CPPUNIT_TEST_SUITE_END();

 public:
  void everyMessageArrivesOnce() {
    const char* const wanted = std::getenv("EVMICRO_MESSAGES");
    const int messages = wanted ? std::atoi(wanted) : 5'000;
    std::vector<int> broadcasts(3), queued(2);
    std::vector<bool> seen(static_cast<std::size_t>(messages));
    std::vector<Subscription> tokens;
    for (int& next : broadcasts) {
      tokens.push_back(subscribe("load", [&next](auto, const BrokerMessage& message) {
        if (message.header.at("id") == std::to_string(next)) ++next;  // in order
      }));
    }
    for (int& count : queued) {
      const auto handler = [&](std::string_view, const BrokerMessage& message) {
        const std::size_t id = std::stoul(message.header.at("id"));
        if (!seen.at(id)) ++count;
        seen[id] = true;
      };
      tokens.push_back(subscribe("load", handler, "workers"));
    }
    int sent = 0, told = 0;
    const auto publishSome = [&] {
      for (; sent < messages && sent - told < static_cast<int>(kQueueLimit); ++sent) {
        BrokerMessage message;
        message.header["id"] = std::to_string(sent);
        broker_->publish("load", std::move(message), [&told](const auto&) { ++told; });
      }
      return told == messages;
    };
    CPPUNIT_ASSERT(test::turnUntil(*loop_, publishSome, 300s));
    for (const int received : broadcasts) CPPUNIT_ASSERT_EQUAL(messages, received);
    CPPUNIT_ASSERT_EQUAL(messages, queued[0] + queued[1]);
    CPPUNIT_ASSERT(queued[0] > messages / 4 && queued[1] > messages / 4);
    const BrokerStats& stats = broker_->stats();
    CPPUNIT_ASSERT_EQUAL(static_cast<std::uint64_t>(messages) * 4, stats.delivered);
    CPPUNIT_ASSERT_EQUAL(stats.delivered, stats.received);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, stats.dropped + stats.failed);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ManyMessagesTest);

}  // namespace evmicro

#include "registry/ignored_nodes.h"

#include <optional>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include "registry/consul/messages.h"
#include "registry/etcd/services.h"
#include "support/captured_log.h"

namespace evmicro {

using namespace std::chrono_literals;
using detail::IgnoredNodes;

class IgnoredNodesTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(IgnoredNodesTest);
  CPPUNIT_TEST(eachNodeIsLoggedOnce);
  CPPUNIT_TEST(manyAreLoggedSlowly);
  CPPUNIT_TEST(aThousandAreRemembered);
  CPPUNIT_TEST(consulsFieldIsNamed);
  CPPUNIT_TEST(etcdsFieldIsNamed);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { log_.emplace("registry"); }
  void tearDown() override { log_.reset(); }

  void eachNodeIsLoggedOnce() {
    for (int i = 0; i < 2; ++i) {
      for (const char* service : {"x", "y"}) {
        for (const char* node : {"1", "2"}) nodes_.add(service, node, "Port: bad");
      }
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t(4), log_->lines().size());
    CPPUNIT_ASSERT_EQUAL(std::string("WARN service \"x\": node \"1\" is ignored: Port: bad"),
                         log_->lines()[0]);
  }

  void manyAreLoggedSlowly() {
    const auto now = detail::RateLimiter::Clock::now();
    const auto addAll = [&](auto time) {
      for (int i = 0; i < 20; ++i) nodes_.add("x", std::to_string(i), "Port: bad", time);
    };
    addAll(now);
    CPPUNIT_ASSERT_EQUAL(std::size_t(16), log_->lines().size());
    addAll(now + 999ms);
    CPPUNIT_ASSERT_EQUAL(std::size_t(16), log_->lines().size());
    addAll(now + 1s);
    CPPUNIT_ASSERT_EQUAL(std::size_t(17), log_->lines().size());
  }

  // 1,024: then all are forgotten, and logged again.
  void aThousandAreRemembered() {
    auto now = detail::RateLimiter::Clock::now();
    const auto isLogged = [&](int node) {
      const std::size_t before = log_->lines().size();
      nodes_.add("x", std::to_string(node), "Port: bad", now += 1s);
      return log_->lines().size() > before;
    };
    for (int i = 0; i < 1'024; ++i) CPPUNIT_ASSERT(isLogged(i));
    CPPUNIT_ASSERT(!isLogged(0));
    CPPUNIT_ASSERT(isLogged(1'024));
    CPPUNIT_ASSERT(isLogged(0));
    CPPUNIT_ASSERT(!isLogged(1'024));
  }

  void consulsFieldIsNamed() {
    const auto read = [this](const std::string& id, const char* port) {
      const auto found = detail::readHealth(
          R"([{"Service":{"Service":"x","Address":"a","ID":")" + id + R"(","Port":)" + port + "}}]",
          "x", &nodes_);
      return found.ok() && !found->empty();
    };
    CPPUNIT_ASSERT(read("good", "65535"));
    CPPUNIT_ASSERT(log_->lines().empty());
    for (const char* port : {"65536", "-1", "\"80\""})
      CPPUNIT_ASSERT(!read(port[0] == '"' ? "t" : port, port));
    CPPUNIT_ASSERT(!read("", "80"));
    expectLog({"\"65536\" is ignored: Port: expected a number from 0 to 65535",
               "\"-1\" is ignored: Port: expected a number from 0 to 65535",
               "\"t\" is ignored: Port: expected a number from 0 to 65535",
               "\"\" is ignored: ID or Address: empty"});
    const auto at = [this](const std::string& address) {
      const auto found = detail::readHealth(R"([{"Service":{"Service":"x","ID":")" + address +
                                                R"(","Address":")" + address + R"(","Port":80}}])",
                                            "x", &nodes_);
      return found.ok() && !found->empty();
    };
    for (const char* address : {"a", "::1", "[::1]", "10.0.0.1", "unix:///a b"}) {
      CPPUNIT_ASSERT_MESSAGE(address, at(address));
    }
    for (const char* address : {"a b", " ", "a\\r\\nX: y", "a\x7f"}) {
      CPPUNIT_ASSERT_MESSAGE(address, !at(address));
    }
    log_->clear();
    CPPUNIT_ASSERT(!at("a  b"));
    expectLog({"\"a  b\" is ignored: Address: not an address"});
  }

  void etcdsFieldIsNamed() {
    const auto read = [this](const std::string& node) {
      return detail::readEtcdValue(R"({"name":"x","nodes":[{"id":)" + node + "}]}", "x", "/k/x/n",
                                   &nodes_);
    };
    CPPUNIT_ASSERT(read(R"("1","address":"a:65535")"));
    CPPUNIT_ASSERT(log_->lines().empty());
    CPPUNIT_ASSERT(!read(R"("2","address":"a","port":"80")"));
    CPPUNIT_ASSERT(read(R"("3","address":"a:65536")")->nodes.empty());
    expectLog({"\"/k/x/n\" is ignored: nodes[0].port: expected a number",
               "\"3\" is ignored: address: expected host:port"});
  }

 private:
  void expectLog(const std::vector<std::string>& ends) {
    CPPUNIT_ASSERT_EQUAL(ends.size(), log_->lines().size());
    for (std::size_t i = 0; i < ends.size(); ++i) {
      CPPUNIT_ASSERT_EQUAL("WARN service \"x\": node " + ends[i], log_->lines()[i]);
    }
  }

  std::optional<test::CapturedLog> log_;
  IgnoredNodes nodes_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(IgnoredNodesTest);

}  // namespace evmicro

// `evmicro health` and `evmicro stats` as processes.
#include <algorithm>
#include <csignal>
#include <memory>

#include <cppunit/extensions/HelperMacros.h>

#include "integration/greeter_process.h"
#include "support/agent_process.h"
#include "support/consul_server.h"
#include "support/ports.h"
#include "support/scripted_server.h"
#include "support/turn_until.h"
#include "tool/evmicro_process.h"

namespace evmicro {

using test::Finished;

/// Against services that a registry knows.
template <typename RegistryProcess>
class HealthTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HealthTest);
  CPPUNIT_TEST(tellsOfEachNode);
  CPPUNIT_TEST(goesOnWhenANodeFails);
  CPPUNIT_TEST(saysWhenThereIsNone);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { registry_ = std::make_unique<RegistryProcess>(); }
  void tearDown() override { registry_.reset(); }

  void tellsOfEachNode() {
    test::ServiceProcess one("greeter", registry_->address(), {"--server_id", "1"});
    test::ServiceProcess two("greeter", registry_->address(),
                             {"--server_id", "2", "--server_version", "next"});
    const Finished end = test::evmicro(registry_->address(), {"health", "greeter"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 0, end.code);
    CPPUNIT_ASSERT_EQUAL(
        "service  greeter\n"
        "\n"
        "\n"
        "version latest\n"
        "\n"
        "node\t\taddress:port\t\tstatus\n"
        "greeter-1\t\t" +
            one.address() +
            "\t\tok\n"
            "\n"
            "version next\n"
            "\n"
            "node\t\taddress:port\t\tstatus\n"
            "greeter-2\t\t" +
            two.address() + "\t\tok\n",
        end.out);
  }

  void goesOnWhenANodeFails() {
    test::ServiceProcess well("greeter", registry_->address(), {"--server_id", "1"});
    const std::string gone = test::freeAddress();
    const Finished added = test::evmicro(
        registry_->address(),
        {"register", "service",
         R"({"name":"greeter","version":"latest","nodes":[{"id":"greeter-0","address":"127.0.0.1",)"
         R"("port":)" +
             gone.substr(gone.find(':') + 1) + "}]}"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(added.err, 0, added.code);
    const Finished end = test::evmicro(registry_->address(), {"health", "greeter"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 1, end.code);
    const std::string lines[] = {
        "\ngreeter-1\t\t" + well.address() + "\t\tok\n",
        "\ngreeter-0\t\t" + gone + "\t\tclient: call greeter Debug.Health at " + gone +
            ": connection refused (attempt 1 of 1)\n",
    };
    for (const std::string& line : lines) {
      CPPUNIT_ASSERT_MESSAGE(end.out, end.out.find(line) != std::string::npos);
    }
  }

  void saysWhenThereIsNone() {
    for (const char* const command : {"health", "stats"}) {
      const Finished end = test::evmicro(registry_->address(), {command, "nope"});
      CPPUNIT_ASSERT_EQUAL(1, end.code);
      CPPUNIT_ASSERT_EQUAL(std::string("Service not found\n"), end.err);
      CPPUNIT_ASSERT_EQUAL(std::string(), end.out);
    }
  }

 private:
  std::unique_ptr<RegistryProcess> registry_;
};
using HealthWithAgentTest = HealthTest<test::AgentProcess>;
using HealthWithConsulTest = HealthTest<test::ConsulServer>;
CPPUNIT_TEST_SUITE_REGISTRATION(HealthWithAgentTest);
CPPUNIT_TEST_SUITE_REGISTRATION(HealthWithConsulTest);

/// What nodes may answer, asked by their address.
class NodeAnswersTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(NodeAnswersTest);
  CPPUNIT_TEST(healthByAddress);
  CPPUNIT_TEST(healthAsJson);
  CPPUNIT_TEST(whatIsNotOkFails);
  CPPUNIT_TEST(statsHaveTheColumnsOfGoMicro);
  CPPUNIT_TEST(furtherNumbersFollow);
  CPPUNIT_TEST(hostileNumbersAreShownAllTheSame);
  CPPUNIT_TEST(statsAsJson);
  CPPUNIT_TEST(aServerWithoutStatsIsAFailure);
  CPPUNIT_TEST(interruptionEndsTheWait);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { loop_ = std::make_unique<EventLoop>(); }
  void tearDown() override { loop_.reset(); }

  void healthByAddress() {
    const Finished end = ask("health", R"({"status":"ok"})");
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 0, end.code);
    CPPUNIT_ASSERT_EQUAL(
        "service  peer\n\nnode\t\taddress:port\t\tstatus\n-\t\t" + address_ + "\t\tok\n", end.out);
  }

  void healthAsJson() {
    const Finished end = ask("health", R"({"status":"ok"})", {"--json"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 0, end.code);
    CPPUNIT_ASSERT_EQUAL("[\n\t{\n\t\t\"id\": \"\",\n\t\t\"address\": \"" + address_ +
                             "\",\n\t\t\"version\": \"\",\n\t\t\"status\": \"ok\"\n\t}\n]\n",
                         end.out);
  }

  void whatIsNotOkFails() {
    const std::pair<const char*, const char*> cases[] = {
        {R"({"status":"draining\u001b"})", "\t\tdraining\\x1b\n"},
        {R"({})", "\t\tno status in its answer\n"},
        {R"({"status":7})", "\t\tno status in its answer\n"},
        {R"([1])", "\t\tno status in its answer\n"},
    };
    for (const auto& [reply, text] : cases) {
      const Finished end = ask("health", reply);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(end.out, 1, end.code);
      CPPUNIT_ASSERT_MESSAGE(end.out, end.out.find(text) != std::string::npos);
    }
  }

  void statsHaveTheColumnsOfGoMicro() {
    const Finished end =
        ask("stats",
            R"({"started":1457953154,"uptime":3661,"memory":1572864,"threads":7,"gc":1500000})");
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 0, end.code);
    CPPUNIT_ASSERT_EQUAL(
        "service  peer\n\n"
        "node\t\taddress:port\t\tstarted\tuptime\tmemory\tthreads\tgc\n"
        "-\t\t" +
            address_ + "\t\tMar 14 10:59:14\t1h1m1s\t1.50mb\t7\t1.5ms\n",
        end.out);
  }

  void furtherNumbersFollow() {
    const Finished end =
        ask("stats", R"({"other":9,"started":1457953154,"text":"x","connections":3})");
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 0, end.code);
    CPPUNIT_ASSERT_EQUAL(
        "service  peer\n\n"
        "node\t\taddress:port\t\tstarted\tuptime\tmemory\tthreads\tgc"
        "\trequests\terrors\tconnections\tstreams\tother\n"
        "-\t\t" +
            address_ + "\t\tMar 14 10:59:14\t0s\t0.00mb\t0\t0s\t0\t0\t3\t0\t9\n",
        end.out);
  }

  void hostileNumbersAreShownAllTheSame() {
    const Finished end =
        ask("stats", R"({"started":18446744073709551615,)"
                     R"("uptime":18446744073709551615,"memory":-1,"threads":1e400,)"
                     R"("a\nb":18446744073709551615})");
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 0, end.code);
    CPPUNIT_ASSERT_EQUAL(
        "service  peer\n\n"
        "node\t\taddress:port\t\tstarted\tuptime\tmemory\tthreads\tgc\ta\\nb\n"
        "-\t\t" +
            address_ +
            "\t\tJan 19 03:14:07\t2562047h47m16s\t0.00mb\t0\t0s"
            "\t18446744073709551615\n",
        end.out);
  }

  void statsAsJson() {
    const Finished end = ask("stats", R"({"uptime":18446744073709551615})", {"--json"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 0, end.code);
    CPPUNIT_ASSERT_MESSAGE(
        end.out, end.out.find("\"stats\": {\n\t\t\t\"uptime\": 18446744073709551615\n\t\t}") !=
                     std::string::npos);
  }

  void aServerWithoutStatsIsAFailure() {
    for (const std::vector<std::string>& flags : {std::vector<std::string>{}, {"--json"}}) {
      const Finished end = askRaw(
          "stats", R"({"id":0,"result":{},"error":"rpc: can't find method Debug.Stats"})", flags);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 1, end.code);
      CPPUNIT_ASSERT_MESSAGE(end.out, end.out.find("rpc: can't find method") != std::string::npos);
    }
  }

  // For a node that never answers.
  void interruptionEndsTheWait() {
    for (const char* command : {"health", "stats"}) {
      for (const int signal : {SIGINT, SIGTERM}) {
        test::ScriptedServer peer(*loop_,
                                  [](const auto&) { return test::ScriptedServer::Reply(); });
        test::Process process(test::evmicroCommand(
            "", {command, "peer", "--address", peer.address(), "--client_request_timeout", "1h"}));
        CPPUNIT_ASSERT(test::turnUntil(*loop_, [&peer] { return !peer.requests().empty(); }));
        process.signal(signal);
        CPPUNIT_ASSERT_EQUAL(128 + signal, process.wait().value_or(-1));
        CPPUNIT_ASSERT_EQUAL(std::string(), process.out());
      }
    }
  }

 private:
  Finished ask(const char* command, const std::string& result,
               const std::vector<std::string>& flags = {}) {
    return askRaw(command, "{\"id\":0,\"result\":" + result + ",\"error\":null}", flags);
  }

  Finished askRaw(const char* command, const std::string& body,
                  const std::vector<std::string>& flags) {
    test::ScriptedServer peer(*loop_, [&body](const test::ScriptedServer::Request&) {
      return test::ScriptedServer::reply(200, body);
    });
    address_ = peer.address();
    std::vector<std::string> words = {command, "peer", "--address", address_};
    words.insert(words.end(), flags.begin(), flags.end());
    test::ProcessOptions options;
    options.environment = {"TZ=UTC"};
    return test::evmicroWith(*loop_, "", words, options);
  }

  std::unique_ptr<EventLoop> loop_;
  std::string address_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(NodeAnswersTest);

}  // namespace evmicro

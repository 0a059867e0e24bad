#include "service/flags.h"

#include <cstdlib>

#include <cppunit/extensions/HelperMacros.h>

namespace evmicro {

using detail::FlagsOutcome;
using std::chrono::milliseconds;

class FlagsTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(FlagsTest);
  CPPUNIT_TEST(valuesMayFollowOrBeAttached);
  CPPUNIT_TEST(listsMayHaveBlanks);
  CPPUNIT_TEST(theCommandLineWinsOverTheEnvironment);
  CPPUNIT_TEST(ownFlagsAreFilled);
  CPPUNIT_TEST(badInputIsNamed);
  CPPUNIT_TEST(badEnvironmentIsNamed);
  CPPUNIT_TEST(helpListsEveryFlag);
  CPPUNIT_TEST(metadataAddsUp);
  CPPUNIT_TEST(everyLimitHasAFlag);
  CPPUNIT_TEST(timesOfConnectionsHaveFlags);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { options_ = ServiceOptions(); }
  void tearDown() override {
    ::unsetenv("MICRO_SERVER_NAME");
    ::unsetenv("MICRO_CLIENT_RETRIES");
  }

  void valuesMayFollowOrBeAttached() {
    CPPUNIT_ASSERT(
        parse({"--server_name", "a", "-server_address=:7", "--register_ttl", "90"}).ok());
    CPPUNIT_ASSERT_EQUAL(std::string("a"), options_.name);
    CPPUNIT_ASSERT_EQUAL(std::string(":7"), options_.server.address);
    CPPUNIT_ASSERT(options_.server.registerTtl == milliseconds(90'000));
  }

  void listsMayHaveBlanks() {
    CPPUNIT_ASSERT(parse({"--registry_address", " a:1 , b:2,,\tc:3 , "}).ok());
    CPPUNIT_ASSERT((std::vector<std::string>{"a:1", "b:2", "c:3"}) == options_.registryAddresses);
  }

  void theCommandLineWinsOverTheEnvironment() {
    ::setenv("MICRO_SERVER_NAME", "environment", 1);
    ::setenv("MICRO_CLIENT_RETRIES", "4", 1);
    CPPUNIT_ASSERT(parse({"--server_name=line"}).ok());
    CPPUNIT_ASSERT_EQUAL(std::string("line"), options_.name);
    CPPUNIT_ASSERT_EQUAL(4, options_.client.retries);
  }

  void ownFlagsAreFilled() {
    bool client = false;
    int count = 3;
    std::string queue;
    options_.flags = {{"client", "", &client}, {"count", "", &count}, {"queue", "", &queue}};
    CPPUNIT_ASSERT(parse({"--client", "--count=-7", "--queue", "q"}).ok());
    CPPUNIT_ASSERT(client);
    CPPUNIT_ASSERT_EQUAL(-7, count);
    CPPUNIT_ASSERT_EQUAL(std::string("q"), queue);
  }

  void badInputIsNamed() {
    expectError({"--server_nam", "x"}, "did you mean --server_name?");
    expectError({"--zzzzzzzzzzzz"}, "unknown flag --zzzzzzzzzzzz (see --help");
    expectError({"stray"}, "unexpected argument \"stray\"");
    expectError({"--"}, "unexpected argument");
    expectError({"--server_name"}, "--server_name needs a value");
    expectError({"--register_ttl", "soon"}, "flag --register_ttl: invalid duration \"soon\"");
    expectError({"--client_retries", "0"}, "expected a whole number of at least 1, got \"0\"");
    expectError({"--client_retries", "2x"}, "expected a whole number of at least 1, got \"2x\"");
    expectError({"--registry", "etcd9"}, "expected one of consul");
    expectError({"--server_metadata", "=x"}, "key=value");
    bool client = false;
    options_.flags = {{"client", "", &client}};
    expectError({"--client=maybe"}, "expected true or false, got \"maybe\"");
  }

  void badEnvironmentIsNamed() {
    ::setenv("MICRO_CLIENT_RETRIES", "many", 1);
    expectError({},
                "environment variable MICRO_CLIENT_RETRIES: expected a whole number of at least 1");
  }

  void helpListsEveryFlag() {
    CPPUNIT_ASSERT(*parse({"--help"}) == FlagsOutcome::kHelp);
    CPPUNIT_ASSERT(*parse({"--version"}) == FlagsOutcome::kVersion);
    const auto flags = detail::serviceFlags(options_);
    const std::string help = detail::helpText("greeter", flags);
    for (const auto& flag : flags) {
      CPPUNIT_ASSERT_MESSAGE(flag.name, help.find("--" + flag.name) != std::string::npos);
    }
  }

  void metadataAddsUp() {
    CPPUNIT_ASSERT(parse({"--server_metadata", "a=1", "--server_metadata=b=x=y"}).ok());
    CPPUNIT_ASSERT_EQUAL(std::string("1"), options_.metadata.at("a"));
    CPPUNIT_ASSERT_EQUAL(std::string("x=y"), options_.metadata.at("b"));
  }

  void everyLimitHasAFlag() {
    const ListenOptions defaults;
    struct Row {
      const char* flag;
      std::size_t ListenOptions::*limit;
      std::size_t byDefault;
    };
    for (const Row& row :
         {Row{"--server_max_connections", &ListenOptions::maxConnections, 0},
          Row{"--server_max_connections_per_peer", &ListenOptions::maxConnectionsPerPeer, 0},
          Row{"--server_max_body", &ListenOptions::maxBodyBytes, 16U << 20},
          Row{"--server_max_header", &ListenOptions::maxHeaderBytes, 64U << 10},
          Row{"--server_max_header_lines", &ListenOptions::maxHeaderLines, 128},
          Row{"--server_max_buffered", &ListenOptions::memoryBytes, 256U << 20},
          Row{"--server_min_read_rate", &ListenOptions::minReadRate, 1'024},
          Row{"--server_max_handshakes", &ListenOptions::maxHandshakes, 1'024},
          Row{"--server_max_streams", &ListenOptions::maxStreams, 1'000}}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.flag, row.byDefault, defaults.*row.limit);
      for (const std::size_t value : {std::size_t(7), std::size_t(0)}) {
        CPPUNIT_ASSERT(parse({row.flag, std::to_string(value).c_str()}).ok());
        CPPUNIT_ASSERT_EQUAL_MESSAGE(row.flag, value, options_.server.limits.*row.limit);
      }
      expectError({row.flag, "-1"}, "expected a whole number of at least 0, got \"-1\"");
    }
  }

  void timesOfConnectionsHaveFlags() {
    CPPUNIT_ASSERT(options_.server.limits.idleTimeout == milliseconds(120'000));
    CPPUNIT_ASSERT(options_.server.limits.messageTimeout == milliseconds(30'000));
    CPPUNIT_ASSERT(
        parse({"--server_idle_timeout", "1m30s", "--server_message_timeout", "500ms"}).ok());
    CPPUNIT_ASSERT(options_.server.limits.idleTimeout == milliseconds(90'000));
    CPPUNIT_ASSERT(options_.server.limits.messageTimeout == milliseconds(500));
  }

 private:
  Result<FlagsOutcome> parse(std::vector<const char*> words) {
    words.insert(words.begin(), "program");
    return detail::parseFlags(detail::serviceFlags(options_), static_cast<int>(words.size()),
                              words.data());
  }

  void expectError(const std::vector<const char*>& words, const std::string& part) {
    const auto parsed = parse(words);
    CPPUNIT_ASSERT(!parsed.ok());
    const std::string detail = parsed.status().detail();
    CPPUNIT_ASSERT_MESSAGE(detail, detail.find(part) != std::string::npos);
  }

  ServiceOptions options_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(FlagsTest);

}  // namespace evmicro

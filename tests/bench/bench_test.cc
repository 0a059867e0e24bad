// The benchmarks as their users start them, with next to no load: figures mean nothing here.
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>
#include <jansson.h>

#include "json/jansson.h"
#include "net/tls.h"
#include "support/process.h"

namespace evmicro {

namespace {

const char kProgram[] = TEST_BUILD_DIR "/tests/bench/bench";

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

test::Finished bench(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), kProgram);
  return test::run(arguments);
}

// What `--json /dev/stdout` has printed behind the tables.
detail::Json jsonOf(const test::Finished& finished) {
  const std::size_t start = finished.out.find("\n{\n");
  CPPUNIT_ASSERT_MESSAGE(finished.out + finished.err, start != std::string::npos);
  auto json = detail::readJson(finished.out.substr(start));
  CPPUNIT_ASSERT_MESSAGE(json.status().toString(), json.ok());
  return std::move(*json);
}

double figure(const json_t* row, const char* key, const char* part) {
  return json_number_value(json_object_get(json_object_get(row, key), part));
}

}  // namespace

class BenchTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(BenchTest);
  CPPUNIT_TEST(serversAreMeasured);
  CPPUNIT_TEST(tlsIsMeasured);
  CPPUNIT_TEST(clientsAreMeasured);
  CPPUNIT_TEST(streamsAreMeasured);
  CPPUNIT_TEST(onlyWhatIsNamedRuns);
  CPPUNIT_TEST(tablesAreMarkdown);
  CPPUNIT_TEST(endsWhenItsTimeIsUp);
  CPPUNIT_TEST(wrongUsageIsExplained);
  CPPUNIT_TEST(unwritableFilesAreToldBeforeTheWork);
  CPPUNIT_TEST(missingGnuplotIsToldBeforeTheWork);
  CPPUNIT_TEST_SUITE_END();

 public:
  void serversAreMeasured() {
    check({"calls"}, "calls",
          {"epoll", "bufferevent", "evhttp", "evmicro proto", "evmicro json", "evmicro evhttp"});
    check({"connecting"}, "connecting",
          {"bufferevent", "evhttp", "evmicro proto", "evmicro evhttp"});
  }
  void tlsIsMeasured() {
    if (!detail::haveTls()) return;
    for (const char* section : {"tls", "handshakes", "resumptions"}) {
      check({section}, section, {"epoll", "evmicro proto"});
    }
  }
  void clientsAreMeasured() { check({"clients"}, "clients", {"bufferevent", "evmicro proto"}); }
  void streamsAreMeasured() {
    check({"streams"}, "streams", {"bufferevent", "evmicro proto"});
    check({"pings"}, "pings", {"evmicro proto"});
  }

  void onlyWhatIsNamedRuns() {
    const test::Finished finished = bench({"--rounds", "1", "--calls", "8", "evhttp", "pings"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(finished.err, 0, finished.code);
    CPPUNIT_ASSERT(contains(finished.out, "evhttp") && contains(finished.out, "pings/s"));
    CPPUNIT_ASSERT(!contains(finished.out, "\nepoll") && !contains(finished.out, "json"));
  }

  void tablesAreMarkdown() {
    const test::Finished finished =
        bench({"--rounds", "1", "--calls", "8", "--markdown", "/dev/stdout", "connecting"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(finished.err, 0, finished.code);
    CPPUNIT_ASSERT_MESSAGE(finished.out, contains(finished.out, "\n| evmicro proto | 16 | "));
  }

  void endsWhenItsTimeIsUp() {
    const test::Finished finished =
        bench({"--rounds", "1000000", "--calls", "8", "--seconds", "1", "pings"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(finished.err, 0, finished.code);
    CPPUNIT_ASSERT_MESSAGE(finished.err, contains(finished.err, "time is up"));
    CPPUNIT_ASSERT_MESSAGE(finished.out, contains(finished.out, "\nevmicro proto"));
  }

  void wrongUsageIsExplained() {
    const struct {
      std::vector<std::string> arguments;
      std::string message;
    } cases[] = {{{"--nonsense"}, "unknown flag --nonsense"},
                 {{"--rounds", "0"}, "--rounds needs a number above 0, not \"0\""},
                 {{"--calls", "12k"}, "--calls needs a number above 0, not \"12k\""},
                 {{"--json"}, "--json needs a value"},
                 {{"postcard"}, "no peer and no section is called postcard"}};
    for (const auto& one : cases) {
      const test::Finished finished = bench(one.arguments);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(one.message, 2, finished.code);
      CPPUNIT_ASSERT_MESSAGE(finished.err, contains(finished.err, one.message));
      CPPUNIT_ASSERT_MESSAGE(finished.err, contains(finished.err, "usage: bench"));
    }
  }

  void unwritableFilesAreToldBeforeTheWork() {
    const test::Finished finished = bench({"--json", "/nowhere/figures.json"});
    CPPUNIT_ASSERT_EQUAL(1, finished.code);
    CPPUNIT_ASSERT_MESSAGE(finished.err, contains(finished.err, "/nowhere/figures.json"));
    CPPUNIT_ASSERT_MESSAGE(finished.err, !contains(finished.err, "round"));
  }

  void missingGnuplotIsToldBeforeTheWork() {
    test::ProcessOptions options;
    options.environment = {"PATH=/nowhere"};
    const test::Finished finished = test::run({kProgram, "--chart", "/dev/null"}, options);
    CPPUNIT_ASSERT_EQUAL(1, finished.code);
    CPPUNIT_ASSERT_MESSAGE(finished.err, contains(finished.err, "apt-get install gnuplot-nox"));
    CPPUNIT_ASSERT_MESSAGE(finished.err, !contains(finished.err, "round"));
  }

 private:
  // Every peer has a row in `section`, which was measured twice.
  static void check(const std::vector<std::string>& names, const std::string& section,
                    const std::vector<std::string>& peers) {
    std::vector<std::string> arguments{"--rounds", "2", "--calls", "8", "--json", "/dev/stdout"};
    arguments.insert(arguments.end(), names.begin(), names.end());
    const test::Finished finished = bench(arguments);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(finished.err, 0, finished.code);
    const detail::Json json = jsonOf(finished);
    for (const std::string& peer : peers) {
      const json_t* const row = find(json_object_get(json.get(), "rows"), section, peer);
      CPPUNIT_ASSERT_MESSAGE(section + " " + peer, row);
      CPPUNIT_ASSERT_EQUAL(json_int_t{2}, json_integer_value(json_object_get(row, "rounds")));
      const double most = figure(row, "cpuMicroseconds", "most");
      CPPUNIT_ASSERT(figure(row, "cpuMicroseconds", "least") > 0);
      CPPUNIT_ASSERT(figure(row, "cpuMicroseconds", "median") <= most);
      CPPUNIT_ASSERT(figure(row, "perSecond", "median") > 0);
    }
  }

  static const json_t* find(const json_t* rows, const std::string& section,
                            const std::string& peer) {
    for (std::size_t i = 0; i < json_array_size(rows); ++i) {
      const json_t* const row = json_array_get(rows, i);
      if (detail::textAt(row, "section") == section && detail::textAt(row, "peer") == peer) {
        return row;
      }
    }
    return nullptr;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(BenchTest);

}  // namespace evmicro

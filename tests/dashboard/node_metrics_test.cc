// What the dashboard reads in the metrics of a node, and what it makes of two readings.
#include "dashboard/node_metrics.h"

#include <cmath>
#include <string>

#include <cppunit/extensions/HelperMacros.h>

#include "dashboard/history.h"

namespace evmicro {

using namespace dashboard;

class NodeMetricsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(NodeMetricsTest);
  CPPUNIT_TEST(readsMethodsAndCallers);
  CPPUNIT_TEST(skipsWhatItCannotRead);
  CPPUNIT_TEST(keepsNoMoreMethodsAndCallersThanTheLimit);
  CPPUNIT_TEST(unescapesLabels);
  CPPUNIT_TEST(quantilesLieWithinTheirBucket);
  CPPUNIT_TEST(differenceIsPerSecond);
  CPPUNIT_TEST(restartedProcessCountsFromZero);
  CPPUNIT_TEST(debugMethodsAreNotInTheTotal);
  CPPUNIT_TEST(historyKeepsFifteenMinutes);
  CPPUNIT_TEST_SUITE_END();

 public:
  void readsMethodsAndCallers() {
    const NodeMetrics read = readNodeMetrics(
        "# TYPE evmicro_server_calls_total counter\n"
        "evmicro_server_calls_total{method=\"Say.Hello\",code=\"200\"} 7\n"
        "evmicro_server_calls_total{method=\"Say.Hello\",code=\"500\"} 2 1700000000000\n"
        "evmicro_server_calls_in_flight{method=\"Say.Hello\"} 3\n"
        "evmicro_server_call_duration_seconds_bucket{method=\"Say.Hello\",le=\"0.1\"} 4\n"
        "evmicro_server_call_duration_seconds_bucket{method=\"Say.Hello\",le=\"+Inf\"} 9\n"
        "evmicro_server_streams_open{method=\"Say.Count\"} 1\n"
        "evmicro_server_calls_from_total{service=\"go.micro.api\"} 5\n"
        "evmicro_server_start_time_seconds 1000\n"
        "process_resident_memory_bytes 4096\n");
    const MethodTotals& hello = read.methods.at("Say.Hello");
    CPPUNIT_ASSERT_EQUAL(9.0, hello.calls);
    CPPUNIT_ASSERT_EQUAL(2.0, hello.errors);
    CPPUNIT_ASSERT_EQUAL(3.0, hello.inFlight);
    CPPUNIT_ASSERT_EQUAL(9.0, hello.latency.rbegin()->second);
    CPPUNIT_ASSERT_EQUAL(1.0, read.methods.at("Say.Count").streams);
    CPPUNIT_ASSERT_EQUAL(5.0, read.callers.at("go.micro.api"));
    CPPUNIT_ASSERT_EQUAL(1000.0, read.started);
    CPPUNIT_ASSERT_EQUAL(4096.0, read.memory);
  }

  void skipsWhatItCannotRead() {
    for (const char* page :
         {"", "\n\n", "evmicro_server_calls_total", "evmicro_server_calls_total{", "{} 1", " 1",
          "evmicro_server_calls_total{method=\"a", "evmicro_server_calls_total{method=\"a\\",
          "evmicro_server_calls_total{method=\"a\"", "evmicro_server_calls_total{method=\"a\"} x",
          "evmicro_server_calls_total{method=\"a\"}", "<html>evmicro</html>",
          "evmicro_server_call_duration_seconds_bucket{method=\"\",le=\"nan\"} 1"}) {
      const NodeMetrics read = readNodeMetrics(page);
      for (const auto& [name, method] : read.methods) {
        CPPUNIT_ASSERT_EQUAL_MESSAGE(page, 0.0, method.calls);
        CPPUNIT_ASSERT_MESSAGE(page, method.latency.empty());
      }
      CPPUNIT_ASSERT_MESSAGE(page, read.callers.empty());
    }
  }

  void keepsNoMoreMethodsAndCallersThanTheLimit() {
    std::string page;
    for (int i = 0; i < 4; ++i) {
      const std::string name = std::to_string(i);
      page += "evmicro_server_calls_total{method=\"" + name + "\",code=\"200\"} 1\n";
      page += "evmicro_server_calls_from_total{service=\"" + name + "\"} 1\n";
    }
    const NodeMetrics all = readNodeMetrics(page, {4, 4});
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, all.methods.size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, all.callers.size());
    const NodeMetrics some = readNodeMetrics(page + page, {3, 2});
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, some.methods.size());
    CPPUNIT_ASSERT_EQUAL(2.0, some.methods.at("2").calls);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, some.callers.size());
  }

  void unescapesLabels() {
    const NodeMetrics read =
        readNodeMetrics("evmicro_server_calls_from_total{x=\"}\",service=\"a\\\"b\\\\c\\nd\"} 1\n");
    CPPUNIT_ASSERT_EQUAL(1.0, read.callers.at("a\"b\\c\nd"));
  }

  void quantilesLieWithinTheirBucket() {
    const std::map<double, double> buckets = {{0.1, 50}, {0.2, 90}, {INFINITY, 100}};
    CPPUNIT_ASSERT_DOUBLES_EQUAL(0.1, quantile(buckets, 0.5), 1e-9);
    CPPUNIT_ASSERT_DOUBLES_EQUAL(0.05, quantile(buckets, 0.25), 1e-9);
    CPPUNIT_ASSERT_DOUBLES_EQUAL(0.15, quantile(buckets, 0.7), 1e-9);
    CPPUNIT_ASSERT_DOUBLES_EQUAL(0.2, quantile(buckets, 0.99), 1e-9);
    CPPUNIT_ASSERT(std::isnan(quantile({}, 0.5)));
    CPPUNIT_ASSERT(std::isnan(quantile({{0.1, 0}, {INFINITY, 0}}, 0.5)));
  }

  void differenceIsPerSecond() {
    NodeMetrics before;
    before.methods["A.B"] = {10, 1, 0, 0, {{0.1, 10}}};
    before.callers["x"] = 4;
    NodeMetrics now = before;
    now.methods["A.B"] = {30, 6, 2, 0, {{0.1, 25}}};
    now.callers["x"] = 14;
    now.cpu = 1;
    const Activity activity = difference(before, now, 5);
    const Activity::Method& method = activity.methods.at("A.B");
    CPPUNIT_ASSERT_EQUAL(4.0, method.calls);
    CPPUNIT_ASSERT_EQUAL(1.0, method.errors);
    CPPUNIT_ASSERT_EQUAL(2.0, method.inFlight);
    CPPUNIT_ASSERT_EQUAL(15.0, method.latency.at(0.1));
    CPPUNIT_ASSERT_EQUAL(2.0, activity.callers.at("x"));
    CPPUNIT_ASSERT_EQUAL(0.2, activity.cpu);
  }

  void restartedProcessCountsFromZero() {
    NodeMetrics before;
    before.started = 1;
    before.methods["A.B"] = {10, 0, 0, 0, {{0.1, 10}}};
    NodeMetrics now = before;
    now.started = 2;
    now.methods["A.B"].calls = 20;
    CPPUNIT_ASSERT_EQUAL(20.0, difference(before, now, 1).methods.at("A.B").calls);
    now.started = 1;
    now.methods["A.B"].calls = 3;  // a clock that was set leaves the same time
    CPPUNIT_ASSERT_EQUAL(3.0, difference(before, now, 1).methods.at("A.B").calls);
  }

  void debugMethodsAreNotInTheTotal() {
    Activity activity;
    activity.methods["Debug.Health"].calls = 5;
    activity.methods["A.B"].calls = 2;
    Activity other = activity;
    activity.add(other);
    CPPUNIT_ASSERT_EQUAL(4.0, activity.total().calls);
  }

  void historyKeepsFifteenMinutes() {
    History history;
    for (std::int64_t i = 0; i < 200; ++i) {
      HistoryPoint point;
      point.time = i;
      history.add(point);
    }
    CPPUNIT_ASSERT_EQUAL(History::kMost, history.points().size());
    CPPUNIT_ASSERT_EQUAL(std::int64_t{199}, history.points().back().time);
    history.expire(198 + History::kSeconds);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, history.points().size());
    history.expire(199 + History::kSeconds);
    CPPUNIT_ASSERT(history.points().empty());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(NodeMetricsTest);

}  // namespace evmicro

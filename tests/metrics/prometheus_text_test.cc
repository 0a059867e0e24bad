#include "metrics/prometheus_text.h"

#include <stdexcept>

#include <cppunit/extensions/HelperMacros.h>

#include "metrics/buckets.h"
#include "support/prometheus_page.h"

namespace evmicro {

using detail::PrometheusText;
using test::PrometheusPage;
using namespace std::chrono_literals;

class PrometheusTextTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PrometheusTextTest);
  CPPUNIT_TEST(aFamilyIsWrittenInOnePiece);
  CPPUNIT_TEST(labelValuesAreEscaped);
  CPPUNIT_TEST(bucketsAreCumulated);
  CPPUNIT_TEST(greatNumbersKeepTheirDigits);
  CPPUNIT_TEST(malformedNamesAreRefused);
  CPPUNIT_TEST(timesFallIntoTheirBuckets);
  CPPUNIT_TEST_SUITE_END();

 public:
  void aFamilyIsWrittenInOnePiece() {
    PrometheusText text;
    text.counter("a_total", "First.", 1, {{"x", "1"}});
    text.gauge("b", "Second.", -2.5, {});
    text.counter("a_total", "Ignored.", 3, {{"x", "2"}});
    CPPUNIT_ASSERT_EQUAL(std::string("# HELP a_total First.\n"
                                     "# TYPE a_total counter\n"
                                     "a_total{x=\"1\"} 1\n"
                                     "a_total{x=\"2\"} 3\n"
                                     "# HELP b Second.\n"
                                     "# TYPE b gauge\n"
                                     "b -2.5\n"),
                         text.text());
  }

  void labelValuesAreEscaped() {
    PrometheusText text;
    text.gauge("g", "Help.", 0, {{"v", "a\"b\\c\nd } e=\xff"}});
    CPPUNIT_ASSERT_EQUAL(std::string("# HELP g Help.\n"
                                     "# TYPE g gauge\n"
                                     "g{v=\"a\\\"b\\\\c\\nd } e=\xff\"} 0\n"),
                         text.text());
    PrometheusPage(text.text());
  }

  void bucketsAreCumulated() {
    Distribution times;
    times.bounds = {0.5, 1};
    times.counts = {3, 0, 4};
    times.sum = 9.25;
    PrometheusText text;
    text.histogram("h", "Help.", times, {{"l", "v"}});
    const PrometheusPage page(text.text());
    CPPUNIT_ASSERT_EQUAL(3.0, page.at("h_bucket{l=\"v\",le=\"0.5\"}"));
    CPPUNIT_ASSERT_EQUAL(3.0, page.at("h_bucket{l=\"v\",le=\"1\"}"));
    CPPUNIT_ASSERT_EQUAL(7.0, page.at("h_bucket{l=\"v\",le=\"+Inf\"}"));
    CPPUNIT_ASSERT_EQUAL(7.0, page.at("h_count{l=\"v\"}"));
    CPPUNIT_ASSERT_EQUAL(9.25, page.at("h_sum{l=\"v\"}"));
  }

  void greatNumbersKeepTheirDigits() {
    PrometheusText text;
    text.counter("bytes_total", "Help.", 9'007'199'254'740'991.0, {});
    CPPUNIT_ASSERT_EQUAL(9'007'199'254'740'991.0, PrometheusPage(text.text()).at("bytes_total"));
  }

  void malformedNamesAreRefused() {
    PrometheusText text;
    CPPUNIT_ASSERT_THROW(text.gauge("", "", 0, {}), std::invalid_argument);
    CPPUNIT_ASSERT_THROW(text.gauge("1a", "", 0, {}), std::invalid_argument);
    CPPUNIT_ASSERT_THROW(text.gauge("a b", "", 0, {}), std::invalid_argument);
    CPPUNIT_ASSERT_THROW(text.gauge("a", "", 0, {{"x:y", ""}}), std::invalid_argument);
    CPPUNIT_ASSERT_THROW(text.gauge("a", "", 0, {{"__x", ""}}), std::invalid_argument);
    text.gauge("twice", "Help.", 0, {});
    CPPUNIT_ASSERT_THROW(text.counter("twice", "", 0, {}), std::invalid_argument);
  }

  void timesFallIntoTheirBuckets() {
    detail::Buckets<10, 100> times;
    times.observe(-1ns);
    times.observe(10us);
    times.observe(10'001ns);
    times.observe(100us);
    times.observe(1s);
    const Distribution seconds = times.seconds();
    CPPUNIT_ASSERT(seconds.bounds == std::vector<double>({0.00001, 0.0001}));
    CPPUNIT_ASSERT(seconds.counts == std::vector<std::uint64_t>({2, 2, 1}));
    CPPUNIT_ASSERT_DOUBLES_EQUAL(1.000120001, seconds.sum, 1e-12);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PrometheusTextTest);

}  // namespace evmicro

#include "service/protobuf_log.h"

#include <cppunit/extensions/HelperMacros.h>

#include <google/protobuf/stubs/logging.h>

#include "server/debug.pb.h"
#include "support/captured_log.h"

namespace evmicro {

class ProtobufLogTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ProtobufLogTest);
  CPPUNIT_TEST(badStringsAreWarningsWithinTheLimit);
  CPPUNIT_TEST_SUITE_END();

 public:
  void badStringsAreWarningsWithinTheLimit() {
    auto* const before = google::protobuf::SetLogHandler(nullptr);
    detail::routeProtobufLog();
    test::CapturedLog log("codec");
    detail::HealthResponse message;
    for (int i = 0; i < 100; ++i) CPPUNIT_ASSERT(!message.ParseFromString("\x0a\x01\xff"));
    google::protobuf::SetLogHandler(before);
    CPPUNIT_ASSERT_EQUAL(std::size_t{100}, log.lines().size());
    int warnings = 0;
    for (const std::string& line : log.lines()) warnings += line.substr(0, 5) == "WARN " ? 1 : 0;
    CPPUNIT_ASSERT(warnings >= 1 && warnings <= 20);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0},
                         log.lines()[0].find("WARN protobuf: String field 'evmicro.detail."
                                             "HealthResponse.status' contains invalid UTF-8"));
    CPPUNIT_ASSERT_EQUAL(std::string("DEBUG "), log.lines()[99].substr(0, 6));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ProtobufLogTest);

}  // namespace evmicro

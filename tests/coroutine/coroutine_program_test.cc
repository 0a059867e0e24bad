// Runs the suites in C++20, and the example, whose output it knows.
#include <string>

#include <cppunit/extensions/HelperMacros.h>
#include <unistd.h>

#include <evmicro/conformance/skip.h>

#include "support/process.h"

namespace evmicro {

class CoroutineProgramTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CoroutineProgramTest);
  CPPUNIT_TEST(suitesPass);
  CPPUNIT_TEST(examplePrints);
  CPPUNIT_TEST_SUITE_END();

 public:
  void suitesPass() {
    const test::Finished end = run("tests/coroutine/run");
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.out + end.err, 0, end.code);
    CPPUNIT_ASSERT_MESSAGE(end.out, end.out.find(" passed, 0 failed") != std::string::npos);
  }

  void examplePrints() {
    const test::Finished end = run("examples/coroutines");
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 0, end.code);
    const std::string expected =
        "Hello John\nHello Jane\nno name\ncounted 3\ncounted 2\ncounted 1\nHello Jack\n";
    CPPUNIT_ASSERT_EQUAL(expected, end.out);
  }

 private:
  static test::Finished run(const std::string& program) {
    const std::string path = TEST_BUILD_DIR "/" + program;
    if (::access(path.c_str(), X_OK) != 0) test::skip("the compiler has no coroutines (C++20)");
    return test::run({path});
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CoroutineProgramTest);

}  // namespace evmicro

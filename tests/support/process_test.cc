#include "support/process.h"

#include <csignal>
#include <stdexcept>

#include <cppunit/extensions/HelperMacros.h>

namespace evmicro::test {

class ProcessTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ProcessTest);
  CPPUNIT_TEST(collectsOutputAndExitCode);
  CPPUNIT_TEST(seesOutputOfARunningProgram);
  CPPUNIT_TEST(givesTheRestOfALine);
  CPPUNIT_TEST(outputThatNeverComesEndsWithTheProgram);
  CPPUNIT_TEST(tellsTheSignalThatEndedIt);
  CPPUNIT_TEST(limitsDescriptors);
  CPPUNIT_TEST(feedsStdin);
  CPPUNIT_TEST(stdoutMayBeBroken);
  CPPUNIT_TEST(leavesOutWhatConfiguresServices);
  CPPUNIT_TEST(measuresProcessorTime);
  CPPUNIT_TEST_EXCEPTION(aMissingProgramIsAnError, std::runtime_error);
  CPPUNIT_TEST_SUITE_END();

 public:
  void collectsOutputAndExitCode() {
    const Finished result = run({"/bin/sh", "-c", "echo out; echo err >&2; exit 7"});
    CPPUNIT_ASSERT_EQUAL(7, result.code);
    CPPUNIT_ASSERT_EQUAL(std::string("out\n"), result.out);
    CPPUNIT_ASSERT_EQUAL(std::string("err\n"), result.err);
  }

  void seesOutputOfARunningProgram() {
    Process process({"/bin/sh", "-c", "echo ready >&2; exec cat /dev/zero >/dev/null"});
    CPPUNIT_ASSERT(process.prints("ready"));
    CPPUNIT_ASSERT(process.running());
  }

  void givesTheRestOfALine() {
    Process process(
        {"/bin/sh", "-c", "echo before; printf 'port: 1' >&2; echo 23 >&2; printf half"});
    CPPUNIT_ASSERT_EQUAL(std::string("123"), process.printsLine("port: ").value_or("none"));
    CPPUNIT_ASSERT(!process.printsLine("ha"));
  }

  void outputThatNeverComesEndsWithTheProgram() {
    Process process({"/bin/sh", "-c", "echo something else"});
    CPPUNIT_ASSERT(!process.prints("ready"));
    CPPUNIT_ASSERT(process.wait() == 0);
  }

  void tellsTheSignalThatEndedIt() {
    Process process({"/bin/sh", "-c", "echo ready; exec cat /dev/zero >/dev/null"});
    CPPUNIT_ASSERT(process.prints("ready"));
    process.signal(SIGTERM);
    CPPUNIT_ASSERT(process.wait() == 128 + SIGTERM);
    CPPUNIT_ASSERT(!process.running());
  }

  void limitsDescriptors() {
    ProcessOptions options;
    options.descriptors = 32;
    CPPUNIT_ASSERT_EQUAL(std::string("32\n"), run({"/bin/sh", "-c", "ulimit -n"}, options).out);
  }

  void feedsStdin() {
    ProcessOptions options;
    options.input = "one\ntwo\n";
    CPPUNIT_ASSERT_EQUAL(options.input, run({"/bin/cat"}, options).out);
    CPPUNIT_ASSERT_EQUAL(std::string(), run({"/bin/cat"}).out);
  }

  void stdoutMayBeBroken() {
    ProcessOptions options;
    options.out = ProcessOptions::Stdout::kBroken;
    const Finished end = run({"/bin/sh", "-c", "trap '' PIPE; cat /dev/zero"}, options);
    CPPUNIT_ASSERT_EQUAL(1, end.code);
    CPPUNIT_ASSERT_MESSAGE(end.err, end.err.find("Broken pipe") != std::string::npos);
  }

  void leavesOutWhatConfiguresServices() {
    ::setenv("MICRO_REGISTRY", "from the test's caller", 1);
    ProcessOptions options;
    options.environment = {"CONSUL_HTTP_ADDR=added"};
    const std::string seen =
        run({"/bin/sh", "-c", "echo \"${MICRO_REGISTRY-none} $CONSUL_HTTP_ADDR\""}, options).out;
    ::unsetenv("MICRO_REGISTRY");
    CPPUNIT_ASSERT_EQUAL(std::string("none added\n"), seen);
  }

  void measuresProcessorTime() {
    Process process({"/bin/sh", "-c",
                     "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; "
                     "echo done; exec cat /dev/zero >/dev/null"});
    CPPUNIT_ASSERT(process.prints("done"));
    CPPUNIT_ASSERT(process.cpuTime().count() > 0);
  }

  void aMissingProgramIsAnError() { Process({"/nonexistent/program"}); }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ProcessTest);

}  // namespace evmicro::test

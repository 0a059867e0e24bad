// Runs the suites: all of them, or those named on the command line (`Suite`, `Suite::case`).
// --list names them all; --until-failure, as the first argument, ends at the first case that fails.
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <unistd.h>

#include <cppunit/Exception.h>
#include <cppunit/SourceLine.h>
#include <cppunit/Test.h>
#include <cppunit/TestFailure.h>
#include <cppunit/TestListener.h>
#include <cppunit/TestResult.h>
#include <cppunit/extensions/TestFactoryRegistry.h>

#include <evmicro/conformance/skip.h>
#include <evmicro/log.h>

// Present in sanitized builds only: how the sanitizer's own end is noticed.
extern "C" [[gnu::weak]] void __sanitizer_set_death_callback(void (*callback)());

namespace {

constexpr unsigned kLongestCase = 120;  // seconds; a case that hangs longer ends the run

// What runs now, for the handlers below: they may not allocate or lock.
char runningCase[256] = "outside of any case";

void tellWhere(const char* what) noexcept {
  const auto put = [](const char* text) {
    [[maybe_unused]] const ssize_t written = ::write(STDOUT_FILENO, text, std::strlen(text));
  };
  put("\n  FAILED ");
  put(runningCase);
  put(what);
}

void died() noexcept { tellWhere(": ended the program\n"); }

void onFatal(int signal) noexcept {
  tellWhere(signal == SIGALRM ? ": still running after two minutes\n" : ": crashed\n");
  std::signal(signal, SIG_DFL);
  ::raise(signal);
}

void noticeDeath() {
  for (const int signal : {SIGALRM, SIGABRT}) std::signal(signal, onFatal);
  if (__sanitizer_set_death_callback) {
    __sanitizer_set_death_callback(died);  // the other signals are the sanitizer's
    return;
  }
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) {
    std::signal(signal, onFatal);
  }
}

class Report final : public CppUnit::TestListener {
 public:
  /// Stops `result`, if there is one, when a case fails.
  explicit Report(CppUnit::TestResult* result) : stopAtFailure_(result) {}

  void startTest(CppUnit::Test* test) override {
    const std::string name = test->getName();
    const std::string suite = name.substr(0, name.rfind("::"));
    if (suite != suite_) {
      reportSuite();
      suite_ = suite;
      start_ = Clock::now();
    }
    outcome_ = Outcome::kPassed;
    std::strncpy(runningCase, name.c_str(), sizeof runningCase - 1);
    ::alarm(kLongestCase);
  }

  void addFailure(const CppUnit::TestFailure& failure) override {
    const auto* exception = failure.thrownException();
    if (dynamic_cast<const evmicro::test::Skip*>(exception)) {
      outcome_ = Outcome::kSkipped;
      std::cout << "  SKIPPED " << failure.failedTestName() << "\n  " << exception->what()
                << std::endl;
      return;
    }
    if (outcome_ != Outcome::kFailed) failures_.push_back(failure.failedTestName());
    outcome_ = Outcome::kFailed;
    if (stopAtFailure_) stopAtFailure_->stop();
    std::cout << "  FAILED " << failure.failedTestName() << "\n";
    const CppUnit::SourceLine line = failure.sourceLine();
    if (line.isValid()) std::cout << "  " << line.fileName() << ":" << line.lineNumber() << ":\n";
    std::cout << "  " << (exception ? exception->what() : "unknown exception") << std::endl;
  }

  void endTest(CppUnit::Test*) override {
    ::alarm(0);
    ++cases_;
    ++count_[static_cast<int>(outcome_)];
    std::strcpy(runningCase, "outside of any case");
  }

  int finish() {
    reportSuite();
    for (const std::string& name : failures_) std::cout << "failed: " << name << "\n";
    if (count(Outcome::kSkipped) > 0) {
      std::cout << "NOT RUN: " << count(Outcome::kSkipped) << " skipped, see above\n";
    }
    std::cout << count(Outcome::kPassed) << " passed, " << count(Outcome::kFailed) << " failed"
              << std::endl;
    return count(Outcome::kFailed) == 0 && count(Outcome::kPassed) > 0 ? 0 : 1;
  }

 private:
  using Clock = std::chrono::steady_clock;
  enum class Outcome { kPassed, kFailed, kSkipped };

  int count(Outcome outcome) const { return count_[static_cast<int>(outcome)]; }

  void reportSuite() {
    if (suite_.empty()) return;
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start_);
    std::cout << suite_ << ": " << cases_ << (cases_ == 1 ? " case, " : " cases, ") << took.count()
              << " ms" << std::endl;
    suite_.clear();
    cases_ = 0;
  }

  CppUnit::TestResult* stopAtFailure_;
  std::string suite_;
  int cases_ = 0;
  Outcome outcome_ = Outcome::kPassed;
  int count_[3] = {};  // of each Outcome
  std::vector<std::string> failures_;
  Clock::time_point start_;
};

void list(const CppUnit::Test& test) {
  if (test.getChildTestCount() == 0) {
    std::cout << test.getName() << "\n";
    return;
  }
  for (int i = 0; i < test.getChildTestCount(); ++i) list(*test.getChildTestAt(i));
}

// `TimerTest` means evmicro::TimerTest, wherever it is.
bool isNamed(const CppUnit::Test& test, const std::string& name) {
  const std::string full = test.getName();
  if (full == name) return true;
  const std::string tail = "::" + name;
  return full.size() > tail.size() &&
         full.compare(full.size() - tail.size(), tail.size(), tail) == 0;
}

// Runs the parts of the tree named `name`; false when there is none.
bool run(CppUnit::Test& test, const std::string& name, CppUnit::TestResult& result) {
  if (name.empty() || isNamed(test, name)) {
    test.run(&result);
    return true;
  }
  bool found = false;
  for (int i = 0; i < test.getChildTestCount(); ++i) {
    found = run(*test.getChildTestAt(i), name, result) || found;
  }
  return found;
}

evmicro::LogSink* logSink() {
  evmicro::LogSink* const sink = evmicro::setLogSink(nullptr);
  evmicro::setLogSink(sink);
  return sink;
}

// All fixtures are made before the first case runs. One that captures the log from then on would
// take the lines of all cases, on all threads.
std::unique_ptr<CppUnit::Test> makeAll() {
  const evmicro::LogSink* const before = logSink();
  std::unique_ptr<CppUnit::Test> all(CppUnit::TestFactoryRegistry::getRegistry().makeTest());
  if (logSink() == before) return all;
  std::cerr << "a fixture captures the log before its case runs: do that in setUp()\n";
  std::exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  // TEST_SOURCE_DIR and TEST_BUILD_DIR are relative to the top of the build.
  namespace fs = std::filesystem;
  fs::current_path(fs::read_symlink("/proc/self/exe").parent_path().parent_path());
  const std::unique_ptr<CppUnit::Test> all = makeAll();
  if (argc == 2 && std::strcmp(argv[1], "--list") == 0) {
    list(*all);
    return 0;
  }
  noticeDeath();
  std::vector<std::string> names(argv + 1, argv + argc);
  const bool untilFailure = !names.empty() && names.front() == "--until-failure";
  if (untilFailure) names.erase(names.begin());
  CppUnit::TestResult result;
  Report report(untilFailure ? &result : nullptr);
  result.addListener(&report);
  if (names.empty()) names.emplace_back();
  bool known = true;
  for (const std::string& name : names) {
    if (run(*all, name, result)) continue;
    std::cerr << "no suite or case is named " << name << " (see --list)\n";
    known = false;
  }
  const int code = report.finish();
  return known ? code : 1;
}

// Runs the suites: all of them, or those named on the command line (`Suite`, `Suite::case`).
#include <chrono>
#include <cstring>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <unistd.h>

#include <cppunit/Exception.h>
#include <cppunit/SourceLine.h>
#include <cppunit/TestFailure.h>
#include <cppunit/TestListener.h>
#include <cppunit/TestResult.h>
#include <cppunit/TestSuite.h>
#include <cppunit/extensions/TestFactoryRegistry.h>

namespace {

constexpr unsigned kLongestCase = 120;  // seconds; a test that hangs ends the run by SIGALRM

class Report final : public CppUnit::TestListener {
 public:
  void startTest(CppUnit::Test* test) override {
    ::alarm(kLongestCase);
    name_ = test->getName();
    failedNow_ = false;
    std::cout << name_ << " " << std::flush;
    start_ = std::chrono::steady_clock::now();
  }

  void addFailure(const CppUnit::TestFailure& failure) override {
    failedNow_ = true;
    const CppUnit::SourceLine line = failure.sourceLine();
    std::cout << "\n  FAILED";
    if (line.isValid()) std::cout << " " << line.fileName() << ":" << line.lineNumber();
    const auto* exception = failure.thrownException();
    std::cout << "\n  " << (exception ? exception->what() : "unknown exception") << std::endl;
  }

  void endTest(CppUnit::Test*) override {
    ::alarm(0);
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - start_);
    ++(failedNow_ ? failed_ : passed_);
    std::cout << (failedNow_ ? "failed" : "ok") << " (" << took.count() << " ms)" << std::endl;
    if (failedNow_) failures_.push_back(name_);
  }

  int finish() const {
    for (const std::string& name : failures_) std::cout << "failed: " << name << "\n";
    std::cout << passed_ << " passed, " << failed_ << " failed" << std::endl;
    return failed_ == 0 && passed_ > 0 ? 0 : 1;
  }

 private:
  std::string name_;
  bool failedNow_ = false;
  int passed_ = 0;
  int failed_ = 0;
  std::vector<std::string> failures_;
  std::chrono::steady_clock::time_point start_;
};

void list(const CppUnit::Test& test) {
  if (test.getChildTestCount() == 0) {
    std::cout << test.getName() << "\n";
    return;
  }
  for (int i = 0; i < test.getChildTestCount(); ++i) list(*test.getChildTestAt(i));
}

// Suites are named with their namespace, which may be left out.
bool isNamed(const CppUnit::Test& test, const std::string& name) {
  const std::string full = test.getName();
  const std::string tail = "::" + name;
  return full == name ||
         (full.size() > tail.size() && full.compare(full.size() - tail.size(), tail.size(), tail) == 0);
}

// Runs the part of the tree named `name`; false when there is none.
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

}  // namespace

int main(int argc, char** argv) {
  std::unique_ptr<CppUnit::Test> all(CppUnit::TestFactoryRegistry::getRegistry().makeTest());
  if (argc == 2 && std::strcmp(argv[1], "--list") == 0) {
    list(*all);
    return 0;
  }
  CppUnit::TestResult result;
  Report report;
  result.addListener(&report);
  std::vector<std::string> names(argv + 1, argv + argc);
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

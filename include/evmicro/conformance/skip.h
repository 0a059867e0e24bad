#pragma once

#include <string>

#include <cppunit/Exception.h>

namespace evmicro::test {

/// Thrown by a test case, or its setUp(), that cannot run on this machine. It is printed and
/// counted neither as passed nor as failed.
class Skip final : public CppUnit::Exception {
 public:
  explicit Skip(const std::string& why) : CppUnit::Exception(CppUnit::Message(why)) {}
  Skip* clone() const override { return new Skip(*this); }
};

/// Skips the test case because something it needs is not installed: `why` says what, and how to get
/// it. In continuous integration (the environment variable CI is set) the case fails instead, so
/// that a missing test is noticed.
[[noreturn]] void skip(const std::string& why);

}  // namespace evmicro::test

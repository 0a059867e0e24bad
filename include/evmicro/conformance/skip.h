#pragma once

#include <string>

#include <cppunit/Exception.h>

namespace evmicro::test {

/// Thrown by a case, or its setUp, that cannot run on this machine: counted neither as passed nor
/// as failed, and printed.
class Skip final : public CppUnit::Exception {
 public:
  explicit Skip(const std::string& why) : CppUnit::Exception(CppUnit::Message(why)) {}
  Skip* clone() const override { return new Skip(*this); }
};

/// Skips the case, which needs something from outside that is not here: `why` says what, and how to
/// get it. In continuous integration (the environment has CI) the case fails instead: there, a test
/// that is not run must be seen.
[[noreturn]] void skip(const std::string& why);

}  // namespace evmicro::test

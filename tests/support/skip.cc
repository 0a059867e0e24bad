#include <evmicro/conformance/skip.h>

#include <cstdlib>

#include <cppunit/Asserter.h>

namespace evmicro::test {

void skip(const std::string& why) {
  const char* ci = std::getenv("CI");
  if (ci && *ci != '\0') throw CppUnit::Exception(CppUnit::Message("cannot run here", why));
  throw Skip(why);
}

}  // namespace evmicro::test

// The examples that put evmicro into main loops and threads of their own: each runs alone.
#include <string>

#include <cppunit/extensions/HelperMacros.h>
#include <unistd.h>

#include <evmicro/conformance/skip.h>

#include "support/process.h"

namespace evmicro {

class EmbeddingExamplesTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(EmbeddingExamplesTest);
  CPPUNIT_TEST(poll);
  CPPUNIT_TEST(glib);
  CPPUNIT_TEST(asio);
  CPPUNIT_TEST(threads);
  CPPUNIT_TEST_SUITE_END();

 public:
  void poll() { greets("embedding_poll"); }
  void threads() { greets("threads"); }
  void glib() {
    if (!built("embedding_glib")) test::skip("no GLib: apt-get install libglib2.0-dev");
    greets("embedding_glib");
  }
  void asio() {
    if (!built("embedding_asio")) test::skip("no Asio: apt-get install libasio-dev");
    greets("embedding_asio");
  }

 private:
  static std::string path(const std::string& name) { return TEST_BUILD_DIR "/examples/" + name; }
  static bool built(const std::string& name) { return ::access(path(name).c_str(), X_OK) == 0; }

  // Its own clock may tick meanwhile.
  static void greets(const std::string& name) {
    const test::Finished end = test::run({path(name)});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 0, end.code);
    CPPUNIT_ASSERT_MESSAGE(end.out, end.out.find("Hello John\n") != std::string::npos);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(EmbeddingExamplesTest);

}  // namespace evmicro

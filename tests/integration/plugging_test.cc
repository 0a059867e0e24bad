// The example with parts of its own, as two processes that share nothing but a file.
#include <csignal>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>
#include <unistd.h>

#include "support/process.h"
#include "support/reported.h"

namespace evmicro {

class PluggingTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PluggingTest);
  CPPUNIT_TEST(servesByItsOwnRegistryCodecAndSelector);
  CPPUNIT_TEST(speaksItsOwnTransport);
  CPPUNIT_TEST(saysThatNobodyIsThere);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    file_ = "plugging-" + std::to_string(::getpid()) + ".txt";
    std::remove(file_.c_str());
  }
  void tearDown() override {
    std::remove(file_.c_str());
    std::remove((file_ + ".lock").c_str());
  }

  void servesByItsOwnRegistryCodecAndSelector() {
    test::Process service(command({"--server_address", "127.0.0.1:0"}));
    const auto node = service.printsLine("Registering node: ");
    ASSERT_REPORTED(service.report(), node.has_value());
    const test::Finished client = call({"--client"});
    CPPUNIT_ASSERT_EQUAL(std::string("Hello John\n"), client.out);
    CPPUNIT_ASSERT_EQUAL(0, client.code);
    CPPUNIT_ASSERT_MESSAGE(content(), content().find(*node) != std::string::npos);
    service.signal(SIGTERM);
    CPPUNIT_ASSERT_EQUAL(0, service.wait().value());
    CPPUNIT_ASSERT_EQUAL(std::string(), content());
  }

  void speaksItsOwnTransport() {
    test::Process service(command({"--frames", "--server_address", "127.0.0.1:0"}));
    ASSERT_REPORTED(service.report(), service.printsLine("Registering node: ").has_value());
    const test::Finished client = call({"--client", "--frames"});
    CPPUNIT_ASSERT_EQUAL(std::string("Hello John\n"), client.out);
    CPPUNIT_ASSERT_MESSAGE(content(),
                           content().find(R"("transport":"frame")") != std::string::npos);
    const test::Finished other = test::run(command({"--client"}));  // by http
    CPPUNIT_ASSERT_EQUAL(1, other.code);
    CPPUNIT_ASSERT_MESSAGE(other.err, !other.err.empty() && other.out.empty());
  }

  void saysThatNobodyIsThere() {
    const test::Finished client = test::run(command({"--client"}));
    CPPUNIT_ASSERT_EQUAL(1, client.code);
    CPPUNIT_ASSERT_MESSAGE(
        client.err,
        client.err.find("registry: file: service \"greeter\" not found") != std::string::npos);
  }

 private:
  std::vector<std::string> command(const std::vector<std::string>& flags) const {
    std::vector<std::string> words = {TEST_BUILD_DIR "/examples/plugging_service",
                                      "--registry_address", file_};
    words.insert(words.end(), flags.begin(), flags.end());
    return words;
  }

  // Tries again until the service is found: it logs its line before the file is written.
  test::Finished call(const std::vector<std::string>& flags) const {
    test::Finished client;
    for (int i = 0; i < 100 && client.out.empty(); ++i) client = test::run(command(flags));
    return client;
  }

  std::string content() const {
    std::ostringstream text;
    text << std::ifstream(file_).rdbuf();
    return text.str();
  }

  std::string file_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(PluggingTest);

}  // namespace evmicro

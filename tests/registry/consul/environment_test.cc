#include "registry/consul/environment.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <cppunit/extensions/HelperMacros.h>
#include <unistd.h>

namespace evmicro {

using namespace detail;

class ConsulEnvironmentTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ConsulEnvironmentTest);
  CPPUNIT_TEST(tokenIsTheFirstLineOfAFile);
  CPPUNIT_TEST(aTokenThatIsGivenComesBeforeTheFile);
  CPPUNIT_TEST(environmentDoesNotOverride);
  CPPUNIT_TEST(aFileThatCannotBeReadIsAnError);
  CPPUNIT_TEST(nothingIsSentUnlessItIsSet);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    path_ =
        std::filesystem::temp_directory_path() / ("evmicro-token-" + std::to_string(::getpid()));
    std::ofstream(path_) << "from-file \nmore\n";
    ::setenv("CONSUL_HTTP_TOKEN_FILE", path_.c_str(), 1);
  }
  void tearDown() override {
    ::unsetenv("CONSUL_HTTP_TOKEN_FILE");
    std::filesystem::remove(path_);
  }

  void tokenIsTheFirstLineOfAFile() {
    ConsulOptions options;
    CPPUNIT_ASSERT(applyConsulEnvironment(options).ok());
    CPPUNIT_ASSERT_EQUAL(std::string("from-file"), options.token);
  }

  void aTokenThatIsGivenComesBeforeTheFile() {
    ConsulOptions options;
    options.token = "given";
    CPPUNIT_ASSERT(applyConsulEnvironment(options).ok());
    CPPUNIT_ASSERT_EQUAL(std::string("given"), options.token);
  }

  void environmentDoesNotOverride() {
    ::setenv("CONSUL_HTTP_ADDR", "127.0.0.1:2", 1);
    ::setenv("CONSUL_HTTP_TOKEN", "from-environment", 1);
    ConsulOptions options;
    options.addresses = {"127.0.0.1:1"};
    options.token = "given";
    const bool applied = applyConsulEnvironment(options).ok();
    ::unsetenv("CONSUL_HTTP_ADDR");
    ::unsetenv("CONSUL_HTTP_TOKEN");
    CPPUNIT_ASSERT(applied);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), options.addresses.size());
    CPPUNIT_ASSERT_EQUAL(std::string("127.0.0.1:1"), options.addresses.front());
    CPPUNIT_ASSERT_EQUAL(std::string("given"), options.token);
  }

  void aFileThatCannotBeReadIsAnError() {
    std::filesystem::remove(path_);
    ConsulOptions options;
    CPPUNIT_ASSERT_EQUAL(
        "environment variable CONSUL_HTTP_TOKEN_FILE: cannot read \"" + path_ + "\"",
        applyConsulEnvironment(options).detail());
  }

  void nothingIsSentUnlessItIsSet() { CPPUNIT_ASSERT(consulHeaders().empty()); }

 private:
  std::string path_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ConsulEnvironmentTest);

}  // namespace evmicro

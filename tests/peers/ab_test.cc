// ApacheBench against every port: HTTP/1.0, with and without keep-alive, eight connections at a
// time.
#include <memory>

#include <cppunit/extensions/HelperMacros.h>

#include "peers/peer_program.h"
#include "peers/ports.h"

namespace evmicro {

using test::PeerPort;

class ApacheBenchTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ApacheBenchTest);
  CPPUNIT_TEST(everyRequestIsAnswered);
  CPPUNIT_TEST(connectionsAreKept);
  CPPUNIT_TEST(pagesAreServed);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    ab_ = test::peerProgram("ab", "apache2-utils");
    ports_ = std::make_unique<test::PeerPorts>();
  }
  void tearDown() override { ports_.reset(); }

  void everyRequestIsAnswered() {
    for (const PeerPort& port : ports_->all()) load(port, {});
  }

  void connectionsAreKept() {
    for (const PeerPort& port : ports_->all()) {
      const std::string out = load(port, {"-k"});
      CPPUNIT_ASSERT_MESSAGE(port.name + out, has(out, "Keep-Alive requests:    400\n"));
    }
  }

  void pagesAreServed() {
    for (const PeerPort& port : ports_->rpc()) {
      complete(port.name, {"-k", "http://" + port.address + "/health"});
    }
    complete("agent",
             {"-k", "http://" + ports_->registry() + "/v1/health/service/greeter?passing"});
  }

 private:
  static bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }

  std::string load(const PeerPort& port, std::vector<std::string> words) {
    const test::ConfigFile body(port.body);
    words.insert(words.end(), {port.method == "PUT" ? "-u" : "-p", body.path(), "-T",
                               "application/json", port.url()});
    return complete(port.name, words);
  }

  std::string complete(const std::string& name, std::vector<std::string> words) {
    words.insert(words.begin(), {ab_, "-q", "-n", "400", "-c", "8", "-s", "20"});
    const auto end = test::run(words);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(name + end.err, 0, end.code);
    CPPUNIT_ASSERT_MESSAGE(name + end.out, has(end.out, "Complete requests:      400\n"));
    CPPUNIT_ASSERT_MESSAGE(name + end.out, has(end.out, "Failed requests:        0\n"));
    CPPUNIT_ASSERT_MESSAGE(name + end.out, !has(end.out, "Non-2xx"));
    return end.out;
  }

  std::string ab_;
  std::unique_ptr<test::PeerPorts> ports_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ApacheBenchTest);

}  // namespace evmicro

// curl against every port that speaks HTTP.
#include <memory>

#include <cppunit/extensions/HelperMacros.h>

#include "peers/peer_program.h"
#include "peers/ports.h"

namespace evmicro {

using test::PeerPort;

class CurlTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CurlTest);
  CPPUNIT_TEST(connectionsAreKept);
  CPPUNIT_TEST(http10IsAnsweredAndClosed);
  CPPUNIT_TEST(http10MayKeepTheConnection);
  CPPUNIT_TEST(bodiesMayComeInChunks);
  CPPUNIT_TEST(expectationsAreMetOrOutwaited);
  CPPUNIT_TEST(largeBodiesArrive);
  CPPUNIT_TEST(headHasNoBody);
  CPPUNIT_TEST(optionsNamesTheMethods);
  CPPUNIT_TEST(theAgentAnswersAsIsAccepted);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    curl_ = test::peerProgram("curl", "curl");
    ports_ = std::make_unique<test::PeerPorts>();
  }
  void tearDown() override { ports_.reset(); }

  void connectionsAreKept() {
    for (const PeerPort& port : ports_->all()) {
      const std::string err = request(port, {"-v", port.url()}, 2);
      CPPUNIT_ASSERT_MESSAGE(port.name + err, has(err, "Re-using existing connection"));
    }
  }

  void http10IsAnsweredAndClosed() {
    for (const PeerPort& port : ports_->all()) {
      const std::string err = request(port, {"-v", "-0"});
      CPPUNIT_ASSERT_MESSAGE(port.name + err, has(err, "Closing connection 0"));
      CPPUNIT_ASSERT_MESSAGE(port.name + err, !has(err, "left intact"));
    }
  }

  void http10MayKeepTheConnection() {
    for (const PeerPort& port : ports_->all()) {
      const std::string err = request(port, {"-v", "-0", "-H", "Connection: keep-alive"});
      CPPUNIT_ASSERT_MESSAGE(port.name + err, has(err, "< Connection: keep-alive"));
      CPPUNIT_ASSERT_MESSAGE(port.name + err, has(err, "left intact"));
    }
  }

  void bodiesMayComeInChunks() {
    for (const PeerPort& port : ports_->all()) {
      request(port, {"-H", "Transfer-Encoding: chunked"});
    }
  }

  // Where no interim reply comes, curl sends the body after a while.
  void expectationsAreMetOrOutwaited() {
    for (const PeerPort& port : ports_->all()) {
      const std::string wait = port.continues ? "30" : "0.01";
      const std::string err = request(
          port, {"-v", "-H", "Expect: 100-continue", "--expect100-timeout", wait, "-m", "20"});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(port.name + err, port.continues, has(err, "100 Continue"));
    }
  }

  // curl itself expects 100 Continue for a body of more than 1 MB.
  void largeBodiesArrive() {
    const std::string name(2'000'000, 'x');
    const test::ConfigFile call(R"({"method":"Greeter.Hello","params":[{"name":")" + name +
                                R"("}],"id":7})");
    for (const PeerPort& port : ports_->rpc()) {
      const auto end = curl({"--data-binary", "@" + call.path(), "--expect100-timeout", "0.01",
                             "-H", "Content-Type: application/json", port.url()});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(port.name + end.err, 0, end.code);
      CPPUNIT_ASSERT_MESSAGE(port.name, end.out == R"({"id":7,"result":{"greeting":"Hello )" +
                                                       name + "\"},\"error\":null}\n200\n");
    }
  }

  void headHasNoBody() {
    for (const PeerPort& port : ports_->rpc()) {
      const auto end = curl({"-I", "http://" + port.address + "/health"});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(port.name + end.err, 0, end.code);
      CPPUNIT_ASSERT_MESSAGE(end.out, has(end.out, "HTTP/1.1 200 OK\r\n"));
      CPPUNIT_ASSERT_MESSAGE(end.out, has(end.out, "Content-Length: 3\r\n"));
    }
    for (const PeerPort& port : {ports_->inbox(), ports_->agent()}) {
      const auto end = curl({"-I", port.url()});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(port.name + end.err, 0, end.code);
      CPPUNIT_ASSERT_MESSAGE(end.out, has(end.out, "HTTP/1.1 405 Method Not Allowed\r\n"));
    }
  }

  void optionsNamesTheMethods() {
    for (const PeerPort& port : ports_->all()) {
      const auto end = curl({"-i", "-X", "OPTIONS", port.url()});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(port.name + end.err, 0, end.code);
      CPPUNIT_ASSERT_MESSAGE(port.name + end.out, has(end.out, "\r\nAllow: "));
    }
  }

  void theAgentAnswersAsIsAccepted() {
    const std::string url =
        "http://" + ports_->registry() + "/v1/agent/health/service/name/greeter";
    for (const char* accepted : {"text/plain", "text/plain, */*"}) {
      const auto end = curl({"-H", std::string("Accept: ") + accepted, url});
      CPPUNIT_ASSERT_EQUAL(std::string("passing200\n"), end.out);
    }
    for (const char* accepted : {"*/*", "application/json, text/plain"}) {
      const auto end = curl({"-H", std::string("Accept: ") + accepted, url});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(end.out, '[', end.out.front());
    }
    const auto pretty = curl({url + "?pretty"});
    CPPUNIT_ASSERT_MESSAGE(pretty.out, has(pretty.out, "\n    {\n        \"AggregatedStatus\""));
  }

 private:
  static bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }

  test::Finished curl(std::vector<std::string> words) {
    words.insert(words.begin(), {curl_, "-sS", "-m", "20", "-w", "%{http_code}\n"});
    return test::run(words);
  }

  /// Sends the port's own request with `words` beside it, `times` when they name it once more.
  /// What curl said of it.
  std::string request(const PeerPort& port, std::vector<std::string> words, int times = 1) {
    words.insert(words.end(), {"-X", port.method, "-H", "Content-Type: application/json",
                               "--data-binary", port.body, port.url()});
    const auto end = curl(words);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(port.name + end.err, 0, end.code);
    std::string expected;
    for (int i = 0; i < times; ++i) expected += port.answer + "200\n";
    CPPUNIT_ASSERT_EQUAL_MESSAGE(port.name, expected, end.out);
    return end.err;
  }

  std::string curl_;
  std::unique_ptr<test::PeerPorts> ports_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(CurlTest);

}  // namespace evmicro

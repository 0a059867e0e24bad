// Go's own HTTP client, go-micro's transport on top of it, and its reverse proxy.
#include <memory>

#include <cppunit/extensions/HelperMacros.h>

#include "peers/peer_program.h"
#include "peers/ports.h"
#include "support/reported.h"
#include "tool/evmicro_process.h"

namespace evmicro {

using test::PeerPort;

class GoTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(GoTest);
  CPPUNIT_TEST(clientKeepsItsConnection);
  CPPUNIT_TEST(clientSendsChunks);
  CPPUNIT_TEST(clientIsToldToContinueWhereHttpIsWhole);
  CPPUNIT_TEST(clientGoesOnWhereNothingContinues);
  CPPUNIT_TEST(transportNeverSeesAnInterimReply);
  CPPUNIT_TEST(proxyPassesCallsOn);
  CPPUNIT_TEST(proxyAnswersForAServerThatIsGone);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    peer_ = test::goPeer();
    ports_ = std::make_unique<test::PeerPorts>();
  }
  void tearDown() override { ports_.reset(); }

  void clientKeepsItsConnection() {
    for (const PeerPort& port : ports_->all()) {
      gives(line(port, "new") + line(port, "kept"), port, client(port, "2"));
    }
  }

  void clientSendsChunks() {
    for (const PeerPort& port : ports_->all()) {
      test::ProcessOptions options;
      options.input = port.body;
      gives(line(port, "new"), port,
            test::run({peer_, "client", "1", port.method, port.url(), "application/json", "-"},
                      options));
    }
  }

  void clientIsToldToContinueWhereHttpIsWhole() {
    for (const PeerPort& port : {ports_->inbox(), ports_->agent()}) {
      gives("100\n" + line(port, "new") + "100\n" + line(port, "kept"), port,
            client(port, "2", {"Expect:100-continue"}));
    }
  }

  void clientGoesOnWhereNothingContinues() {
    for (const PeerPort& port : ports_->rpc()) {
      gives(line(port, "new"), port, client(port, "1", {"Expect:100-continue"}));
    }
  }

  void transportNeverSeesAnInterimReply() {
    for (const PeerPort& port : ports_->rpc()) {
      for (const char* header : {"X-Some:thing", "Expect:100-continue", "Connection:close"}) {
        gives(
            line(port, "new") + line(port, "new"), port,
            test::run({peer_, "micro", "2", port.address, "application/json", port.body, header}));
      }
    }
  }

  void proxyPassesCallsOn() {
    for (const PeerPort& port : ports_->rpc()) {
      test::Process proxy({peer_, "proxy", port.address});
      const auto address = proxy.printsLine("Listening on ");
      ASSERT_REPORTED(proxy.report(), address.has_value());
      const auto end = query(*address);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 0, end.code);
      CPPUNIT_ASSERT_EQUAL(std::string("{\n\t\"greeting\": \"Hello John\"\n}\n"), end.out);
    }
  }

  void proxyAnswersForAServerThatIsGone() {
    test::Process proxy({peer_, "proxy", "127.0.0.1:1"});
    const auto address = proxy.printsLine("Listening on ");
    ASSERT_REPORTED(proxy.report(), address.has_value());
    const auto end = query(*address);
    CPPUNIT_ASSERT_EQUAL(1, end.code);
    CPPUNIT_ASSERT_MESSAGE(end.err, end.err.find("HTTP 502 Bad Gateway") != std::string::npos);
  }

 private:
  test::Finished client(const PeerPort& port, const std::string& count,
                        const std::vector<std::string>& headers = {}) {
    std::vector<std::string> words = {peer_,      "client",           count,    port.method,
                                      port.url(), "application/json", port.body};
    words.insert(words.end(), headers.begin(), headers.end());
    return test::run(words);
  }

  test::Finished query(const std::string& address) {
    return test::evmicro(ports_->registry(), {"query", "--address", address, "greeter",
                                              "Greeter.Hello", R"({"name":"John"})"});
  }

  static std::string line(const PeerPort& port, const std::string& connection) {
    const std::string answer = port.answer.substr(0, port.answer.find('\n'));
    return "200 " + connection + " " + answer + "\n";
  }

  static void gives(const std::string& expected, const PeerPort& port, const test::Finished& end) {
    CPPUNIT_ASSERT_EQUAL_MESSAGE(port.name + end.err, 0, end.code);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(port.name, expected, end.out);
  }

  std::string peer_;
  std::unique_ptr<test::PeerPorts> ports_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(GoTest);

}  // namespace evmicro

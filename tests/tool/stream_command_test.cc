// `evmicro stream` as a process.
#include <csignal>
#include <memory>

#include <cppunit/extensions/HelperMacros.h>

#include "integration/greeter_process.h"
#include "support/agent_process.h"
#include "support/ports.h"
#include "support/reported.h"
#include "tool/evmicro_process.h"

namespace evmicro {

using test::Finished;

class StreamCommandTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StreamCommandTest);
  CPPUNIT_TEST(printsADocumentPerMessage);
  CPPUNIT_TEST(sendsSeveralMessages);
  CPPUNIT_TEST(readsMessagesFromStdin);
  CPPUNIT_TEST(aThousandMessagesGoByAndCome);
  CPPUNIT_TEST(errorsOfTheHandlerFail);
  CPPUNIT_TEST(unaryMethodsAreRefused);
  CPPUNIT_TEST(queryRefusesStreams);
  CPPUNIT_TEST(nodesRefuseTheOtherKind);
  CPPUNIT_TEST(misspeltFieldsAreWarnedOf);
  CPPUNIT_TEST(unreachableNodeFails);
  CPPUNIT_TEST(whatIsNoJsonIsWrongUsage);
  CPPUNIT_TEST(brokenStdoutEndsIt);
  CPPUNIT_TEST(interruptionEndsIt);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    agent_ = std::make_unique<test::AgentProcess>();
    example_ = std::make_unique<test::ServiceProcess>(
        "example_server", agent_->address(),
        std::vector<std::string>{"--server_name", "example", "--server_id", "1"});
  }
  void tearDown() override {
    example_.reset();
    agent_.reset();
  }

  void printsADocumentPerMessage() {
    prints("{}\n{\n\t\"count\": 1\n}\n{\n\t\"count\": 2\n}\n",
           stream({"example", "Example.Stream", R"({"count":3})"}));
    prints("{}\n", stream({"example", "Example.Stream", R"({"count":1})", "--address",
                           example_->address()}));
  }

  void sendsSeveralMessages() {
    prints("{\n\t\"stroke\": 1\n}\n{\n\t\"stroke\": 2\n}\n",
           stream({"example", "Example.PingPong", R"({"stroke":1} {"stroke":2})"}));
  }

  void readsMessagesFromStdin() {
    test::ProcessOptions options;
    options.input = "{\"stroke\":1}\n\n{\"stroke\":\n2}";
    prints("{\n\t\"stroke\": 1\n}\n{\n\t\"stroke\": 2\n}\n",
           stream({"example", "Example.PingPong", "-"}, options));
    options.input = "";
    prints("", stream({"example", "Example.PingPong", "-"}, options));
  }

  void aThousandMessagesGoByAndCome() {
    test::ProcessOptions options;
    std::string expected;
    for (int i = 1; i <= 1000; ++i) {
      options.input += "{\"stroke\":" + std::to_string(i) + "}";
      expected += "{\n\t\"stroke\": " + std::to_string(i) + "\n}\n";
    }
    prints(expected, stream({"example", "Example.PingPong", "-"}, options));
  }

  void errorsOfTheHandlerFail() {
    const Finished end = stream({"example", "Example.Nope"});
    CPPUNIT_ASSERT_EQUAL(1, end.code);
    CPPUNIT_ASSERT_EQUAL(std::string("evmicro: call example Example.Nope: rpc: can't find method "
                                     "Example.Nope (404 Not Found)\n"),
                         end.err);
    CPPUNIT_ASSERT_EQUAL(std::string(), end.out);
  }

  // Symptom: the method ran twice, once with an empty request.
  void unaryMethodsAreRefused() {
    const Finished end = stream({"example", "Example.Call", R"({"name":"John"})"});
    CPPUNIT_ASSERT_EQUAL(1, end.code);
    CPPUNIT_ASSERT_EQUAL(std::string("evmicro: call example Example.Call: not a streaming method: "
                                     "use evmicro query\n"),
                         end.err);
    CPPUNIT_ASSERT_EQUAL(std::string(), end.out);
  }

  // The registry is not asked: the node refuses.
  void nodesRefuseTheOtherKind() {
    Finished end =
        stream({"example", "Example.Call", R"({"name":"John"})", "--address", example_->address()});
    CPPUNIT_ASSERT_EQUAL(1, end.code);
    CPPUNIT_ASSERT_EQUAL(std::string("evmicro: call example Example.Call: Example.Call: not a "
                                     "streaming method: it has to be called (400 Bad Request, "
                                     "example)\n"),
                         end.err);
    CPPUNIT_ASSERT_EQUAL(std::string(), end.out);
    end = test::evmicro(agent_->address(), {"query", "example", "Example.Stream", "{}", "--address",
                                            example_->address()});
    CPPUNIT_ASSERT_EQUAL(1, end.code);
    CPPUNIT_ASSERT_EQUAL(std::string("evmicro: call example Example.Stream: Example.Stream: a "
                                     "streaming method: a stream has to be opened (400 Bad "
                                     "Request, example)\n"),
                         end.err);
  }

  void queryRefusesStreams() {
    const Finished end =
        test::evmicro(agent_->address(), {"query", "example", "Example.Stream", "{}"});
    CPPUNIT_ASSERT_EQUAL(1, end.code);
    CPPUNIT_ASSERT_EQUAL(std::string("evmicro: call example Example.Stream: a streaming method: "
                                     "use evmicro stream\n"),
                         end.err);
  }

  void misspeltFieldsAreWarnedOf() {
    const Finished end =
        test::evmicro(agent_->address(), {"query", "example", "Example.Call", R"({"nmae":"J"})"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 0, end.code);
    CPPUNIT_ASSERT_EQUAL(std::string("evmicro: warning: Example.Call has no field \"nmae\": did "
                                     "you mean name?\n"),
                         end.err);
    CPPUNIT_ASSERT_EQUAL(std::string("{\n\t\"msg\": \"1: Hello \"\n}\n"), end.out);
  }

  void unreachableNodeFails() {
    const std::string nowhere = test::freeAddress();
    const Finished end = stream({"example", "Example.Stream", "--address", nowhere});
    CPPUNIT_ASSERT_EQUAL(1, end.code);
    CPPUNIT_ASSERT_MESSAGE(end.err,
                           end.err.find(nowhere + ": connection refused") != std::string::npos);
  }

  void whatIsNoJsonIsWrongUsage() {
    const Finished end = stream({"example", "Example.Stream", "{} nope"});
    CPPUNIT_ASSERT_EQUAL(2, end.code);
    CPPUNIT_ASSERT_MESSAGE(end.err,
                           end.err.find("the request: not valid JSON") != std::string::npos);
  }

  // The stream would go on for long.
  void brokenStdoutEndsIt() {
    test::ProcessOptions options;
    options.out = test::ProcessOptions::Stdout::kBroken;
    const Finished end = stream({"example", "Example.Stream", R"({"count":1000000000})"}, options);
    CPPUNIT_ASSERT_EQUAL(1, end.code);
    CPPUNIT_ASSERT_EQUAL(std::string("evmicro: cannot write to stdout: Broken pipe\n"), end.err);
  }

  void interruptionEndsIt() {
    for (const int signal : {SIGINT, SIGTERM}) {
      test::Process process(test::evmicroCommand(
          agent_->address(), {"stream", "example", "Example.Stream", R"({"count":1000000000})"}));
      ASSERT_REPORTED(process.report(), process.prints("\"count\": 1\n"));
      process.signal(signal);
      CPPUNIT_ASSERT(process.wait() == 0);
      CPPUNIT_ASSERT_EQUAL(std::string(), process.err());
    }
  }

 private:
  Finished stream(std::vector<std::string> words, test::ProcessOptions options = {}) {
    words.insert(words.begin(), "stream");
    return test::evmicro(agent_->address(), words, std::move(options));
  }

  static void prints(const std::string& out, const Finished& end) {
    CPPUNIT_ASSERT_EQUAL_MESSAGE(end.err, 0, end.code);
    CPPUNIT_ASSERT_EQUAL(out, end.out);
    CPPUNIT_ASSERT_EQUAL(std::string(), end.err);
  }

  std::unique_ptr<test::AgentProcess> agent_;
  std::unique_ptr<test::ServiceProcess> example_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(StreamCommandTest);

}  // namespace evmicro

// A whole system on Unix sockets: the agent, a service, and the tool that calls it.
#include <csignal>
#include <filesystem>
#include <optional>

#include <cppunit/extensions/HelperMacros.h>

#include "support/process.h"
#include "support/reported.h"
#include "support/temporary_folder.h"

namespace evmicro {

using test::Finished;
using test::Process;
using test::run;

class UnixSocketsTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(UnixSocketsTest);
  CPPUNIT_TEST(aServiceIsFoundAndCalled);
  CPPUNIT_TEST(aServiceThatWasKilledStartsAgain);
  CPPUNIT_TEST(aSocketInUseEndsTheSecondService);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    folder_.emplace();
    agent_.emplace(Command{TEST_BUILD_DIR "/evmicro", "agent", "--address", socket("agent")});
    ASSERT_REPORTED(agent_->report(), agent_->printsLine("Listening on ") == socket("agent"));
  }
  void tearDown() override {
    agent_->signal(SIGTERM);
    ASSERT_REPORTED(agent_->report(), agent_->wait() == 0);
    agent_.reset();
    CPPUNIT_ASSERT(std::filesystem::is_empty(folder_->path()));
    folder_.reset();
  }

  void aServiceIsFoundAndCalled() {
    Process greeter(greeterCommand());
    awaitNode(greeter);
    const std::string hello = R"({"name":"John"})";
    const std::string greeting = "Hello John";
    const Finished found = queried({"greeter", "Greeter.Hello", hello});
    CPPUNIT_ASSERT_MESSAGE(found.err, found.out.find(greeting) != std::string::npos);
    const Finished called =
        queried({"--address", socket("greeter"), "greeter", "Greeter.Hello", hello});
    CPPUNIT_ASSERT_MESSAGE(called.err, called.out.find(greeting) != std::string::npos);
    const Finished listed = tool({"get", "service", "greeter"});
    CPPUNIT_ASSERT_MESSAGE(
        listed.out, listed.out.find("\t" + socket("greeter") + "\t0\t") != std::string::npos);
    end(greeter);
    CPPUNIT_ASSERT(!std::filesystem::exists(folder_->file("greeter")));
  }

  void aServiceThatWasKilledStartsAgain() {
    {
      Process killed(greeterCommand());
      awaitNode(killed);
    }
    CPPUNIT_ASSERT(std::filesystem::is_socket(folder_->file("greeter")));
    Process next(greeterCommand());
    awaitNode(next);
    end(next);
  }

  void aSocketInUseEndsTheSecondService() {
    Process first(greeterCommand());
    awaitNode(first);
    const Finished second = run(greeterCommand());
    CPPUNIT_ASSERT(second.code != 0);
    CPPUNIT_ASSERT_MESSAGE(second.err,
                           second.err.find("listen on " + socket("greeter") +
                                           ": Address already in use") != std::string::npos);
    CPPUNIT_ASSERT(std::filesystem::is_socket(folder_->file("greeter")));
    end(first);
  }

 private:
  using Command = std::vector<std::string>;

  std::string socket(const std::string& name) const { return folder_->socket(name); }

  Command greeterCommand() const {
    return {TEST_BUILD_DIR "/examples/greeter", "--registry_address", socket("agent"),
            "--server_address", socket("greeter")};
  }

  static void awaitNode(Process& greeter) {
    ASSERT_REPORTED(greeter.report(), greeter.prints("Registering node: "));
  }

  static void end(Process& service) {
    service.signal(SIGTERM);
    ASSERT_REPORTED(service.report(), service.wait() == 0);
  }

  Finished tool(Command words) const {
    words.insert(words.begin(), {TEST_BUILD_DIR "/evmicro", "--registry_address", socket("agent")});
    return run(words);
  }

  // The service says that it registers before it is registered.
  Finished queried(Command words) const {
    words.insert(words.begin(), "query");
    Finished last = tool(words);
    for (int tries = 0; last.code != 0 && tries < 50; ++tries) last = tool(words);
    return last;
  }

  std::optional<test::TemporaryFolder> folder_;
  std::optional<Process> agent_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(UnixSocketsTest);

}  // namespace evmicro

// Libraries that only some programs use come into a process when it uses them, and not before.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/nats_broker.h>

#include "support/agent_process.h"
#include "support/etcd_server.h"
#include "support/nats_server.h"
#include "support/process.h"
#include "support/temporary_folder.h"

namespace evmicro {

namespace {

using Lines = std::vector<std::string>;

const std::string kBuilt = TEST_BUILD_DIR "/.libs";

// What a run of `user` printed: its lines, and the shared objects that were in the process.
struct Run {
  Lines lines;
  Lines mapped;

  // Not by the folders: a release is built in one called evmicro-VERSION.
  bool has(const std::string& name) const {
    return std::any_of(mapped.begin(), mapped.end(), [&name](const std::string& file) {
      return file.compare(file.rfind('/') + 1, name.size(), name) == 0;
    });
  }
  bool hasFile(const std::string& path) const {
    return std::find(mapped.begin(), mapped.end(), path) != mapped.end();
  }
};

Run use(const Lines& arguments, test::ProcessOptions options = {}) {
  // What libtool links: the script before it would put the build folder first.
  Lines command = {TEST_BUILD_DIR "/tests/modules/.libs/user"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  if (options.environment.empty()) options.environment = {"LD_LIBRARY_PATH=" + kBuilt};
  const test::Finished end = test::run(command, std::move(options));
  CPPUNIT_ASSERT_EQUAL_MESSAGE(end.out + end.err, 0, end.code);
  Run run;
  std::istringstream out(end.out);
  const std::string mark = "mapped ";
  for (std::string line; std::getline(out, line);) {
    if (line.compare(0, mark.size(), mark) == 0) {
      run.mapped.push_back(line.substr(mark.size()));
    } else {
      run.lines.push_back(line);
    }
  }
  return run;
}

std::string joined(const Lines& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

// None of the modules, none of their libraries, and none of those that libcurl and libnats bring.
void assertLean(const Run& run) {
  for (const char* name :
       {"evmicro-", "libcurl", "libnats", "liblog4cplus", "libgssapi", "libkrb5", "libldap",
        "libssh2", "libpsl", "librtmp", "libprotobuf-c", "libsasl2"}) {
    CPPUNIT_ASSERT_MESSAGE(name + ("\n" + joined(run.mapped)), !run.has(name));
  }
  CPPUNIT_ASSERT_MESSAGE(joined(run.mapped), run.has("libevmicro.so"));
}

// A folder with the library, and with files in place of modules.
class Installation {
 public:
  Installation() {
    std::filesystem::copy_file(kBuilt + "/libevmicro.so.0", folder_.file("libevmicro.so.0"));
  }
  void damage(const std::string& module) { std::ofstream(folder_.file(module)) << "damaged"; }
  void add(const std::string& module) {
    const std::string below = folder_.file("evmicro/0");
    std::filesystem::create_directories(below);
    std::filesystem::copy_file(kBuilt + "/" + module, below + "/" + module);
  }

  Run use(const Lines& arguments) const {
    test::ProcessOptions options;
    options.environment = {"LD_LIBRARY_PATH=" + folder_.path()};
    Run run = evmicro::use(arguments, options);
    CPPUNIT_ASSERT_MESSAGE(joined(run.mapped), run.hasFile(folder_.file("libevmicro.so.0")));
    return run;
  }
  std::string file(const std::string& name) const { return folder_.file(name); }

 private:
  test::TemporaryFolder folder_;
};

void assertBegins(const std::string& begin, const std::string& line) {
  CPPUNIT_ASSERT_EQUAL(begin, line.substr(0, begin.size()));
}

}  // namespace

class ModulesTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ModulesTest);
  CPPUNIT_TEST(serviceInMemoryBringsNone);
  CPPUNIT_TEST(callsByAddressBringNone);
  CPPUNIT_TEST(consulBringsLibcurlAndNoOther);
  CPPUNIT_TEST(etcdBringsLibcurl);
  CPPUNIT_TEST(natsBringsLibnatsAndNoOther);
  CPPUNIT_TEST(severalThreadsLoadAtTheSameTime);
  CPPUNIT_TEST(childOfAForkLoads);
  CPPUNIT_TEST(movedInstallationHasThemBelow);
  CPPUNIT_TEST(withoutLibcurlRequestsFailAndTheProcessLives);
  CPPUNIT_TEST(withoutLibnatsPublishingFailsAndTheProcessLives);
  CPPUNIT_TEST(serviceReportsItAtTheStart);
  CPPUNIT_TEST_SUITE_END();

 public:
  void serviceInMemoryBringsNone() {
    const Run run = use({"service"});
    CPPUNIT_ASSERT_EQUAL(std::string("Hello John\n"), joined(run.lines));
    assertLean(run);
  }

  void callsByAddressBringNone() {
    const Run run = use({"address"});
    CPPUNIT_ASSERT_EQUAL(std::string("Hello John\n"), joined(run.lines));
    assertLean(run);
  }

  void consulBringsLibcurlAndNoOther() {
    const test::AgentProcess agent;
    const Run run = use({"consul", agent.address()});
    CPPUNIT_ASSERT_EQUAL(std::string("asked\nHello John\n"), joined(run.lines));
    CPPUNIT_ASSERT(run.has("libcurl.so"));
    CPPUNIT_ASSERT(run.has("evmicro-curl.so"));
    CPPUNIT_ASSERT(!run.has("libnats"));
    CPPUNIT_ASSERT(!run.has("liblog4cplus"));
  }

  void etcdBringsLibcurl() {
    const test::EtcdServer etcd;
    const Run run = use({"etcd", etcd.address()});
    CPPUNIT_ASSERT_EQUAL(std::string("asked\nHello John\n"), joined(run.lines));
    CPPUNIT_ASSERT(run.has("libcurl.so"));
  }

  void natsBringsLibnatsAndNoOther() {
    if (!haveNatsBroker()) return;
    const test::NatsServer nats;
    const Run run = use({"nats", nats.address()});
    CPPUNIT_ASSERT_EQUAL(std::string("published\nHello John\n"), joined(run.lines));
    CPPUNIT_ASSERT(run.has("libnats.so"));
    CPPUNIT_ASSERT(run.has("evmicro-nats.so"));
    CPPUNIT_ASSERT(!run.has("libcurl"));
  }

  void severalThreadsLoadAtTheSameTime() {
    const test::AgentProcess agent;
    const Run run = use({"threads", agent.address()});
    CPPUNIT_ASSERT_EQUAL(std::string("asked\nHello John\n"), joined(run.lines));
  }

  void childOfAForkLoads() {
    const test::AgentProcess agent;
    const Run run = use({"fork", agent.address()});
    CPPUNIT_ASSERT_EQUAL(std::string("asked\nHello John\n"), joined(run.lines));
    assertLean(run);  // the parent
  }

  void movedInstallationHasThemBelow() {
    const test::AgentProcess agent;
    Installation installation;
    installation.add("evmicro-curl.so");
    const Run run = installation.use({"consul", agent.address()});
    CPPUNIT_ASSERT_EQUAL(std::string("asked\nHello John\n"), joined(run.lines));
    CPPUNIT_ASSERT_MESSAGE(joined(run.mapped),
                           run.hasFile(installation.file("evmicro/0/evmicro-curl.so")));
  }

  void withoutLibcurlRequestsFailAndTheProcessLives() {
    Installation installation;
    installation.damage("evmicro-curl.so");
    const Run run = installation.use({"consul", "127.0.0.1:1"});
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, run.lines.size());
    const std::string why =
        "libcurl is needed, but " + installation.file("evmicro-curl.so") + " cannot be loaded: ";
    CPPUNIT_ASSERT_MESSAGE(run.lines[0], run.lines[0].find(why) != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::string("Hello John"), run.lines[1]);
  }

  void withoutLibnatsPublishingFailsAndTheProcessLives() {
    if (!haveNatsBroker()) return;
    Installation installation;
    installation.damage("evmicro-nats.so");
    const Run run = installation.use({"nats", "127.0.0.1:1"});
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, run.lines.size());
    const std::string why = "broker: nats: libnats is needed, but " +
                            installation.file("evmicro-nats.so") + " cannot be loaded: ";
    CPPUNIT_ASSERT_MESSAGE(run.lines[0], run.lines[0].find(why) != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::string("Hello John"), run.lines[1]);
  }

  void serviceReportsItAtTheStart() {
    Installation installation;
    installation.damage("evmicro-curl.so");
    installation.damage("evmicro-nats.so");
    installation.damage("evmicro-log4cplus.so");
    assertBegins("registry: consul: libcurl is needed, but " + installation.file("evmicro-curl.so"),
                 installation.use({"init"}).lines[0]);
    assertBegins("registry: etcd: libcurl is needed, but ",
                 installation.use({"init", "--registry", "etcd"}).lines[0]);
    CPPUNIT_ASSERT_EQUAL(std::string("configured"),
                         installation.use({"init", "--registry", "memory"}).lines[0]);
    assertBegins("log_config: log4cplus is needed, but ",
                 installation.use({"init", "--log_config", "/dev/null"}).lines[0]);
    if (!haveNatsBroker()) return;
    assertBegins("broker: nats: libnats is needed, but ",
                 installation.use({"init", "--registry", "memory", "--broker", "nats"}).lines[0]);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(ModulesTest);

}  // namespace evmicro

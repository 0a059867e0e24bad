#include "soak/soak.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <malloc.h>
#include <unistd.h>

#include <evmicro/event_loop.h>

#include "integration/greeter_process.h"
#include "soak/load.h"
#include "soak/tls_files.h"
#include "support/agent_process.h"
#include "support/meanwhile.h"
#include "support/turn_until.h"

// Present in sanitized builds only: their allocator has its own numbers.
extern "C" [[gnu::weak]] std::size_t __sanitizer_get_current_allocated_bytes();

namespace evmicro::soak {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

// Beside the service that is never touched.
constexpr std::size_t kRestarted = 3;
constexpr milliseconds kBetweenFaults{1'000};
// Connections that are kept, and look-ups that are in progress.
constexpr std::size_t kSpareDescriptors = 24;
constexpr std::size_t kHeapGrowth = 2U << 20;
// Freed memory stays with the process in parts; a sanitizer keeps all of it for a while.
constexpr std::size_t kResidentGrowth = 8U << 20;
constexpr std::size_t kSanitizedGrowth = 64U << 20;

bool sanitized() { return __sanitizer_get_current_allocated_bytes != nullptr; }

std::size_t residentBytes(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/statm");
  std::size_t all = 0, resident = 0;
  file >> all >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::size_t heapBytes() {
  return sanitized() ? __sanitizer_get_current_allocated_bytes() : ::mallinfo2().uordblks;
}

std::size_t descriptors(pid_t pid) {
  const std::filesystem::directory_iterator all("/proc/" + std::to_string(pid) + "/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

// Of all lines `... Listening on 127.0.0.1:port`.
std::vector<std::string> addressesIn(const std::string& log) {
  constexpr std::string_view kMark = "istening on ";
  std::vector<std::string> addresses;
  for (std::size_t at = log.find(kMark); at != std::string::npos; at = log.find(kMark, at + 1)) {
    const std::size_t begin = at + kMark.size();
    addresses.push_back(log.substr(begin, log.find_first_of(",\n", begin) - begin));
  }
  return addresses;
}

Usage usageOf(pid_t pid) {
  return {pid == ::getpid() ? heapBytes() : residentBytes(pid), descriptors(pid)};
}

/// What a sanitizer has freed counts as memory of its process, 256 MiB unless told otherwise: for
/// the programs that are started while this lives, 16 MiB. A tester's own ASAN_OPTIONS stay.
class SmallQuarantine {
 public:
  SmallQuarantine() : set_(std::getenv(kName) == nullptr) {
    if (set_) ::setenv(kName, "quarantine_size_mb=16:thread_local_quarantine_size_kb=64", 1);
  }
  SmallQuarantine(const SmallQuarantine&) = delete;
  SmallQuarantine& operator=(const SmallQuarantine&) = delete;
  ~SmallQuarantine() {
    if (set_) ::unsetenv(kName);
  }

 private:
  static constexpr char kName[] = "ASAN_OPTIONS";

  const bool set_;
};

/// The processes, and what happens to them.
class World {
 public:
  explicit World(std::uint32_t seed) : random_(seed) {
    steady_ = start(Tls::kYes);
    restarted_[0] = start(Tls::kYes);
    for (auto& server : {&restarted_[1], &restarted_[2]}) *server = start(Tls::kNo);
    load_ = std::make_unique<Load>(loop_, agent_.address(), tls_.caFile());
    if (!test::turnUntil(loop_, [this] { return load_->nodes() == 1 + kRestarted; })) {
      throw std::runtime_error("the client knows " + std::to_string(load_->nodes()) + " nodes");
    }
  }
  ~World() {
    load_.reset();
    for (auto& server : restarted_) server.process.reset();
    steady_.process.reset();
  }

  void run(milliseconds duration) {
    const auto until = EventLoop::now() + duration;
    while (EventLoop::now() < until) {
      fault();
      test::runFor(loop_, kBetweenFaults);
    }
  }

  void measure(Usage Growth::*when) {
    const std::size_t more = sanitized() ? kSanitizedGrowth : kResidentGrowth;
    growths_.resize(3);
    note(growths_[0], "client", ::getpid(), kHeapGrowth, when);
    note(growths_[1], "agent", agent_.pid(), more, when);
    note(growths_[2], "service", steady_.process->process().pid(), more, when);
  }

  Report finish() {
    load_->stop();
    if (!test::turnUntil(loop_, [this] { return load_->open() == 0; })) {
      throw std::runtime_error(std::to_string(load_->open()) + " calls do not end");
    }
    measure(&Growth::after);
    Report report = load_->report();
    report.restarts = restarts_;
    report.kills = kills_;
    report.growths = growths_;
    return report;
  }

 private:
  struct Server {
    std::unique_ptr<test::ServiceProcess> process;
    std::vector<std::string> addresses;  // of its RPC port and its broker
  };

  enum class Tls { kNo, kYes };

  Server start(Tls tls) const {
    std::vector<std::string> flags = {"--register_interval", "1s", "--register_ttl", "3s"};
    if (tls == Tls::kYes) {
      for (const std::string& flag : tls_.serverFlags()) flags.push_back(flag);
    }
    auto process =
        std::make_unique<test::ServiceProcess>("example_server", agent_.address(), flags);
    std::vector<std::string> addresses = addressesIn(process->process().err());
    return {std::move(process), std::move(addresses)};
  }

  // A new one takes the place of one that is stopped or killed.
  void fault() {
    for (auto& each : restarted_) each.process->process().discardOutput();
    steady_.process->process().discardOutput();
    Server& server = restarted_[random_() % kRestarted];
    const bool kill = random_() % 3 == 0;
    ++(kill ? kills_ : restarts_);
    if (kill) {
      for (const std::string& address : server.addresses) load_->expectFailuresAt(address);
    }
    meanwhile_.run([&] {
      server.process->process().signal(kill ? SIGKILL : SIGTERM);
      server.process->process().wait();
      server = start(&server == &restarted_[0] ? Tls::kYes : Tls::kNo);
    });
  }

  static void note(Growth& growth, const char* process, pid_t pid, std::size_t allowed,
                   Usage Growth::*when) {
    growth.process = process;
    growth.allowedBytes = allowed;
    growth.*when = usageOf(pid);
  }

  const SmallQuarantine quarantine_;
  std::minstd_rand random_;
  const TlsFiles tls_;
  test::AgentProcess agent_;
  EventLoop loop_;
  test::Meanwhile meanwhile_{loop_};
  Server steady_;
  Server restarted_[kRestarted];
  std::unique_ptr<Load> load_;
  std::vector<Growth> growths_;
  int restarts_ = 0;
  int kills_ = 0;
};

}  // namespace

bool Growth::flat() const {
  return after.bytes <= before.bytes + allowedBytes &&
         after.descriptors <= before.descriptors + kSpareDescriptors;
}

bool Report::good() const {
  bool flat = true;
  for (const Growth& growth : growths) flat = flat && growth.flat();
  // A call that was under way at a node when it was killed: a few at each.
  return flat && failures.empty() && failedAtKilled <= 10 * kills;
}

Report soak(milliseconds duration, std::uint32_t seed) {
  World world(seed);
  world.run(duration / 4);  // pools and caches fill
  world.measure(&Growth::before);
  world.run(duration - duration / 4);
  return world.finish();
}

std::string toText(const Report& report) {
  std::string text;
  const auto line = [&text](const char* what, int count) {
    text += std::to_string(count) + " " + what + "\n";
  };
  line("calls", report.calls);
  line("streams", report.streams);
  line("publications", report.publications);
  line("restarts", report.restarts);
  line("kills", report.kills);
  line("failed at killed services", report.failedAtKilled);
  line("other failures", static_cast<int>(report.failures.size()));
  for (const std::string& failure : report.failures) text += "  " + failure + "\n";
  for (const Growth& growth : report.growths) {
    text += growth.process + ": " + std::to_string(growth.before.bytes / 1024) + " -> " +
            std::to_string(growth.after.bytes / 1024) + " KiB, " +
            std::to_string(growth.before.descriptors) + " -> " +
            std::to_string(growth.after.descriptors) + " descriptors" +
            (growth.flat() ? "\n" : ": GROWS\n");
  }
  return text;
}

}  // namespace evmicro::soak

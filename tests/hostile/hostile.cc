#include "hostile/hostile.h"

#include <algorithm>
#include <memory>
#include <stdexcept>

#include <evmicro/event_loop.h>

#include "hostile/attackers.h"
#include "hostile/good_client.h"
#include "integration/greeter_process.h"
#include "support/agent_process.h"
#include "support/certificates.h"
#include "support/turn_until.h"

namespace evmicro::hostile {

using namespace std::chrono_literals;
using std::chrono::microseconds;
using std::chrono::milliseconds;

namespace {

// Fewer than the attackers want: the table of descriptors is full.
constexpr unsigned long kDescriptors = 1'024;

microseconds medianOf(std::vector<microseconds> times) {
  if (times.empty()) return {};
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

class World {
 public:
  explicit World(std::size_t part)
      : part_(part),
        server_("greeter", agent_.address(),
                {"--server_tls_cert", identity_.certificate, "--server_tls_key", identity_.key},
                limited(part)),
        control_("greeter", agent_.address(),
                 {"--server_tls_cert", identity_.certificate, "--server_tls_key", identity_.key}),
        client_(loop_, server_.process().pid(), server_.address(), ca_.file()),
        controlClient_(loop_, control_.process().pid(), control_.address(), ca_.file()) {}

  Phase phase(milliseconds time) {
    static_cast<void>(client_.take());
    static_cast<void>(controlClient_.take());
    const auto serverBefore = server_.process().cpuTime();
    const auto begin = EventLoop::now();
    client_.start();
    controlClient_.start();
    test::runFor(loop_, time);
    client_.stop();
    controlClient_.stop();
    Phase phase;
    phase.serverTime = server_.process().cpuTime() - serverBefore;
    phase.time = std::chrono::duration_cast<milliseconds>(EventLoop::now() - begin);
    const auto open = [this] { return client_.open() + controlClient_.open(); };
    if (!test::turnUntil(loop_, [&open] { return open() == 0; })) {
      throw std::runtime_error(std::to_string(open()) + " calls do not end");
    }
    GoodClient::Calls calls = client_.take();
    phase.calls = calls.kept.size();
    phase.newConnections = calls.fresh.size();
    phase.median = medianOf(calls.kept);
    phase.newMedian = medianOf(calls.fresh);
    phase.medianWork = medianOf(calls.work);
    phase.controlMedian = medianOf(controlClient_.take().kept);
    for (const auto& times : {calls.kept, calls.fresh}) {
      for (const microseconds each : times) phase.slowest = std::max(phase.slowest, each);
    }
    phase.failures = std::move(calls.failures);
    server_.process().discardOutput();
    control_.process().discardOutput();
    return phase;
  }

  void attackDuring(Report& report, milliseconds time) {
    const Attackers::Size whole;
    Attackers attackers(server_.address(), {whole.slow / part_, whole.halfDone / part_,
                                            whole.garbagePerSecond / part_});
    Phase arrival = phase(Attackers::kAllHaveCome + time / 4);
    report.during = phase(time);
    report.during.failures.insert(report.during.failures.end(), arrival.failures.begin(),
                                  arrival.failures.end());
    report.connected = attackers.tally().connected;
    report.dropped = attackers.tally().dropped;
    report.garbage = attackers.tally().garbage;
    report.openAtOnce = attackers.tally().open;
  }

 private:
  static test::ProcessOptions limited(std::size_t part) {
    test::ProcessOptions options;
    options.descriptors = kDescriptors / part;
    return options;
  }

  const std::size_t part_;
  test::CertificateFolder folder_;
  test::Authority ca_{folder_, "ca"};
  test::Identity identity_ = ca_.issue({});
  test::AgentProcess agent_;
  EventLoop loop_;
  test::ServiceProcess server_;
  test::ServiceProcess control_;
  GoodClient client_;
  GoodClient controlClient_;
};

std::string toText(const char* name, const Phase& phase) {
  const auto number = [](auto duration) { return std::to_string(duration.count()); };
  std::string text = std::string(name) + ": " + std::to_string(phase.calls) + " calls, median " +
                     number(phase.median) + " us, control " + number(phase.controlMedian) +
                     " us, of the server " + number(phase.medianWork) + " us; " +
                     std::to_string(phase.newConnections) + " on new connections, median " +
                     number(phase.newMedian) + " us; slowest " + number(phase.slowest) +
                     " us; server " + number(phase.serverTime) + " of " + number(phase.time) +
                     " ms; " + std::to_string(phase.failures.size()) + " failed\n";
  const std::size_t shown = std::min<std::size_t>(phase.failures.size(), 5);
  for (std::size_t i = 0; i < shown; ++i) text += "  " + phase.failures[i] + "\n";
  return text;
}

}  // namespace

bool Report::good() const {
  const bool served = before.failures.empty() && during.failures.empty() && after.failures.empty();
  const bool inTime =
      during.median <= 3 * std::max({before.median, after.median, during.controlMedian});
  const bool inTurn = during.medianWork <= 3 * std::max(before.medianWork, after.medianWork);
  return served && (inTime || inTurn);
}

Report withstand(milliseconds time, std::size_t part) {
  World world(part);
  Report report;
  static_cast<void>(world.phase(time / 10));  // sessions and pools fill
  report.before = world.phase(time);
  world.attackDuring(report, time);
  static_cast<void>(world.phase(time / 2));  // those that were waiting to be accepted have gone
  report.after = world.phase(time);
  return report;
}

std::string toText(const Report& report) {
  return toText("quiet", report.before) + toText("attacked", report.during) +
         toText("quiet again", report.after) + "attackers: " + std::to_string(report.connected) +
         " connections, " + std::to_string(report.dropped) + " dropped by the server, " +
         std::to_string(report.garbage) + " with garbage, " + std::to_string(report.openAtOnce) +
         " at once\n";
}

}  // namespace evmicro::hostile

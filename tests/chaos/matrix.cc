#include "chaos/matrix.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <functional>
#include <stdexcept>

#include <evmicro/conformance/skip.h>

#include "chaos/world.h"

namespace evmicro::chaos {

namespace {

using namespace std::chrono_literals;
using Mode = test::FaultyProxy::Mode;
using Proxies = World::Proxies;

// More than twice the time that a registration lasts.
constexpr auto kHold = 7s;
// Within it all heartbeats come that a registry missed, and what was kept for a TTL goes.
constexpr auto kAfterwards = 5s;
// Of the calls that a node gets before it is found out.
constexpr int kFailedAtAFrozenNode = 5;

void restartWith(World& world, const std::function<void(FaultyRegistry&)>& change) {
  world.registry().kill();
  change(world.registry());
  world.registry().start();
}

struct Fault {
  const char* name;
  Proxies proxies;
  std::function<void(World&)> begins;
  std::function<void(World&)> ends;  // kHold later; empty: it does not last
  bool ofANode = false;              // the first greeter
};

// Two services registered and the data saved; then these died.
void makeOlderData(World& world) {
  world.startGreeters(2);
  world.startCaller(2);
  world.meanwhile([&world] { restartWith(world, [](FaultyRegistry& each) { each.save(); }); });
  world.greeters().clear();
}

const std::vector<Fault>& faults() {
  static const std::vector<Fault> all = {
      {"stopped", Proxies::kNo, [](World& world) { world.registry().kill(); },
       [](World& world) { world.registry().start(); }},
      {"emptied",
       Proxies::kNo,
       [](World& world) { restartWith(world, [](FaultyRegistry& each) { each.forget(); }); },
       {}},
      {"older data",
       Proxies::kNo,
       [](World& world) { restartWith(world, [](FaultyRegistry& each) { each.restore(); }); },
       {}},
      {"frozen", Proxies::kNo, [](World& world) { world.registry().freeze(); },
       [](World& world) {
         world.registry().kill();
         world.registry().start();
       }},
      {"thawed", Proxies::kNo, [](World& world) { world.registry().freeze(); },
       [](World& world) { world.registry().thaw(); }},
      {"wiped", Proxies::kNo, [](World& world) { world.registry().wipe(); }, {}},
      {"slow", Proxies::kYes,
       [](World& world) {
         world.callersProxy().set(Mode::kSlow);
         world.servicesProxy().set(Mode::kSlow);
       },
       [](World& world) {
         world.callersProxy().set(Mode::kPass);
         world.servicesProxy().set(Mode::kPass);
       }},
      {"partitioned from callers", Proxies::kYes,
       [](World& world) { world.callersProxy().set(Mode::kPartitioned); },
       [](World& world) { world.callersProxy().set(Mode::kPass); }},
      {"partitioned from services", Proxies::kYes,
       [](World& world) { world.servicesProxy().set(Mode::kPartitioned); },
       [](World& world) { world.servicesProxy().set(Mode::kPass); }},
      {"partitioned from all", Proxies::kYes,
       [](World& world) {
         world.callersProxy().set(Mode::kPartitioned);
         world.servicesProxy().set(Mode::kPartitioned);
       },
       [](World& world) {
         world.callersProxy().set(Mode::kPass);
         world.servicesProxy().set(Mode::kPass);
       }},
      {"node frozen", Proxies::kNo, [](World& world) { world.greeters()[0]->process().freeze(); },
       [](World& world) { world.greeters()[0]->process().thaw(); }, true},
      {"node killed",
       Proxies::kNo,
       [](World& world) { world.greeters()[0]->process().signal(SIGKILL); },
       {},
       true},
      {"node replaced", Proxies::kNo,
       [](World& world) { world.greeters().push_back(world.startGreeter()); },
       [](World& world) {
         world.greeters()[0]->process().signal(SIGTERM);
         world.greeters()[0]->process().wait();
       }},
  };
  return all;
}

const Fault& faultNamed(const std::string& name) {
  const auto found = std::find_if(faults().begin(), faults().end(),
                                  [&](const Fault& fault) { return fault.name == name; });
  if (found == faults().end()) throw std::invalid_argument("no fault: " + name);
  return *found;
}

Outcome run(const std::string& registry, const Fault& fault) {
  World world(registry, fault.proxies);
  if (fault.name == std::string("older data")) makeOlderData(world);
  world.startGreeters(3);
  world.startCaller(3);
  const std::string failing = fault.ofANode ? world.greeters()[0]->address() : "nobody";
  world.meanwhile([&] { fault.begins(world); });
  if (fault.ends) {
    world.callFor(kHold);
    world.meanwhile([&] { fault.ends(world); });
  }
  world.callFor(kAfterwards);
  world.finish();
  Outcome outcome;
  outcome.calls = world.caller().ended();
  outcome.failures = world.caller().failures();
  outcome.failed = static_cast<int>(outcome.failures.size());
  for (const std::string& failure : outcome.failures) {
    if (failure.find(" at " + failing + ": ") == std::string::npos) ++outcome.failedToLiving;
  }
  return outcome;
}

}  // namespace

bool Outcome::good() const { return failedToLiving == 0 && failed <= kFailedAtAFrozenNode; }

std::vector<std::string> faultNames() {
  std::vector<std::string> names;
  for (const Fault& fault : faults()) names.emplace_back(fault.name);
  return names;
}

Outcome runFault(const std::string& registry, const std::string& fault) {
  try {
    return run(registry, faultNamed(fault));
  } catch (const test::Skip& skip) {
    Outcome outcome;
    outcome.skipped = skip.what();
    return outcome;
  }
}

}  // namespace evmicro::chaos

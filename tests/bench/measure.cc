#include "bench/measure.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <vector>

#include <unistd.h>

#include "bench/process.h"

namespace evmicro::bench {

namespace {

// A server in a process of its own; `port` is told once it listens.
class ServerProcess {
 public:
  ServerProcess(Serve serve, Role role)
      : process_(role,
                 [serve](const Process::Tell& tell) {
                   serve([&tell](int port) { tell(&port, sizeof port); });
                 }),
        port_(process_.await<int>()) {}

  int port() const { return port_; }
  const Process& process() const { return process_; }

 private:
  Process process_;
  int port_;
};

// Calls before those that count: a tenth of them.
std::size_t warmUp(std::size_t calls, std::size_t inFlight) {
  return std::max(calls / 10, inFlight);
}

Sample sampleOf(const Measured& measured, double used, std::size_t operations) {
  Sample sample;
  sample.used = used / static_cast<double>(operations);
  sample.rate = static_cast<double>(operations) / measured.seconds;
  sample.p50 = measured.p50;
  sample.p99 = measured.p99;
  return sample;
}

Sample measureLoad(const Process& server, Generator& generator, std::size_t calls,
                   std::size_t operations) {
  const double before = server.used();
  const double loadBefore = processorTime();
  const Measured measured = generator.run(calls);
  const double load = processorTime() - loadBefore;
  Sample sample = sampleOf(measured, server.used() - before, calls * operations);
  sample.load = load / static_cast<double>(calls * operations);
  return sample;
}

// Connections that have made one call and keep still. They come in portions, or the backlog of the
// server would overflow, and what handshakes under way need would be counted. A process of their
// own has them: what this one has freed, its next servers would inherit as a heap full of holes.
class IdleConnections {
 public:
  static constexpr std::size_t kPortion = 100;

  IdleConnections(const Load& load, std::size_t count)
      : process_(Role::kMeasuring, [&](const Process::Tell& tell) { keep(load, count, tell); }) {
    static_cast<void>(process_.await<std::size_t>());
  }

 private:
  static void keep(Load load, std::size_t count, const Process::Tell& tell) {
    std::vector<std::unique_ptr<Generator>> portions;
    load.connections = kPortion;
    for (std::size_t i = 0; i < count; i += kPortion) {
      portions.push_back(std::make_unique<Generator>(load));
      portions.back()->run(kPortion);
    }
    tell(&count, sizeof count);
    for (;;) ::pause();
  }

  Process process_;
};

}  // namespace

Sample measureServer(Serve serve, Load load, std::size_t calls, std::size_t operations) {
  const ServerProcess server(serve, Role::kMeasured);
  load.port = server.port();
  Generator generator(load);
  generator.run(warmUp(calls, load.connections * load.slots));
  return measureLoad(server.process(), generator, calls, operations);
}

Sample measureBesideIdle(Serve serve, Load load, std::size_t calls, std::size_t idleCount) {
  const ServerProcess server(serve, Role::kMeasured);
  load.port = server.port();
  Generator generator(load);
  generator.run(warmUp(calls, load.connections));
  const double before = server.process().resident();
  const IdleConnections idle(load, idleCount);
  const double after = server.process().resident();
  Sample sample = measureLoad(server.process(), generator, calls, 1);
  sample.memory = (after - before) / static_cast<double>(idleCount);
  return sample;
}

Sample measureGateway(Pass pass, Serve backend, Load load, std::size_t calls) {
  const ServerProcess server(backend, Role::kMeasuring);
  const Process gateway(Role::kMeasured, [&](const Process::Tell& tell) {
    pass(server.port(), [&tell](int port) { tell(&port, sizeof port); });
  });
  load.port = gateway.await<int>();
  Generator generator(load);
  generator.run(warmUp(calls, load.connections * load.slots));
  const double before = server.process().used();
  Sample sample = measureLoad(gateway, generator, calls, 1);
  sample.load += (server.process().used() - before) / static_cast<double>(calls);
  return sample;
}

Sample measureOpened(Serve serve, Load load, std::size_t count) {
  const ServerProcess server(serve, Role::kMeasured);
  load.port = server.port();
  const IdleConnections first(load, IdleConnections::kPortion);  // what the first ones need is kept
  const double before = server.process().resident();
  const double usedBefore = server.process().used();
  const IdleConnections idle(load, count);
  Sample sample;
  sample.used = (server.process().used() - usedBefore) / static_cast<double>(count);
  sample.memory = (server.process().resident() - before) / static_cast<double>(count);
  return sample;
}

Sample measureCaller(MakeCaller make, Serve serve, std::size_t inFlight, std::size_t nodes,
                     std::size_t calls) {
  const ServerProcess server(serve, Role::kMeasuring);
  // Six calls for each node: then all but one in four hundred have their connection.
  const std::size_t before = std::max(warmUp(calls, inFlight), nodes > 1 ? 6 * nodes : 0);
  const Process process(Role::kMeasured, [&](const Process::Tell& tell) {
    const std::unique_ptr<Caller> caller = make({server.port(), nodes, inFlight});
    std::vector<double> latencies;
    latencies.reserve(std::max(calls, before));
    caller->run(before, latencies);
    latencies.clear();
    const double usedBefore = processorTime();
    const auto start = std::chrono::steady_clock::now();
    caller->run(calls, latencies);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    const double used = processorTime() - usedBefore;
    const Sample sample = sampleOf(summarise(took.count(), latencies), used, calls);
    tell(&sample, sizeof sample);
  });
  Sample sample = process.await<Sample>();
  sample.load = server.process().used() / static_cast<double>(before + calls);
  return sample;
}

}  // namespace evmicro::bench

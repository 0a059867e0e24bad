#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

// Clients to compare: each calls Greeter.Hello, does the whole work of a call, and
// compares every reply.
namespace evmicro::bench {

struct Target {
  int port = 0;
  std::size_t nodes = 1;  ///< addresses of the loopback device that the server is known under
  std::size_t inFlight = 1;
};

class Caller {
 public:
  Caller() = default;
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;
  virtual ~Caller() = default;

  /// Makes so many calls, target.inFlight at a time, and puts the microseconds that each took into
  /// `latencies`. Throws std::runtime_error when a call fails.
  virtual void run(std::size_t calls, std::vector<double>& latencies) = 0;
};

using MakeCaller = std::unique_ptr<Caller> (*)(const Target& target);
/// Keeps a connection per call in flight, one per node at least, and takes any that is idle.
std::unique_ptr<Caller> callByBufferevent(const Target& target);
std::unique_ptr<Caller> callByEvmicro(const Target& target);
/// By gRPC: all calls on one connection.
std::unique_ptr<Caller> callByEvmicroGrpc(const Target& target);
/// gRPC C++'s own client, by callbacks. Defined if the build has it.
std::unique_ptr<Caller> callByGrpc(const Target& target);

/// The address of a node, 127.0.0.1 for the first.
std::string nodeAddress(std::size_t node);

}  // namespace evmicro::bench

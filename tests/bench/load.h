#pragma once

#include <cstdint>
#include <string>

namespace evmicro::bench {

struct Load {
  int port = 0;
  int connections = 1;  ///< each with one call in flight
  int calls = 0;        ///< all together
  bool connectionPerCall = false;
  std::string request;  ///< the bytes of one HTTP request
  std::string answer;   ///< what the body of every reply is
};

struct Measured {
  double seconds = 0;
  double p50 = 0;  ///< microseconds
  double p99 = 0;
};

/// Calls as often as `load` says. Throws std::runtime_error at a wrong reply, at a connection that
/// ends too early, and when nothing comes for 10 s.
Measured run(const Load& load);

/// A call of Greeter.Hello with "John", and the reply's body.
void protoCall(Load& load);
void jsonCall(Load& load);

}  // namespace evmicro::bench

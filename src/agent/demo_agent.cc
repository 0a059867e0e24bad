// The registry agent of `./dev demo`: the same as `evmicro agent --address ADDRESS`, without the
// other commands, which take longer to compile than all the rest of the demo.
#include <cstdio>

#include "agent/run_agent.h"
#include "service/logging.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "Usage: %s HOST:PORT\n", argv[0]);
    return 2;
  }
  evmicro::Status status = evmicro::detail::configureLogging("info", "");
  if (status.ok()) status = evmicro::detail::runAgent(argv[1], {});
  if (!status.ok()) std::fprintf(stderr, "%s: %s\n", argv[0], status.toString().c_str());
  return status.ok() ? 0 : 1;
}

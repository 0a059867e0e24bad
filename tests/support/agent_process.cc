#include "support/agent_process.h"

#include <stdexcept>

namespace evmicro::test {

AgentProcess::AgentProcess()
    : process_({TEST_BUILD_DIR "/evmicro", "agent", "--address", "127.0.0.1:0", "--node", "dev"}) {
  const auto address = process_.printsLine("Listening on ");
  if (!address) throw std::runtime_error("no agent: " + process_.report());
  address_ = *address;
}

}  // namespace evmicro::test

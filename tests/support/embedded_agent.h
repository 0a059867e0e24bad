#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include <evmicro/event_loop.h>

#include "agent/agent.h"

namespace evmicro::test {

/// A registry of its own for a test: the agent that `evmicro agent` runs, on the test's loop and a
/// free port of 127.0.0.1. Speaks Consul's HTTP API while the loop turns.
class EmbeddedAgent {
 public:
  /// `loop` must outlive it. Throws when it cannot listen.
  explicit EmbeddedAgent(EventLoop& loop, detail::AgentOptions options = {},
                         const std::string& address = "127.0.0.1:0") {
    auto opened = detail::Agent::open(loop, address, std::move(options));
    if (!opened.ok()) throw std::runtime_error(opened.status().toString());
    agent_ = std::move(*opened);
  }

  /// `127.0.0.1:port`
  const std::string& address() const noexcept { return agent_->address(); }
  /// Blocking queries that wait now.
  std::size_t heldQueries() const noexcept { return agent_->heldQueries(); }

 private:
  std::unique_ptr<detail::Agent> agent_;
};

}  // namespace evmicro::test

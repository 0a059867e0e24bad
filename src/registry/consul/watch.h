#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <random>
#include <string>

#include <evmicro/event_loop.h>
#include <evmicro/status.h>
#include <evmicro/timer.h>

#include "registry/consul/agents.h"
#include "registry/consul/watch_slots.h"

namespace evmicro::detail {

/// Asks one question for ever: a consul agent holds each query until the answer has changed, and
/// then the next one goes out. Stays with the agent in use; when that fails, asks the next one
/// without an index, because the indexes of one agent may mean nothing to another.
class ConsulWatch final : private WatchSlots::Observer {
 public:
  /// Whose question it is. These run in the loop and must not destroy the watch.
  class Reader {
   public:
    /// The answer, new or changed. An error says that it makes no sense.
    virtual Status onAnswer(const std::string& body, std::size_t agent) = 0;
    /// The agent answers, and nothing has changed.
    virtual void onUnchanged() = 0;
    /// No agent has answered properly. It is asked again after a pause.
    virtual void onFailure(Status why) = 0;

   protected:
    ~Reader() = default;
  };

  /// Asks GET `path` from the next turn on. All must outlive the watch.
  ConsulWatch(EventLoop& loop, ConsulAgents& agents, WatchSlots& slots, std::string path,
              Reader& reader);
  ConsulWatch(const ConsulWatch&) = delete;
  ConsulWatch& operator=(const ConsulWatch&) = delete;
  ~ConsulWatch();

  /// Another agent is in use: goes over to it.
  void followSwitch();

 private:
  void ask();
  void send(std::chrono::milliseconds held);
  void onSlot() override;
  void onRevoked() override;
  void answered(ConsulReply reply);
  void failed(Status why);
  void askAgain(std::chrono::nanoseconds cost);

  ConsulAgents& agents_;
  WatchSlots& slots_;
  const std::string path_;
  Reader& reader_;
  std::size_t agent_;
  std::uint64_t index_ = 0;  // 0: ask for the answer as it is
  unsigned failures_ = 0;    // since the last answer
  EventLoop::Clock::time_point asked_;
  std::minstd_rand random_;
  Timer pause_;
  Call pending_;
};

}  // namespace evmicro::detail

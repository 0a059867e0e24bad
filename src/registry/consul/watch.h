#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <random>
#include <string>

#include <evmicro/event_loop.h>
#include <evmicro/http_endpoints.h>
#include <evmicro/status.h>
#include <evmicro/timer.h>

#include "base/backoff.h"
#include "registry/consul/watch_slots.h"

namespace evmicro::detail {

/// Repeats one blocking query: a Consul agent holds each request until the answer has changed, and
/// then the next one is sent. Uses the agent in use; after a failure it starts with the next agent
/// without an index, because an index of one agent may mean nothing to another.
class ConsulWatch final : private WatchSlots::Observer {
 public:
  /// Receives the answers. These functions run in the loop and must not destroy the watch.
  class Reader {
   public:
    /// A new or changed answer. Return an error if it cannot be decoded.
    virtual Status onAnswer(const std::string& body, std::size_t agent) = 0;
    /// The agent has answered, and nothing has changed.
    virtual void onUnchanged() = 0;
    /// No agent has answered properly. The query is repeated after a pause.
    virtual void onFailure(Status why) = 0;

   protected:
    ~Reader() = default;
  };

  /// Sends GET `path` from the next turn on. All references must outlive the watch.
  ConsulWatch(EventLoop& loop, HttpEndpoints& agents, WatchSlots& slots, std::string path,
              Reader& reader);
  ConsulWatch(const ConsulWatch&) = delete;
  ConsulWatch& operator=(const ConsulWatch&) = delete;
  ~ConsulWatch();

  /// Another agent has come into use: switches to it.
  void followSwitch();

 private:
  void ask();
  void send(std::chrono::milliseconds held);
  void onSlot() override;
  void onRevoked() override;
  void answered(EndpointReply reply);
  void failed(Status why);
  void askAgain(std::chrono::nanoseconds cost);

  HttpEndpoints& agents_;
  WatchSlots& slots_;
  const std::string path_;
  Reader& reader_;
  std::size_t agent_;
  std::uint64_t index_ = 0;   // 0: the next query does not block
  std::size_t failures_ = 0;  // failures since the last answer
  Backoff backoff_;
  EventLoop::Clock::time_point asked_;
  std::minstd_rand random_;
  Timer pause_;
  Call pending_;
};

}  // namespace evmicro::detail

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>

#include <evmicro/event_loop.h>
#include <evmicro/lifetime.h>

#include "agent/api.h"
#include "http/server.h"

namespace evmicro::detail {

/// Blocking queries that wait for their answer: each is answered when what it asked for changes,
/// when its time is over, or never, when its client leaves first.
class HeldQueries {
 public:
  /// `loop` and `api` must outlive it. At most `limit` are held.
  HeldQueries(EventLoop& loop, AgentApi& api, std::size_t limit);
  HeldQueries(const HeldQueries&) = delete;
  HeldQueries& operator=(const HeldQueries&) = delete;
  ~HeldQueries();

  /// Keeps `exchange` until `hold` says. Over the limit it is answered with 429 at once.
  void hold(ApiRequest request, const ApiHold& hold, HttpExchange exchange);
  /// `topics` have changed: answers those queries that wait for one and have an answer now.
  void wake(const std::set<std::string>& topics);
  std::size_t size() const noexcept { return held_.size(); }

 private:
  struct Held;

  void answer(std::uint64_t id, AgentApi::Wait wait);
  std::unique_ptr<Held> release(std::uint64_t id);

  EventLoop& loop_;
  AgentApi& api_;
  const std::size_t limit_;
  std::uint64_t lastId_ = 0;
  std::map<std::uint64_t, std::unique_ptr<Held>> held_;
  std::map<std::string, std::set<std::uint64_t>> byTopic_;
  Lifetime lifetime_;  // an exchange may outlive this object's interest in it
};

}  // namespace evmicro::detail

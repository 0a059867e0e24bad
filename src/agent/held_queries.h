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

/// Held blocking queries: each is answered when its topic changes or its time has passed, unless
/// its client disconnects first.
class HeldQueries {
 public:
  /// `loop` and `api` must outlive it. At most `limit` are held.
  HeldQueries(EventLoop& loop, AgentApi& api, std::size_t limit);
  HeldQueries(const HeldQueries&) = delete;
  HeldQueries& operator=(const HeldQueries&) = delete;
  ~HeldQueries();

  /// Holds `exchange` as `hold` says. Above the limit it is answered with 429 immediately.
  void hold(ApiRequest request, const ApiHold& hold, HttpExchange exchange);
  /// `topics` have changed: answers the queries that wait for one of them and have an answer now.
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
  Lifetime lifetime_;  // an exchange may still refer to a query that has been released
};

}  // namespace evmicro::detail

#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include <evmicro/event_loop.h>
#include <evmicro/metrics.h>
#include <evmicro/timer.h>
#include <evmicro/web_server.h>

namespace evmicro::gateway {

/// Counts replies in periods of five seconds, of which it keeps 23, and serves them at /stats: as
/// a page, or in JSON as the micro tool does.
class GatewayStats {
 public:
  /// `loop` must outlive it.
  explicit GatewayStats(EventLoop& loop);

  /// A reply with `status` has been sent.
  void count(int status);
  /// Adds how many replies there were of each status, ever.
  void collect(Metrics& metrics) const;
  /// JSON if the request's Content-Type or Accept is application/json, or for `?format=json`.
  void serve(const WebRequest& request, WebReply reply) const;

 private:
  struct Counter {
    std::int64_t timestamp;
    std::map<std::string, std::uint64_t> codes;  // by class: `20x`
    std::uint64_t total;
  };
  void next();
  std::string json() const;
  std::string page() const;
  std::string chart() const;

  const std::int64_t started_;
  std::map<int, std::uint64_t> replies_;  // by status
  std::deque<Counter> counters_;          // the last one is counting
  Timer timer_;
};

}  // namespace evmicro::gateway

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <evmicro/client.h>
#include <evmicro/event_loop.h>
#include <evmicro/status.h>
#include <evmicro/timer.h>

#include "base/log_limiter.h"
#include "call/usual_latency.h"

namespace evmicro::detail {

/// Outlier detection: finds the nodes that calls should avoid from the outcomes of calls to them,
/// and probes them until they have recovered. See OutlierOptions for the rules.
///
/// begin() and answered() run for every call. They only count, and read the clock only for the few
/// calls that are samples of a node's latency; a timer examines the counters while calls are
/// waiting for answers.
class Outliers {
 public:
  struct Peer;
  /// A node as the registry has it.
  struct Known {
    std::string id;
    std::string address;
  };
  struct Needs {
    /// Returns all nodes of `service`.
    std::function<std::vector<Known>(const std::string& service)> nodesOf;
    /// Sends a health check to the node at `address`. `done` runs once, in a later turn; not after
    /// this object has been destroyed.
    std::function<void(const std::string& service, const std::string& address,
                       std::chrono::milliseconds timeout, std::function<void(Status)> done)>
        probe;
  };
  /// A call in progress.
  struct Ticket {
    Peer* peer = nullptr;  // null: not observed
    std::optional<EventLoop::Clock::time_point> sampledSince;
  };
  /// Remembers the state of one node, so that begin() need not search for it.
  struct Place {
    Peer* peer = nullptr;
    std::uint64_t removals = 0;  // that had happened by then
  };
  Outliers(EventLoop& loop, const OutlierOptions& options, Needs needs);
  Outliers(const Outliers&) = delete;
  Outliers& operator=(const Outliers&) = delete;
  ~Outliers();

  /// A call to the node of `service` at `address` begins.
  /// `place` belongs to that address.
  Ticket begin(std::string_view service, const std::string& address, Place& place);
  /// The node has answered. For each ticket either this or ended(), at most once.
  void answered(Ticket& ticket);
  /// The call has ended without an answer.
  void ended(Ticket& ticket, const Status& outcome);
  /// Streams are only observed at their end: in between they may rightly be silent.
  void streamEnded(std::string_view service, const std::string& address, const Status& outcome);

  /// Ids of nodes of `service` to avoid; null if there are none.
  const std::vector<std::string>* ejected(std::string_view service) const {
    return stats_.ejected == 0 ? nullptr : findEjected(service);
  }
  const OutlierStats& stats() const noexcept { return stats_; }

 private:
  using Time = EventLoop::Clock::time_point;
  using Duration = EventLoop::Clock::duration;
  enum class Reason { kSilence, kFailures };

  const std::vector<std::string>* findEjected(std::string_view service) const;
  Peer* peerAt(std::string_view service, const std::string& address);
  void dropUnused();
  void list(Peer& peer);
  void checkNodes();
  Duration allowedSilence(const Peer& peer) const;
  static Duration untilCheck(Duration silence);
  static void progresses(Peer& peer, Time now);
  void wakeAt(Time when);
  void failed(Peer& peer, const Status& outcome);
  std::vector<std::string> idsToEject(const Peer& peer) const;
  void eject(Peer& peer, Reason reason);
  void release(Peer& peer);
  void readmit(Peer& peer);
  void logEjection(Peer& peer, std::string_view what);
  void pauseBeforeProbe(Peer& peer);
  void probe(Peer& peer);
  void probed(Peer& peer, const Status& outcome);

  EventLoop& loop_;
  const OutlierOptions options_;
  const Needs needs_;
  std::unordered_map<std::string, Peer> peers_;  // by address
  std::size_t dropAt_ = 64;                      // at this many peers, unused ones are removed
  std::uint64_t removals_ = 0;                   // how often that was done
  std::vector<Peer*> listed_;                    // peers with recent calls
  // Ids by service; only services that have ejected nodes.
  std::map<std::string, std::vector<std::string>, std::less<>> ejected_;
  OutlierStats stats_;
  LogLimiter ejections_;
  Time wakesAt_{};
  Timer checkTimer_;
};

}  // namespace evmicro::detail

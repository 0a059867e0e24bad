#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>

#include <evmicro/call.h>
#include <evmicro/event_loop.h>
#include <evmicro/http_client.h>
#include <evmicro/timer.h>
#include <evmicro/tls.h>

#include "dashboard/catalog.h"
#include "dashboard/history.h"

namespace evmicro::dashboard {

struct ScraperOptions {
  std::chrono::milliseconds interval{5'000};
  std::chrono::milliseconds timeout{2'000};  ///< for the page of one node
  std::size_t maxNodes = 500;                ///< that are read in one round
  std::size_t maxPageBytes = 1U << 20;
  TlsOptions tls{};  ///< for nodes that announce TLS
};

/// Reads the page /metrics of every node at regular times, and keeps what it says for 15 minutes.
class Scraper {
 public:
  /// What is known of a node.
  struct NodeState {
    Status problem;                    ///< why the last scrape has failed
    std::optional<NodeMetrics> last;   ///< the last page
    std::optional<Activity> activity;  ///< between the last two
    EventLoop::Clock::time_point at;   ///< of `last`
    std::uint64_t round = 0;           ///< in which it was read the last time
  };
  struct ServiceState {
    std::map<std::string, NodeState> nodes;  ///< by id
    Activity activity;                       ///< of all nodes
    History history;
    EventLoop::Clock::time_point viewed{};
  };

  /// `onRound` runs after each round. All must outlive it.
  Scraper(EventLoop& loop, const Catalog& catalog, ScraperOptions options,
          std::function<void()> onRound);
  Scraper(const Scraper&) = delete;
  Scraper& operator=(const Scraper&) = delete;
  ~Scraper() = default;

  void start();
  void stop();

  /// Null: nothing is known.
  const ServiceState* find(std::string_view service) const;
  const std::map<std::string, ServiceState, std::less<>>& services() const noexcept {
    return services_;
  }
  /// Somebody looks at `service`: for a minute its nodes come before all others.
  void viewed(const std::string& service);

  std::uint64_t rounds() const noexcept { return rounds_; }
  /// Nodes that the last round left out because there are more than maxNodes.
  std::size_t leftOut() const noexcept { return leftOut_; }
  const ScraperOptions& options() const noexcept { return options_; }

 private:
  struct Target {
    std::string service;
    std::string id;
    std::string address;
    bool secure = false;
  };

  void beginRound();
  void choose(bool viewedOnes);
  void fill();
  void scrape(const Target& target);
  void take(const Target& target, const Result<HttpClientReply>& reply);
  void endRound();

  EventLoop& loop_;
  const Catalog& catalog_;
  const ScraperOptions options_;
  const std::function<void()> onRound_;
  std::map<std::string, ServiceState, std::less<>> services_;
  std::deque<Target> waiting_;
  std::uint64_t rounds_ = 0;
  std::size_t leftOut_ = 0;
  bool running_ = false;  // a round is in progress
  HttpClient client_;
  std::list<Call> calls_;
  Timer timer_;
};

}  // namespace evmicro::dashboard

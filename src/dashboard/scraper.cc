#include "dashboard/scraper.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "registry/secure_node.h"

namespace evmicro::dashboard {

namespace {

constexpr std::size_t kAtOnce = 32;
constexpr std::chrono::minutes kViewed{1};

bool wasViewed(const Scraper::ServiceState& state, EventLoop::Clock::time_point now) {
  return state.viewed != EventLoop::Clock::time_point() && now - state.viewed < kViewed;
}

// A web service: its /metrics is a page of its own, if there is one.
bool speaksHttp(const Node& node) {
  const auto server = node.metadata.find("server");
  return server != node.metadata.end() && server->second == "http";
}

HttpClientRequest requestFor(const std::string& address, bool secure,
                             const ScraperOptions& options) {
  HttpClientRequest request;
  const std::string scheme = secure ? "https://" : "http://";
  constexpr std::string_view kUnix = "unix://";
  if (address.compare(0, kUnix.size(), kUnix) == 0) {
    request.socketPath = address.substr(kUnix.size());
    request.url = scheme + "localhost/metrics";
  } else {
    request.url = scheme + address + "/metrics";
  }
  request.timeout = options.timeout;
  request.maxReplyBytes = options.maxPageBytes;
  return request;
}

Status problemOf(const Result<HttpClientReply>& reply) {
  if (!reply.ok()) return reply.status();
  if (reply->status == 200) return {};
  return Status::invalid("no metrics: HTTP " + std::to_string(reply->status));
}

}  // namespace

Scraper::Scraper(EventLoop& loop, const Catalog& catalog, ScraperOptions options,
                 std::function<void()> onRound)
    : loop_(loop),
      catalog_(catalog),
      options_(std::move(options)),
      onRound_(std::move(onRound)),
      client_(loop, {4, options_.tls}),
      timer_(loop, [this] {
        timer_.start(options_.interval);
        beginRound();
      }) {}

void Scraper::start() { timer_.start(std::min(options_.interval, {std::chrono::seconds(1)})); }

void Scraper::stop() {
  timer_.stop();
  waiting_.clear();
  calls_.clear();
}

const Scraper::ServiceState* Scraper::find(std::string_view service) const {
  const auto place = services_.find(service);
  return place == services_.end() ? nullptr : &place->second;
}

void Scraper::viewed(const std::string& service) {
  if (const auto place = services_.find(service); place != services_.end()) {
    place->second.viewed = loop_.now();
  }
}

void Scraper::beginRound() {
  if (running_) return;  // the last one takes longer than the interval
  running_ = true;
  ++rounds_;
  leftOut_ = 0;
  choose(true);
  choose(false);
  fill();
}

void Scraper::choose(bool viewedOnes) {
  for (const auto& [name, versions] : catalog_.services()) {
    if (isTopic(name)) continue;
    ServiceState& state = services_[name];
    if (wasViewed(state, loop_.now()) != viewedOnes) continue;
    for (const auto& [number, version] : versions) {
      for (const Node& node : version.nodes) {
        if (speaksHttp(node)) continue;
        if (waiting_.size() >= options_.maxNodes) {
          ++leftOut_;
        } else {
          waiting_.push_back({name, node.id, node.dialAddress(), detail::wantsTls(node)});
        }
      }
    }
  }
}

void Scraper::fill() {
  while (calls_.size() < kAtOnce && !waiting_.empty()) {
    const Target target = std::move(waiting_.front());
    waiting_.pop_front();
    scrape(target);
  }
  if (calls_.empty() && running_) endRound();
}

void Scraper::scrape(const Target& target) {
  const auto place = calls_.emplace(calls_.end());
  *place = client_.send(requestFor(target.address, target.secure, options_),
                        [this, place, target](const Result<HttpClientReply>& reply) {
                          const Call ended = std::move(*place);  // destroyed when this returns
                          calls_.erase(place);
                          take(target, reply);
                          fill();
                        });
}

void Scraper::take(const Target& target, const Result<HttpClientReply>& reply) {
  NodeState& node = services_[target.service].nodes[target.id];
  node.round = rounds_;
  node.problem = problemOf(reply);
  node.activity.reset();
  if (!node.problem.ok()) return;
  NodeMetrics now = readNodeMetrics(reply->body);
  const auto at = loop_.now();
  const double seconds = std::chrono::duration<double>(at - node.at).count();
  if (node.last && seconds > 0) node.activity = difference(*node.last, now, seconds);
  node.last = std::move(now);
  node.at = at;
}

void Scraper::endRound() {
  running_ = false;
  const std::int64_t time = std::time(nullptr);
  for (auto place = services_.begin(); place != services_.end();) {
    ServiceState& state = place->second;
    state.activity = {};
    bool known = false;
    for (auto node = state.nodes.begin(); node != state.nodes.end();) {
      // A node that was left out keeps its state for some rounds; one that has gone is forgotten.
      if (rounds_ - node->second.round > 2) {
        node = state.nodes.erase(node);
        continue;
      }
      if (node->second.activity) {
        state.activity.add(*node->second.activity);
        known = true;
      }
      ++node;
    }
    state.history.expire(time);
    if (known) state.history.add(pointOf(time, state.activity));
    const bool gone = !catalog_.find(place->first) && state.history.points().empty();
    place = gone ? services_.erase(place) : std::next(place);
  }
  onRound_();
}

}  // namespace evmicro::dashboard

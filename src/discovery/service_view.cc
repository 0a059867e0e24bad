#include <evmicro/service_view.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include <evmicro/check_service.h>
#include <evmicro/event_loop.h>
#include <evmicro/lifetime.h>
#include <evmicro/timer.h>

#include "base/duration.h"
#include "base/hidden.h"
#include "base/log.h"
#include "discovery/lost_nodes.h"

namespace evmicro {

namespace {

using detail::LostNodes;
using detail::Versions;
using Snapshot = ServiceView::Snapshot;
using Clock = EventLoop::Clock;
using std::chrono::milliseconds;

// A service is forgotten after this many consecutive sweeps without use.
constexpr int kSweeps = 4;

std::vector<ServiceSnapshot::Entry> flat(const Versions& versions) {
  std::vector<ServiceSnapshot::Entry> nodes;
  for (const ServiceInfo& version : versions) {
    for (const Node& node : version.nodes) nodes.push_back({&version, &node});
  }
  return nodes;
}

milliseconds since(Clock::time_point start) {
  return std::chrono::duration_cast<milliseconds>(EventLoop::now() - start);
}

}  // namespace

ServiceSnapshot::ServiceSnapshot(std::vector<ServiceInfo> all,
                                 std::shared_ptr<const ServiceSnapshot> last)
    : versions(std::move(all)), nodes(flat(versions)), lastResort(std::move(last)) {}

class EVMICRO_HIDDEN ServiceView::Impl {
 public:
  Impl(EventLoop& loop, Registry& registry, ServiceViewOptions options)
      : loop_(loop), registry_(registry), options_(options), sweeper_(loop, [this] { sweep(); }) {}

  Snapshot known(std::string_view name);
  Call get(std::string_view name, Found found);
  void mark(std::string_view name, const Node& node, const Status& outcome);
  ServiceViewStats stats() const;

 private:
  /// A request that waits for the first answer. Owned by its token.
  struct Waiting {
    Found found;
    Call pending;
  };
  /// A service that is followed.
  struct Service {
    Service(EventLoop& loop, const ServiceViewOptions& options, std::function<void()> onForget)
        : lost(options.keepLost, options.keepAnswering), forget(loop, std::move(onForget)) {}

    Snapshot snapshot;    // null until the first answer
    Versions named;       // the registry's last answer
    LostNodes lost;       // nodes that it listed before
    bool losing = false;  // `lost` is not empty
    Status outage;        // not ok(): the registry does not answer
    int unused = 0;       // sweeps since the last use
    std::vector<std::weak_ptr<Waiting>> waiting;
    Timer forget;  // for the next expiry in `lost`
    Subscription following;
  };

  Service& follow(const std::string& name);
  void changed(const std::string& name, Result<Versions> news);
  void says(Service& service, Versions versions);
  void isUnknown(const std::string& name);
  void forgetLost(Service& service);
  void renewSnapshot(Service& service);
  void becomesStale(Service& service, Status why);
  void isFresh(Service& service);
  void sweep();
  Call answer(Found found, Result<Snapshot> result);
  void answerAll(Service& service, const Result<Snapshot>& result);
  bool isAbsent(std::string_view name);
  Status notFound(std::string_view name) const;

  EventLoop& loop_;
  Registry& registry_;
  const ServiceViewOptions options_;
  std::map<std::string, std::unique_ptr<Service>, std::less<>> services_;
  std::set<std::string, std::less<>> absent_;  // recently looked up unknown names
  std::deque<std::pair<Clock::time_point, std::string>> absentUntil_;  // the oldest first
  std::size_t losing_ = 0;                                             // services with lost nodes
  std::size_t stale_ = 0;
  Clock::time_point staleSince_;  // when stale_ left 0
  ServiceViewStats counters_;
  Timer sweeper_;
  Lifetime lifetime_;
};

// Runs for every call: no clock, no allocation.
Snapshot ServiceView::Impl::known(std::string_view name) {
  const auto place = services_.find(name);
  if (place == services_.end()) return nullptr;
  place->second->unused = 0;
  return place->second->snapshot;
}

Call ServiceView::Impl::get(std::string_view name, Found found) {
  if (isAbsent(name)) return answer(std::move(found), notFound(name));
  Service& service = follow(std::string(name));
  service.unused = 0;
  if (!service.snapshot) {
    auto waiting = std::make_shared<Waiting>(Waiting{std::move(found), {}});
    service.waiting.push_back(waiting);
    return Call(std::move(waiting));
  }
  if (!service.snapshot->nodes.empty()) return answer(std::move(found), service.snapshot);
  return answer(std::move(found), service.outage.ok() ? notFound(name) : service.outage);
}

Call ServiceView::Impl::answer(Found found, Result<Snapshot> result) {
  return loop_.defer(lifetime_.guard(
      [found = std::move(found), result = std::move(result)]() mutable { found(result); }));
}

void ServiceView::Impl::answerAll(Service& service, const Result<Snapshot>& result) {
  for (const auto& each : std::exchange(service.waiting, {})) {
    if (const auto waiting = each.lock()) {
      waiting->pending = answer(std::move(waiting->found), result);
    }
  }
}

bool ServiceView::Impl::isAbsent(std::string_view name) {
  if (absent_.empty()) return false;
  const auto now = EventLoop::now();
  while (!absentUntil_.empty() && absentUntil_.front().first <= now) {
    absent_.erase(absentUntil_.front().second);
    absentUntil_.pop_front();
  }
  return absent_.find(name) != absent_.end();
}

Status ServiceView::Impl::notFound(std::string_view name) const {
  std::string who = "registry: " + std::string(registry_.name());
  if (const std::string address = registry_.address(); !address.empty()) who += " " + address;
  return serviceNotFound(name).withContext(who);
}

ServiceView::Impl::Service& ServiceView::Impl::follow(const std::string& name) {
  std::unique_ptr<Service>& place = services_[name];
  if (place) return *place;
  ++counters_.lookUps;
  place =
      std::make_unique<Service>(loop_, options_, [this, name] { forgetLost(*services_[name]); });
  place->following = registry_.follow(
      name, [this, name](Result<Versions> news) { changed(name, std::move(news)); });
  if (!sweeper_.running()) sweeper_.start(options_.idleAfter / kSweeps);
  return *place;
}

void ServiceView::Impl::changed(const std::string& name, Result<Versions> news) {
  Service& service = *services_.find(name)->second;
  if (news.ok()) {
    if (!service.snapshot && news->empty()) return isUnknown(name);
    says(service, std::move(*news));
  } else if (service.snapshot) {
    becomesStale(service, std::move(news).status());
  } else {
    answerAll(service, std::move(news).status());
    services_.erase(name);  // the next request tries again
  }
}

// Unknown names are not followed, because they may come from outside.
void ServiceView::Impl::isUnknown(const std::string& name) {
  ++counters_.notFound;
  absent_.insert(name);
  absentUntil_.emplace_back(EventLoop::now() + options_.notFoundFor, name);
  answerAll(*services_.find(name)->second, notFound(name));
  services_.erase(name);
}

void ServiceView::Impl::says(Service& service, Versions versions) {
  const bool wasAway = !service.outage.ok();
  service.lost.update(service.named, versions,
                      wasAway ? LostNodes::Cause::kOutage : LostNodes::Cause::kDropped,
                      EventLoop::now());
  service.named = std::move(versions);
  renewSnapshot(service);
  if (wasAway) isFresh(service);
  if (!service.snapshot->nodes.empty()) answerAll(service, service.snapshot);
}

// Updates the snapshot after a change of `named` or `lost`.
void ServiceView::Impl::renewSnapshot(Service& service) {
  if (std::exchange(service.losing, !service.lost.empty())) --losing_;
  if (service.losing) ++losing_;
  Versions members = service.named;
  detail::addNodes(members, service.lost.stillMembers());
  Snapshot lastResort;
  if (Versions lost = service.lost.lastResort(detail::countNodes(members)); !lost.empty()) {
    lastResort = std::make_shared<const ServiceSnapshot>(std::move(lost));
  }
  service.snapshot =
      std::make_shared<const ServiceSnapshot>(std::move(members), std::move(lastResort));
  if (const auto end = service.lost.nextEnd()) {
    service.forget.start(*end - EventLoop::now());
  } else {
    service.forget.stop();
  }
}

// Nodes may have answered since the timer was started: then it is only restarted.
void ServiceView::Impl::forgetLost(Service& service) {
  service.lost.expire(EventLoop::now());
  renewSnapshot(service);
}

// Runs for every call.
void ServiceView::Impl::mark(std::string_view name, const Node& node, const Status& outcome) {
  if (losing_ == 0) return;
  const auto place = services_.find(name);
  if (place == services_.end() || place->second->lost.empty()) return;
  Service& service = *place->second;
  switch (outcome.kind()) {
    case ErrorKind::kUnavailable:
      // During an outage there will be no better data.
      if (!service.outage.ok() || !service.lost.remove(node.id)) return;
      renewSnapshot(service);
      return;
    case ErrorKind::kTimeout:
    case ErrorKind::kCancelled:
    case ErrorKind::kInternal: return;  // proves nothing
    default: service.lost.answered(node.id, EventLoop::now());
  }
}

void ServiceView::Impl::becomesStale(Service& service, Status why) {
  if (!service.outage.ok()) return;
  service.forget.stop();  // the current nodes stay until the registry is available again
  ++counters_.outages;
  if (stale_++ == 0) {
    staleSince_ = EventLoop::now();
    EVMICRO_LOG_WARN(
        "registry", "Registry unavailable: " << why.toString() << "; using the nodes known so far");
  }
  service.outage = std::move(why);
}

void ServiceView::Impl::isFresh(Service& service) {
  service.outage = Status();
  if (--stale_ > 0) return;
  EVMICRO_LOG_INFO("registry",
                   "Registry available again after " << detail::formatDuration(since(staleSince_)));
}

void ServiceView::Impl::sweep() {
  for (auto place = services_.begin(); place != services_.end();) {
    Service& service = *place->second;
    const bool forgotten = service.snapshot && ++service.unused > kSweeps;
    if (forgotten && !service.outage.ok()) --stale_;
    if (forgotten && service.losing) --losing_;
    place = forgotten ? services_.erase(place) : std::next(place);
  }
  if (!services_.empty()) sweeper_.start(options_.idleAfter / kSweeps);
}

ServiceViewStats ServiceView::Impl::stats() const {
  ServiceViewStats result = counters_;
  result.services = services_.size();
  result.stale = stale_;
  if (stale_ > 0) result.staleFor = since(staleSince_);
  for (const auto& [name, service] : services_) {
    result.lostNodes += detail::countNodes(service->lost.stillMembers());
    const Snapshot& last = service->snapshot ? service->snapshot->lastResort : nullptr;
    if (last) result.lostNodes += last->nodes.size();
  }
  return result;
}

ServiceView::ServiceView(EventLoop& loop, Registry& registry, ServiceViewOptions options)
    : impl_(std::make_unique<Impl>(loop, registry, options)) {}
ServiceView::~ServiceView() = default;

Snapshot ServiceView::known(std::string_view name) { return impl_->known(name); }
Call ServiceView::get(std::string_view name, Found found) {
  return impl_->get(name, std::move(found));
}
void ServiceView::mark(std::string_view name, const Node& node, const Status& outcome) {
  impl_->mark(name, node, outcome);
}
ServiceViewStats ServiceView::stats() const { return impl_->stats(); }

}  // namespace evmicro

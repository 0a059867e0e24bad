#include "dashboard/history.h"

#include <algorithm>

namespace evmicro::dashboard {

namespace {

double grown(double before, double now) { return now >= before ? now - before : now; }

template <typename Key>
double valueOf(const std::map<Key, double>& map, const Key& key) {
  const auto place = map.find(key);
  return place == map.end() ? 0 : place->second;
}

void add(std::map<double, double>& to, const std::map<double, double>& from) {
  for (const auto& [bound, count] : from) to[bound] += count;
}

void add(Activity::Method& to, const Activity::Method& from) {
  to.calls += from.calls;
  to.errors += from.errors;
  to.inFlight += from.inFlight;
  to.streams += from.streams;
  add(to.latency, from.latency);
}

}  // namespace

void Activity::add(const Activity& other) {
  for (const auto& [name, method] : other.methods) dashboard::add(methods[name], method);
  for (const auto& [name, calls] : other.callers) callers[name] += calls;
  cpu += other.cpu;
  loopLag = std::max(loopLag, other.loopLag);
}

Activity::Method Activity::total() const {
  Method total;
  for (const auto& [name, method] : methods) {
    if (name.compare(0, 6, "Debug.") != 0) dashboard::add(total, method);
  }
  return total;
}

Activity difference(const NodeMetrics& before, const NodeMetrics& now, double seconds) {
  static const MethodTotals kNone;
  // A restarted process may already have counted more than the old one had.
  const bool restarted = before.started != now.started;
  Activity activity;
  for (const auto& [name, totals] : now.methods) {
    const auto place = restarted ? before.methods.end() : before.methods.find(name);
    const MethodTotals& old = place == before.methods.end() ? kNone : place->second;
    Activity::Method& method = activity.methods[name];
    method.calls = grown(old.calls, totals.calls) / seconds;
    method.errors = grown(old.errors, totals.errors) / seconds;
    method.inFlight = totals.inFlight;
    method.streams = totals.streams;
    for (const auto& [bound, count] : totals.latency) {
      method.latency[bound] = grown(valueOf(old.latency, bound), count);
    }
  }
  for (const auto& [name, calls] : now.callers) {
    activity.callers[name] = grown(restarted ? 0 : valueOf(before.callers, name), calls) / seconds;
  }
  activity.cpu = grown(restarted ? 0 : before.cpu, now.cpu) / seconds;
  const double observations = grown(restarted ? 0 : before.loopLagCount, now.loopLagCount);
  if (observations > 0) {
    activity.loopLag = grown(restarted ? 0 : before.loopLag, now.loopLag) / observations;
  }
  return activity;
}

HistoryPoint pointOf(std::int64_t time, const Activity& activity) {
  const Activity::Method total = activity.total();
  HistoryPoint point;
  point.time = time;
  point.calls = static_cast<float>(total.calls);
  point.errors = static_cast<float>(total.errors);
  point.p50 = static_cast<float>(quantile(total.latency, 0.5));
  point.p95 = static_cast<float>(quantile(total.latency, 0.95));
  point.p99 = static_cast<float>(quantile(total.latency, 0.99));
  point.inFlight = static_cast<float>(total.inFlight + total.streams);
  return point;
}

void History::add(const HistoryPoint& point) {
  if (points_.size() >= kMost) points_.pop_front();
  points_.push_back(point);
}

void History::expire(std::int64_t time) {
  while (!points_.empty() && points_.front().time <= time - kSeconds) points_.pop_front();
}

}  // namespace evmicro::dashboard

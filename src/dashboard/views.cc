#include "dashboard/views.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>

#include <evmicro/service_json.h>

#include "json/writer.h"

namespace evmicro::dashboard {

namespace {

using detail::JsonWriter;

constexpr std::size_t kSpark = 30;  // points of the small chart in the list

// null: not a number.
void number(JsonWriter& out, double value) {
  if (!std::isfinite(value)) return out.null();
  char text[40];
  std::snprintf(text, sizeof text, "%.5g", value);
  out.checked(text);
}

void number(JsonWriter& out, std::string_view name, double value) {
  out.key(name);
  number(out, value);
}

void method(JsonWriter& out, const Activity::Method& method) {
  number(out, "calls", method.calls);
  number(out, "errors", method.errors);
  number(out, "inFlight", method.inFlight);
  number(out, "streams", method.streams);
  number(out, "p50", quantile(method.latency, 0.5));
  number(out, "p95", quantile(method.latency, 0.95));
  number(out, "p99", quantile(method.latency, 0.99));
}

template <typename Select>
void series(JsonWriter& out, std::string_view name, const std::deque<HistoryPoint>& points,
            std::size_t most, Select select) {
  out.key(name);
  out.beginArray();
  for (std::size_t i = points.size() > most ? points.size() - most : 0; i < points.size(); ++i) {
    number(out, select(points[i]));
  }
  out.endArray();
}

void history(JsonWriter& out, const History& history) {
  const auto& points = history.points();
  out.key("history");
  out.beginObject();
  out.key("time");
  out.beginArray();
  for (const HistoryPoint& point : points) out.number(point.time);
  out.endArray();
  const std::size_t all = points.size();
  series(out, "calls", points, all, [](const HistoryPoint& point) { return point.calls; });
  series(out, "errors", points, all, [](const HistoryPoint& point) { return point.errors; });
  series(out, "p50", points, all, [](const HistoryPoint& point) { return point.p50; });
  series(out, "p95", points, all, [](const HistoryPoint& point) { return point.p95; });
  series(out, "p99", points, all, [](const HistoryPoint& point) { return point.p99; });
  series(out, "inFlight", points, all, [](const HistoryPoint& point) { return point.inFlight; });
  out.endObject();
}

void nodeState(JsonWriter& out, const Scraper::NodeState& node) {
  out.beginObject();
  if (!node.problem.ok()) out.member("problem", node.problem.detail());
  if (node.last) {
    out.member("started", static_cast<std::int64_t>(std::min(node.last->started, 1e12)));
    number(out, "memory", node.last->memory);
    number(out, "connections", node.last->connections);
  }
  if (node.activity) {
    method(out, node.activity->total());
    number(out, "cpu", node.activity->cpu);
    number(out, "loopLag", node.activity->loopLag);
  }
  out.endObject();
}

void serviceLine(JsonWriter& out, const std::string& name, const Catalog::Versions& versions,
                 const Scraper::ServiceState* state) {
  std::uint64_t nodes = 0;
  std::set<std::string> endpoints;
  out.beginObject();
  out.member("name", name);
  out.key("versions");
  out.beginArray();
  for (const auto& [number, version] : versions) {
    out.string(number);
    nodes += version.nodes.size();
    for (const Endpoint& endpoint : version.endpoints) endpoints.insert(endpoint.name);
  }
  out.endArray();
  out.member("nodes", nodes);
  out.member("endpoints", std::uint64_t{endpoints.size()});
  if (state && !state->history.points().empty()) {
    const auto& points = state->history.points();
    const HistoryPoint& last = points.back();
    number(out, "calls", last.calls);
    number(out, "errors", last.errors);
    number(out, "p99", last.p99);
    std::uint64_t failing = 0;
    for (const auto& [id, node] : state->nodes) failing += node.problem.ok() ? 0 : 1;
    if (failing > 0) out.member("failing", failing);
    bool busy = false;
    for (const HistoryPoint& point : points) busy = busy || point.calls > 0;
    if (busy) {
      series(out, "spark", points, kSpark, [](const HistoryPoint& point) { return point.calls; });
    }
  }
  out.endObject();
}

void outage(JsonWriter& out, const Catalog& catalog) {
  out.member("revision", catalog.revision());
  out.member("outage", catalog.outage().ok() ? std::string() : catalog.outage().detail());
}

}  // namespace

std::string servicesView(const Catalog& catalog, const Scraper& scraper) {
  JsonWriter out(JsonWriter::Style::kCompact);
  out.beginObject();
  outage(out, catalog);
  out.member("leftOut", std::uint64_t{scraper.leftOut()});
  out.key("services");
  out.beginArray();
  for (const auto& [name, versions] : catalog.services()) {
    serviceLine(out, name, versions, scraper.find(name));
  }
  out.endArray();
  out.endObject();
  return out.take();
}

std::string serviceView(const std::string& name, const Catalog& catalog, const Scraper& scraper) {
  JsonWriter out(JsonWriter::Style::kCompact);
  out.beginObject();
  outage(out, catalog);
  out.member("name", name);
  out.key("versions");
  out.beginArray();
  if (const Catalog::Versions* const versions = catalog.find(name)) {
    for (const auto& [number, version] : *versions) out.checked(toJson(version));
  }
  out.endArray();
  if (const Scraper::ServiceState* const state = scraper.find(name)) {
    number(out, "interval", std::chrono::duration<double>(scraper.options().interval).count());
    out.key("nodes");
    out.beginObject();
    for (const auto& [id, node] : state->nodes) {
      out.key(id);
      nodeState(out, node);
    }
    out.endObject();
    out.key("methods");
    out.beginObject();
    for (const auto& [each, activity] : state->activity.methods) {
      out.key(each);
      out.beginObject();
      method(out, activity);
      out.endObject();
    }
    out.endObject();
    out.key("callers");
    out.beginObject();
    for (const auto& [caller, calls] : state->activity.callers) number(out, caller, calls);
    out.endObject();
    history(out, state->history);
  }
  out.endObject();
  return out.take();
}

std::string mapView(const Catalog& catalog, const Scraper& scraper) {
  JsonWriter out(JsonWriter::Style::kCompact);
  out.beginObject();
  outage(out, catalog);
  out.key("services");
  out.beginArray();
  for (const auto& [name, versions] : catalog.services()) {
    if (!isTopic(name)) serviceLine(out, name, versions, scraper.find(name));
  }
  out.endArray();
  out.key("edges");
  out.beginArray();
  for (const auto& [name, state] : scraper.services()) {
    std::set<std::string> callers;
    for (const auto& [id, node] : state.nodes) {
      if (!node.last) continue;
      for (const auto& [caller, calls] : node.last->callers) callers.insert(caller);
    }
    for (const std::string& caller : callers) {
      const auto rate = state.activity.callers.find(caller);
      out.beginObject();
      out.member("from", caller);
      out.member("to", name);
      number(out, "calls", rate == state.activity.callers.end() ? 0 : rate->second);
      out.endObject();
    }
  }
  out.endArray();
  out.endObject();
  return out.take();
}

std::string topicsView(const Catalog& catalog, const std::string& brokerName) {
  JsonWriter out(JsonWriter::Style::kCompact);
  out.beginObject();
  outage(out, catalog);
  out.member("broker", brokerName);
  out.key("topics");
  out.beginArray();
  for (const auto& [name, versions] : catalog.services()) {
    if (!isTopic(name)) continue;
    out.beginObject();
    out.member("name", std::string_view(name).substr(6));
    out.key("subscribers");
    out.beginArray();
    for (const auto& [queue, version] : versions) {
      for (const Node& node : version.nodes) {
        out.beginObject();
        out.member("id", node.id);
        out.member("address", node.dialAddress());
        // The http broker registers a subscriber without a queue as this version.
        out.member("queue", queue == "ff.http.broadcast" ? std::string() : queue);
        out.endObject();
      }
    }
    out.endArray();
    out.endObject();
  }
  out.endArray();
  out.endObject();
  return out.take();
}

}  // namespace evmicro::dashboard

#include "gateway/gateway_stats.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iterator>
#include <string_view>
#include <utility>

#include <unistd.h>

#include "base/duration.h"
#include "gateway/errors.h"
#include "json/writer.h"

namespace evmicro::gateway {

namespace {

constexpr std::chrono::seconds kPeriod{5};
constexpr std::size_t kPeriods = 23;

// What the page shows, with the colour in the chart.
constexpr std::pair<const char*, const char*> kClasses[] = {
    {"20x", "#2a7"}, {"40x", "#c80"}, {"50x", "#c33"}};

std::string classOf(int status) { return std::to_string(status / 100) + "0x"; }

// Of this process, `1.23mb`.
std::string memory() {
  std::ifstream statm("/proc/self/statm");
  double pages = 0;
  statm >> pages >> pages;  // all, then those in memory
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%.2fmb",
                pages * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 20));
  return text.data();
}

std::uint64_t threads() {
  std::ifstream status("/proc/self/status");
  const std::string name = "Threads:";
  for (std::string line; std::getline(status, line);) {
    if (line.compare(0, name.size(), name) == 0) return std::stoul(line.substr(name.size()));
  }
  return 1;
}

bool wantsJson(const WebRequest& request) {
  const auto has = [&request](const char* name) {
    const std::string_view value = findField(request.headers, name).value_or("");
    return value.find(kJson) != std::string_view::npos;
  };
  const auto query = parseForm(request.query).value_or(WebFields());
  return has("Content-Type") || has("Accept") || findField(query, "format").value_or("") == "json";
}

std::string row(const std::string& name, const std::string& value) {
  return "<tr><th scope=\"row\">" + name + "</th><td>" + value + "</td></tr>\n";
}

std::string timeText(std::int64_t unixTime) {
  const std::time_t time = unixTime;
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  std::array<char, 32> text;
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts);
  return text.data();
}

}  // namespace

GatewayStats::GatewayStats(EventLoop& loop)
    : started_(std::time(nullptr)), timer_(loop, [this] { next(); }) {
  next();
}

void GatewayStats::next() {
  if (counters_.size() == kPeriods) counters_.pop_front();
  counters_.push_back({std::time(nullptr), {}, 0});
  timer_.start(kPeriod);
}

void GatewayStats::count(int status) {
  ++replies_[status];
  ++counters_.back().codes[classOf(status)];
  ++counters_.back().total;
}

void GatewayStats::collect(Metrics& metrics) const {
  for (const auto& [status, count] : replies_) {
    metrics.counter("evmicro_gateway_replies_total", "Replies to HTTP requests, by status.",
                    static_cast<double>(count), {{"code", std::to_string(status)}});
  }
}

void GatewayStats::serve(const WebRequest& request, WebReply reply) const {
  const bool isJson = wantsJson(request);
  reply.send(200,
             {{"Content-Type", isJson ? kJson : "text/html; charset=utf-8"},
              {"Cache-Control", "no-store"},
              {"Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"}},
             isJson ? json() : page());
}

std::string GatewayStats::json() const {
  detail::JsonWriter writer(detail::JsonWriter::Style::kCompact);
  writer.beginObject();
  writer.member("started", started_);
  writer.member("memory", memory());
  writer.member("threads", threads());
  writer.member("gc_pause", "0.000ms");
  writer.key("counters");
  writer.beginArray();
  for (const Counter& counter : counters_) {
    writer.beginObject();
    writer.member("timestamp", counter.timestamp);
    writer.key("status_codes");
    writer.beginObject();
    for (const auto& [name, count] : counter.codes) writer.member(name, count);
    writer.endObject();
    writer.member("total_reqs", counter.total);
    writer.endObject();
  }
  writer.endArray();
  writer.endObject();
  return writer.take();
}

// A line for each class.
std::string GatewayStats::chart() const {
  constexpr std::size_t kStep = 24;
  constexpr std::uint64_t kHeight = 120;
  std::uint64_t most = 1;
  for (const Counter& counter : counters_) most = std::max(most, counter.total);
  std::string svg =
      "<svg width=\"552\" height=\"130\" role=\"img\" aria-label=\"Requests in each period of five "
      "seconds, by status\">\n";
  for (const auto& [name, colour] : kClasses) {
    svg += "<polyline fill=\"none\" stroke-width=\"2\" stroke=\"" + std::string(colour) +
           "\" points=\"";
    for (std::size_t i = 0; i < counters_.size(); ++i) {
      const auto found = counters_[i].codes.find(name);
      const std::uint64_t count = found == counters_[i].codes.end() ? 0 : found->second;
      svg += std::to_string(i * kStep) + "," +
             std::to_string(kHeight + 5 - count * kHeight / most) + " ";
    }
    svg += "\"><title>" + std::string(name) + "</title></polyline>\n";
  }
  return svg + "</svg>\n";
}

// Without a script: it is loaded again every five seconds.
std::string GatewayStats::page() const {
  const std::int64_t now = std::time(nullptr);
  std::map<std::string, std::uint64_t> sums;
  std::uint64_t total = 0;
  for (const Counter& counter : counters_) {
    total += counter.total;
    for (const auto& [name, count] : counter.codes) sums[name] += count;
  }
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Micro "
      "Stats</title>\n"
      "<meta http-equiv=\"refresh\" content=\"5\">\n"
      "<style>body{font:16px sans-serif;margin:2em}th{text-align:left;padding-right:2em}</style>\n"
      "</head><body>\n<h1>Micro Stats</h1>\n<h2>Info</h2>\n<table>\n";
  html += row("Started", timeText(started_));
  html += row("Uptime", detail::formatDuration(std::chrono::seconds(now - started_)));
  html += row("Memory", memory()) + row("Threads", std::to_string(threads())) +
          row("GC", "0.000ms") + "</table>\n<h2>Requests</h2>\n<table>\n" +
          row("Total", std::to_string(total));
  for (const auto& [name, colour] : kClasses) html += row(name, std::to_string(sums[name]));
  return html + "</table>\n<h2>Request Load</h2>\n" + chart() +
         "<p>updates every 5 secs</p>\n<p>Last updated " + timeText(now) + "</p>\n</body></html>\n";
}

}  // namespace evmicro::gateway

#include "dashboard/traffic.h"

#include <cstdio>
#include <cstdlib>

#include "json/writer.h"
#include "metrics/process_usage.h"

namespace evmicro::dashboard {

namespace {

std::string mebibytes(double bytes) {
  char text[40];
  std::snprintf(text, sizeof text, "%.2fmb", bytes / (1U << 20));
  return text;
}

}  // namespace

Traffic::Traffic(EventLoop& loop) : started_(std::time(nullptr)), timer_(loop, [this] { step(); }) {
  now_.time = started_;
  timer_.start(kStep);
}

void Traffic::count(int status) {
  ++now_.total;
  if (status >= 200 && status < 600) ++now_.byClass[static_cast<std::size_t>(status / 100 - 2)];
}

void Traffic::step() {
  timer_.start(kStep);
  past_.push_back(now_);
  if (past_.size() > kSteps) past_.pop_front();
  now_ = {};
  now_.time = std::time(nullptr);
}

std::string Traffic::json() const {
  const detail::ProcessUsage usage = detail::processUsage();
  detail::JsonWriter out(detail::JsonWriter::Style::kCompact);
  out.beginObject();
  out.member("started", started_);
  out.member("memory", mebibytes(static_cast<double>(usage.residentBytes)));
  out.member("threads", static_cast<std::int64_t>(usage.threads));
  out.member("gc_pause", "0.000ms");  // there is no collector
  out.key("counters");
  out.beginArray();
  for (const Counters& each : past_) {
    out.beginObject();
    out.member("timestamp", each.time);
    out.key("status_codes");
    out.beginObject();
    static constexpr const char* kNames[] = {"20x", "30x", "40x", "50x"};
    for (std::size_t i = 0; i < each.byClass.size(); ++i) {
      if (each.byClass[i] > 0) out.member(kNames[i], each.byClass[i]);
    }
    out.endObject();
    out.member("total_reqs", each.total);
    out.endObject();
  }
  out.endArray();
  out.endObject();
  return out.take();
}

int statusOfLogLine(const std::string& line) {
  // The request is the first text in quotes; quotes in it are escaped.
  const std::size_t open = line.find('"');
  if (open == std::string::npos) return 0;
  std::size_t at = open + 1;
  while (at < line.size() && line[at] != '"') at += line[at] == '\\' ? 2 : 1;
  return at + 1 < line.size() ? std::atoi(line.c_str() + at + 1) : 0;
}

}  // namespace evmicro::dashboard

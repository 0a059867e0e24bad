#include "tool/node_stats.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <limits>

#include "base/duration.h"
#include "json/number.h"
#include "json/scanner.h"
#include "json/text.h"
#include "tool/printable.h"

namespace evmicro::tool {

namespace {

using Numbers = std::vector<std::pair<std::string, std::uint64_t>>;

constexpr std::string_view kCommon[] = {"started", "uptime", "memory", "threads", "gc"};
constexpr std::string_view kOurs[] = {"requests", "errors", "connections", "streams"};

// The members of a reply that are integers, in order. Go's JSON has them as numbers.
Numbers numbersIn(const JsonDocument& reply) {
  Numbers numbers;
  detail::JsonScanner scanner(reply.text);
  std::string scratch;
  scanner.object([&](std::string_view key) {
    const std::string_view value = scanner.value();
    std::uint64_t number = 0;
    if (scanner.ok() && detail::parseInteger(value, number) == detail::NumberFit::kFits) {
      numbers.emplace_back(detail::decodeJsonString(key, scratch), number);
    }
  });
  return scanner.ok() ? numbers : Numbers();
}

std::uint64_t find(const Numbers& numbers, std::string_view name) {
  for (const auto& [key, number] : numbers) {
    if (key == name) return number;
  }
  return 0;
}

// `Mar 14 10:59:14`, local time.
std::string moment(std::uint64_t seconds) {
  const auto time = static_cast<std::time_t>(
      std::min<std::uint64_t>(seconds, std::numeric_limits<std::int32_t>::max()));
  std::tm parts{};
  ::localtime_r(&time, &parts);
  const auto part = [&parts](const char* format) {
    char text[32];
    return std::string(text, std::strftime(text, sizeof text, format, &parts));
  };
  return part("%b ") + std::to_string(parts.tm_mday) + part(" %H:%M:%S");
}

std::string duration(std::uint64_t count, std::chrono::nanoseconds unit) {
  const auto most = static_cast<std::uint64_t>(std::chrono::nanoseconds::max() / unit);
  return detail::formatDuration(unit * static_cast<std::int64_t>(std::min(count, most)));
}

std::string mebibytes(std::uint64_t bytes) {
  char text[48];
  const int length =
      std::snprintf(text, sizeof text, "%.2fmb", static_cast<double>(bytes) / (1024.0 * 1024.0));
  return {text, static_cast<std::size_t>(length)};
}

}  // namespace

StatsColumns::StatsColumns(const std::vector<NodeAnswer>& answers) {
  const auto isIn = [](const auto& names, const std::string& name) {
    return std::find(std::begin(names), std::end(names), name) != std::end(names);
  };
  std::vector<std::string> others;
  for (const NodeAnswer& answer : answers) {
    if (!answer.reply.ok()) continue;
    for (const auto& [name, number] : numbersIn(*answer.reply)) {
      if (isIn(kCommon, name)) continue;
      if (isIn(kOurs, name)) {
        further_.assign(std::begin(kOurs), std::end(kOurs));
      } else if (!isIn(others, name)) {
        others.push_back(name);
      }
    }
  }
  further_.insert(further_.end(), others.begin(), others.end());
}

std::string StatsColumns::names() const {
  std::string text;
  for (const std::string_view name : kCommon) {
    text += (text.empty() ? "" : "\t") + std::string(name);
  }
  for (const std::string& name : further_) text += "\t" + printable(name);
  return text;
}

std::string StatsColumns::cells(const NodeAnswer& answer) const {
  if (!answer.reply.ok()) return printable(answer.reply.status().detail());
  const Numbers numbers = numbersIn(*answer.reply);
  std::string text = moment(find(numbers, "started")) + "\t" +
                     duration(find(numbers, "uptime"), std::chrono::seconds(1)) + "\t" +
                     mebibytes(find(numbers, "memory")) + "\t" +
                     std::to_string(find(numbers, "threads")) + "\t" +
                     duration(find(numbers, "gc"), std::chrono::nanoseconds(1));
  for (const std::string& name : further_) text += "\t" + std::to_string(find(numbers, name));
  return text;
}

}  // namespace evmicro::tool

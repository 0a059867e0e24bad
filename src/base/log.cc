#include "base/log.h"

#include <atomic>
#include <cstddef>

#include "base/printable.h"

namespace evmicro {

namespace {

// Process-wide: the code that logs has no object to get a sink from.
std::atomic<LogSink*> currentSink{nullptr};

// Log lines may contain text from peers, which must not control the terminal or forge a line.
constexpr std::size_t kLongestLine = 1024;

}  // namespace

LogSink* setLogSink(LogSink* sink) noexcept { return currentSink.exchange(sink); }

LogSink* detail::currentLogSink() noexcept { return currentSink.load(std::memory_order_acquire); }

bool logEnabled(std::string_view package, LogLevel level) noexcept {
  const LogSink* const sink = detail::currentLogSink();
  return sink && sink->enabled(package, level);
}

void log(std::string_view package, LogLevel level, std::string_view text) {
  LogSink* const sink = detail::currentLogSink();
  if (sink && sink->enabled(package, level)) {
    sink->write(package, level, detail::printable(text, kLongestLine));
  }
}

}  // namespace evmicro

#include "base/log.h"

#include <atomic>
#include <cstddef>

#include "base/printable.h"

namespace evmicro {

namespace {

// The one piece of state that a process has and not an object: a line of the log has nobody to ask
// where it belongs.
std::atomic<LogSink*> currentSink{nullptr};

// Peers have a say in what is logged: neither the terminal nor the next line may be theirs.
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

#pragma once

#include <string>
#include <string_view>

#include <evmicro/export.h>

namespace evmicro {

/// In the order of their weight.
enum class LogLevel { kDebug, kInfo, kWarn, kError };

/// Receives log lines. The library logs under package names that are its folders' (`server`,
/// `registry`, `net`, ...); a program may log with names of its own.
///
/// Called on the thread that turns the loop; on several threads only if the process has loops in
/// several threads, or uses a feature that is documented to have a thread.
class LogSink {
 public:
  virtual ~LogSink() = default;
  /// Whether a line of this level would be written. Called before the text is composed, so it
  /// should be cheap.
  virtual bool enabled(std::string_view package, LogLevel level) const = 0;
  /// Writes one line; `text` has no newline. Must not throw.
  virtual void write(std::string_view package, LogLevel level, std::string_view text) = 0;
};

/// Sends all log lines of the process to `sink` and returns the previous sink. Null, the initial
/// state: lines are discarded. Borrowed: `sink` must outlive its use. Thread-safe.
///
/// Service::init() sets a sink unless there is one: log4cplus, with the loggers
/// `evmicro.PACKAGE`. A process that only embeds the library gets no log lines, and log4cplus is
/// not loaded into it, until it sets a sink of its own or calls logToLog4cplus().
EVMICRO_EXPORT LogSink* setLogSink(LogSink* sink) noexcept;

/// Sends log lines to the loggers `evmicro.PACKAGE` of log4cplus, which the program configures
/// itself. False if evmicro's log4cplus module is not installed.
EVMICRO_EXPORT bool logToLog4cplus();

/// Whether a line of this level would be written.
EVMICRO_EXPORT bool logEnabled(std::string_view package, LogLevel level) noexcept;
/// Writes a line if a sink takes it. Characters that could act on a terminal or forge another line
/// are escaped, and a line longer than 1 KiB is cut, because log lines may contain text from peers.
EVMICRO_EXPORT void log(std::string_view package, LogLevel level, std::string_view text);

}  // namespace evmicro

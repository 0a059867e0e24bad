#pragma once

#include <string>
#include <string_view>

#include <evmicro/export.h>

namespace evmicro {

enum class LogLevel { kDebug, kInfo, kWarn, kError };

/// Where log lines go. The library's own come from packages named after its folders (`server`,
/// `registry`, `net`, ...), a program may log beside them with names of its own.
///
/// Lines come from the thread that turns the loop; from several threads only where the process has
/// loops in several threads, or uses a feature that is documented with a thread.
class LogSink {
 public:
  virtual ~LogSink() = default;
  /// Whether a line of this level would go anywhere. Asked before the text is put together, so it
  /// should be cheap.
  virtual bool enabled(std::string_view package, LogLevel level) const = 0;
  /// Writes one line; `text` has no line end. Must not throw.
  virtual void write(std::string_view package, LogLevel level, std::string_view text) = 0;
};

/// Sends all log lines of the process to `sink` (null: nowhere, which is how a process begins) and
/// returns where they went before. Borrowed: `sink` must outlive its use. Thread-safe.
///
/// Service::init() sets a sink, unless there is one: log4cplus, with the loggers
/// `evmicro.<package>`. A process that only embeds the library hears nothing, and log4cplus is not
/// loaded into it, until it sets a sink of its own or calls logToLog4cplus().
EVMICRO_EXPORT LogSink* setLogSink(LogSink* sink) noexcept;

/// Sends log lines to the loggers `evmicro.<package>` of log4cplus, which the process has
/// configured itself. False when evmicro's log4cplus module is not installed.
EVMICRO_EXPORT bool logToLog4cplus();

/// Whether a line would go anywhere.
EVMICRO_EXPORT bool logEnabled(std::string_view package, LogLevel level) noexcept;
/// Writes a line, if it goes anywhere. What could act on a terminal or forge another line is
/// escaped, and a line longer than 1 KiB is cut: peers have a say in what is logged.
EVMICRO_EXPORT void log(std::string_view package, LogLevel level, std::string_view text);

}  // namespace evmicro

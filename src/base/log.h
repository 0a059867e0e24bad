#pragma once

#include <sstream>
#include <string>

namespace evmicro::detail {

enum class LogLevel { kDebug, kInfo, kWarn, kError };

/// Whether a line of this level would go anywhere. False also while the process has not configured
/// log4cplus at all: the library does not complain about that, it is silent.
bool logEnabled(const char* package, LogLevel level);
/// Writes one line to the logger `evmicro.<package>`. What could act on a terminal or forge a line
/// is escaped, and a line longer than 1 KiB is cut.
void log(const char* package, LogLevel level, const std::string& text);

}  // namespace evmicro::detail

/// The way to log: EVMICRO_LOG_INFO("server", "Listening on " << address). What follows << is only
/// evaluated when the line goes somewhere.
#define EVMICRO_LOG(package, level, message)                        \
  do {                                                              \
    if (::evmicro::detail::logEnabled(package, level)) {            \
      std::ostringstream evmicroLogText;                            \
      evmicroLogText << message; /* NOLINT: a stream expression */  \
      ::evmicro::detail::log(package, level, evmicroLogText.str()); \
    }                                                               \
  } while (false)
#define EVMICRO_LOG_DEBUG(package, message) \
  EVMICRO_LOG(package, ::evmicro::detail::LogLevel::kDebug, message)
#define EVMICRO_LOG_INFO(package, message) \
  EVMICRO_LOG(package, ::evmicro::detail::LogLevel::kInfo, message)
#define EVMICRO_LOG_WARN(package, message) \
  EVMICRO_LOG(package, ::evmicro::detail::LogLevel::kWarn, message)
#define EVMICRO_LOG_ERROR(package, message) \
  EVMICRO_LOG(package, ::evmicro::detail::LogLevel::kError, message)

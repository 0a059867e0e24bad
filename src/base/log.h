#pragma once

#include <sstream>

#include <evmicro/log.h>

namespace evmicro::detail {

/// The sink that setLogSink() has set, or null.
LogSink* currentLogSink() noexcept;

}  // namespace evmicro::detail

/// How the library logs: EVMICRO_LOG_INFO("server", "Listening on " << address). The message is
/// evaluated only if the line will be written.
#define EVMICRO_LOG(package, level, message)                       \
  do {                                                             \
    if (::evmicro::logEnabled(package, level)) {                   \
      std::ostringstream evmicroLogText;                           \
      evmicroLogText.imbue(std::locale::classic());                \
      evmicroLogText << message; /* NOLINT: a stream expression */ \
      ::evmicro::log(package, level, evmicroLogText.str());        \
    }                                                              \
  } while (false)
#define EVMICRO_LOG_DEBUG(package, message) \
  EVMICRO_LOG(package, ::evmicro::LogLevel::kDebug, message)
#define EVMICRO_LOG_INFO(package, message) EVMICRO_LOG(package, ::evmicro::LogLevel::kInfo, message)
#define EVMICRO_LOG_WARN(package, message) EVMICRO_LOG(package, ::evmicro::LogLevel::kWarn, message)
#define EVMICRO_LOG_ERROR(package, message) \
  EVMICRO_LOG(package, ::evmicro::LogLevel::kError, message)

#include "base/log.h"

#include "base/printable.h"

#include <log4cplus/logger.h>
#include <log4cplus/loggingmacros.h>

namespace evmicro::detail {

namespace {

// Peers have a say in what is logged: neither the terminal nor the next line may be theirs.
constexpr std::size_t kLongestLine = 1024;

log4cplus::Logger loggerOf(const char* package) {
  return log4cplus::Logger::getInstance(std::string("evmicro.") + package);
}

log4cplus::LogLevel levelOf(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return log4cplus::DEBUG_LOG_LEVEL;
    case LogLevel::kInfo: return log4cplus::INFO_LOG_LEVEL;
    case LogLevel::kWarn: return log4cplus::WARN_LOG_LEVEL;
    case LogLevel::kError: return log4cplus::ERROR_LOG_LEVEL;
  }
  return log4cplus::ERROR_LOG_LEVEL;
}

// log4cplus prints a complaint of its own when there is no appender anywhere.
bool hasAppender(log4cplus::Logger logger) {
  return !logger.getAllAppenders().empty() ||
         !log4cplus::Logger::getInstance("evmicro").getAllAppenders().empty() ||
         !log4cplus::Logger::getRoot().getAllAppenders().empty();
}

}  // namespace

bool logEnabled(const char* package, LogLevel level) {
  const log4cplus::Logger logger = loggerOf(package);
  return logger.isEnabledFor(levelOf(level)) && hasAppender(logger);
}

void log(const char* package, LogLevel level, const std::string& text) {
  loggerOf(package).log(levelOf(level), printable(text, kLongestLine), nullptr, 0);
}

}  // namespace evmicro::detail

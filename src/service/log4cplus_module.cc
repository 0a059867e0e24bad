#include "service/log4cplus_functions.h"

#include <memory>

#include <log4cplus/configurator.h>
#include <log4cplus/consoleappender.h>
#include <log4cplus/initializer.h>
#include <log4cplus/layout.h>
#include <log4cplus/logger.h>

#include <evmicro/export.h>

namespace evmicro::detail {

namespace {

using log4cplus::Logger;

Logger loggerOf(std::string_view package) {
  return Logger::getInstance(std::string("evmicro.").append(package));
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

log4cplus::LogLevel levelOf(const std::string& name) {
  if (name == "debug") return log4cplus::DEBUG_LOG_LEVEL;
  if (name == "warn") return log4cplus::WARN_LOG_LEVEL;
  if (name == "error") return log4cplus::ERROR_LOG_LEVEL;
  if (name == "off") return log4cplus::OFF_LOG_LEVEL;
  return log4cplus::INFO_LOG_LEVEL;
}

bool configured() {
  return !Logger::getRoot().getAllAppenders().empty() ||
         !Logger::getInstance("evmicro").getAllAppenders().empty();
}

class Log4cplusSink final : public LogSink {
 public:
  bool enabled(std::string_view package, LogLevel level) const override {
    Logger logger = loggerOf(package);
    if (!logger.isEnabledFor(levelOf(level))) return false;
    // log4cplus prints a warning if there is no appender.
    return !logger.getAllAppenders().empty() || configured();
  }
  void write(std::string_view package, LogLevel level, std::string_view text) override {
    loggerOf(package).log(levelOf(level), std::string(text), nullptr, 0);
  }
};

LogSink* sink() {
  static Log4cplusSink* const forever = new Log4cplusSink;  // lines may be logged during exit()
  return forever;
}

// log4cplus 2.0 starts a pool of four threads when it is loaded, for appenders that write in the
// background. Initialising it again ends them, and the next pool is made only when it is needed.
// But that destroys all loggers, so it is done only in processes that have no other loggers than
// ours.
void endIdleThreads() {
  for (const Logger& logger : Logger::getCurrentLoggers()) {
    if (logger.getName().rfind("evmicro", 0) != 0) return;
  }
  log4cplus::deinitialize();
  log4cplus::initialize();
}

void configure(const std::string& level, const std::string& config) {
  endIdleThreads();
  if (!config.empty()) {
    log4cplus::PropertyConfigurator::doConfigure(config);
    return;
  }
  constexpr bool kToStderr = true;
  constexpr bool kFlushEachLine = true;
  const log4cplus::SharedAppenderPtr appender(
      new log4cplus::ConsoleAppender(kToStderr, kFlushEachLine));
  appender->setLayout(std::make_unique<log4cplus::PatternLayout>("%D{%Y/%m/%d %H:%M:%S} %m%n"));
  Logger ours = Logger::getInstance("evmicro");
  ours.addAppender(appender);
  ours.setAdditivity(false);
  ours.setLogLevel(levelOf(level));
}

constexpr Log4cplusFunctions kFunctions{&sink, &configured, &configure};

}  // namespace

}  // namespace evmicro::detail

extern "C" EVMICRO_EXPORT const evmicro::detail::Module evmicroLog4cplusModule =
    evmicro::detail::moduleOf(evmicro::detail::kFunctions);

#include "service/logging.h"

#include <memory>

#include <unistd.h>

#include <log4cplus/configurator.h>
#include <log4cplus/consoleappender.h>
#include <log4cplus/layout.h>
#include <log4cplus/logger.h>

namespace evmicro::detail {

namespace {

log4cplus::LogLevel levelOf(const std::string& name) {
  if (name == "debug") return log4cplus::DEBUG_LOG_LEVEL;
  if (name == "warn") return log4cplus::WARN_LOG_LEVEL;
  if (name == "error") return log4cplus::ERROR_LOG_LEVEL;
  if (name == "off") return log4cplus::OFF_LOG_LEVEL;
  return log4cplus::INFO_LOG_LEVEL;
}

}  // namespace

Status configureLogging(const std::string& level, const std::string& config) {
  log4cplus::Logger root = log4cplus::Logger::getRoot();
  log4cplus::Logger ours = log4cplus::Logger::getInstance("evmicro");
  if (!root.getAllAppenders().empty() || !ours.getAllAppenders().empty()) return {};
  if (!config.empty()) {
    if (::access(config.c_str(), R_OK) != 0) {
      return Status::invalid("log_config: cannot read " + config);
    }
    log4cplus::PropertyConfigurator::doConfigure(config);
    return {};
  }
  constexpr bool kToStderr = true;
  constexpr bool kFlushEachLine = true;
  const log4cplus::SharedAppenderPtr appender(
      new log4cplus::ConsoleAppender(kToStderr, kFlushEachLine));
  appender->setLayout(std::make_unique<log4cplus::PatternLayout>("%D{%Y/%m/%d %H:%M:%S} %m%n"));
  ours.addAppender(appender);
  ours.setAdditivity(false);
  ours.setLogLevel(levelOf(level));
  return {};
}

}  // namespace evmicro::detail

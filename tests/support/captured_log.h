#pragma once

#include <string>
#include <vector>

#include <log4cplus/appender.h>
#include <log4cplus/logger.h>
#include <log4cplus/spi/loggingevent.h>

namespace evmicro::test {

/// Keeps what is written to the logger `evmicro.<package>` as long as it lives: `WARN text`.
class CapturedLog {
 public:
  explicit CapturedLog(const std::string& package)
      : logger_(log4cplus::Logger::getInstance("evmicro." + package)),
        appender_(new Keeper(lines_)),
        additive_(logger_.getAdditivity()) {
    logger_.setAdditivity(false);
    logger_.addAppender(appender_);
  }
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;
  ~CapturedLog() {
    logger_.removeAppender(appender_);
    logger_.setAdditivity(additive_);
  }
  const std::vector<std::string>& lines() const noexcept { return lines_; }
  void clear() { lines_.clear(); }

 private:
  class Keeper final : public log4cplus::Appender {
   public:
    explicit Keeper(std::vector<std::string>& lines) : lines_(lines) {}
    ~Keeper() override { destructorImpl(); }
    void close() override { closed = true; }

   private:
    void append(const log4cplus::spi::InternalLoggingEvent& event) override {
      lines_.push_back(log4cplus::getLogLevelManager().toString(event.getLogLevel()) + " " +
                       event.getMessage());
    }
    std::vector<std::string>& lines_;
  };

  std::vector<std::string> lines_;
  log4cplus::Logger logger_;
  log4cplus::SharedAppenderPtr appender_;
  const bool additive_;
};

}  // namespace evmicro::test

#include "service/protobuf_log.h"

#include <chrono>
#include <string>

#include <google/protobuf/stubs/logging.h>

#include "base/log.h"
#include "base/rate_limiter.h"

namespace evmicro::detail {

namespace {

// protobuf's handlers have no context, so the limit is one of the process, as the handler is.
void onLog(google::protobuf::LogLevel level, const char* /*file*/, int /*line*/,
           const std::string& message) {
  static RateLimiter limit(16, std::chrono::seconds(1));
  LogLevel ours = level >= google::protobuf::LOGLEVEL_FATAL     ? LogLevel::kError
                  : level >= google::protobuf::LOGLEVEL_WARNING ? LogLevel::kWarn
                                                                : LogLevel::kDebug;
  if (ours == LogLevel::kWarn && !limit.allow(RateLimiter::Clock::now())) ours = LogLevel::kDebug;
  EVMICRO_LOG("codec", ours, "protobuf: " << message);
}

}  // namespace

void routeProtobufLog() { google::protobuf::SetLogHandler(&onLog); }

}  // namespace evmicro::detail

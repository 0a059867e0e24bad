#include "service/protobuf_log.h"

#include <string>

#include <google/protobuf/stubs/logging.h>

#include "base/log.h"
#include "net/accept_pacer.h"

namespace evmicro::detail {

namespace {

// protobuf's log handler has no context, so the rate limit is process-wide, like the handler.
void onLog(google::protobuf::LogLevel level, const char* /*file*/, int /*line*/,
           const std::string& message) {
  static AcceptLogLimit limit;
  LogLevel ours = level >= google::protobuf::LOGLEVEL_FATAL     ? LogLevel::kError
                  : level >= google::protobuf::LOGLEVEL_WARNING ? LogLevel::kWarn
                                                                : LogLevel::kDebug;
  if (ours == LogLevel::kWarn && !limit.allow(EventLoop::now())) ours = LogLevel::kDebug;
  EVMICRO_LOG("codec", ours, "protobuf: " << message);
}

}  // namespace

void routeProtobufLog() { google::protobuf::SetLogHandler(&onLog); }

}  // namespace evmicro::detail

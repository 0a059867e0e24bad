#include "service/logging.h"

#include <array>
#include <cstdio>
#include <ctime>

#include <dlfcn.h>
#include <unistd.h>

#include "base/log.h"
#include "service/log4cplus_functions.h"

// Defined in programs that are linked with the module.
extern "C" __attribute__((weak)) const evmicro::detail::Module evmicroLog4cplusModule;

namespace evmicro::detail {

namespace {

LoadedModule<Log4cplusFunctions> log4cplusModule({"log4cplus", "evmicro-log4cplus.so",
                                                  "evmicroLog4cplusModule", "libevmicro0"});

Result<const Log4cplusFunctions*> loadLog4cplus() {
  Status loaded = log4cplusModule.load(&evmicroLog4cplusModule);
  if (!loaded.ok()) return loaded;
  return &log4cplusModule.functions();
}

// For services whose log4cplus module is not installed: the same lines.
class StderrSink final : public LogSink {
 public:
  explicit StderrSink(const std::string& level)
      : silent_(level == "off"),
        least_(level == "debug"   ? LogLevel::kDebug
               : level == "warn"  ? LogLevel::kWarn
               : level == "error" ? LogLevel::kError
                                  : LogLevel::kInfo) {}

  bool enabled(std::string_view /*package*/, LogLevel level) const override {
    return !silent_ && level >= least_;
  }
  void write(std::string_view /*package*/, LogLevel /*level*/, std::string_view text) override {
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    ::localtime_r(&now, &local);
    std::array<char, 24> time{};
    std::strftime(time.data(), time.size(), "%Y/%m/%d %H:%M:%S ", &local);
    std::string line(time.data());
    line.append(text).append("\n");
    std::fwrite(line.data(), 1, line.size(), stderr);
  }

 private:
  const bool silent_;
  const LogLevel least_;
};

}  // namespace

Status configureLogging(const std::string& level, const std::string& config) {
  const auto found = loadLog4cplus();
  const Log4cplusFunctions* const log4cplus = found.ok() ? *found : nullptr;
  LogSink* const chosen = currentLogSink();  // set by the process, unless it is ours
  if (chosen && !(log4cplus && chosen == log4cplus->sink())) return {};
  if (!config.empty() && ::access(config.c_str(), R_OK) != 0) {
    return Status::invalid("log_config: cannot read " + config);
  }
  if (log4cplus) {
    if (!log4cplus->configured()) log4cplus->configure(level, config);
    setLogSink(log4cplus->sink());
    return {};
  }
  if (!config.empty()) return Status::invalid("log_config: " + found.status().detail());
  setLogSink(new StderrSink(level));  // lives as long as the process
  return {};
}

void followLog4cplus() {
  // log4cplus::initialize(): exists only if the process itself is linked with log4cplus.
  if (!currentLogSink() && ::dlsym(RTLD_DEFAULT, "_ZN9log4cplus10initializeEv")) logToLog4cplus();
}

}  // namespace evmicro::detail

namespace evmicro {

bool logToLog4cplus() {
  const auto log4cplus = detail::loadLog4cplus();
  if (log4cplus.ok()) setLogSink((*log4cplus)->sink());
  return log4cplus.ok();
}

}  // namespace evmicro

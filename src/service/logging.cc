#include "service/logging.h"

#include <array>
#include <cstdio>
#include <ctime>

#include <dlfcn.h>
#include <unistd.h>

#include "base/log.h"
#include "service/log4cplus_binding.h"
#include "service/module_folder.h"

// Defined in programs that are linked with the module; otherwise it is loaded from a file.
extern "C" __attribute__((weak)) const evmicro::detail::Log4cplusBinding* evmicroLog4cplusBinding();

namespace evmicro::detail {

namespace {

constexpr char kModule[] = "evmicro-log4cplus.so";

// The folder of the library, or of the program it is linked into.
std::string ownFolder() {
  Dl_info info{};
  if (::dladdr(reinterpret_cast<const void*>(&ownFolder), &info) == 0 || !info.dli_fname)
    return ".";
  const std::string path = info.dli_fname;
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

const Log4cplusBinding* load(const std::string& path) {
  if (::access(path.c_str(), R_OK) != 0) return nullptr;
  void* const module = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);  // never unloaded
  void* const entry = module ? ::dlsym(module, "evmicroLog4cplusBinding") : nullptr;
  if (!entry) return nullptr;
  return reinterpret_cast<decltype(&evmicroLog4cplusBinding)>(entry)();
}

// Null if the module is not found. Looks next to the library first, as in a build folder or an
// installation that has been moved, then in the configured folder.
const Log4cplusBinding* log4cplusBinding() {
  if (evmicroLog4cplusBinding) return evmicroLog4cplusBinding();
  const std::string folder = ownFolder();
  for (const std::string& place :
       {folder, folder + "/evmicro", std::string(EVMICRO_MODULE_FOLDER)}) {
    if (const Log4cplusBinding* binding = load(place + "/" + kModule)) return binding;
  }
  return nullptr;
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
  const Log4cplusBinding* const log4cplus = log4cplusBinding();
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
  if (!config.empty()) {
    return Status::invalid(std::string("log_config: needs log4cplus, but ") + kModule +
                           " is neither next to the library nor in " EVMICRO_MODULE_FOLDER);
  }
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
  const detail::Log4cplusBinding* const log4cplus = detail::log4cplusBinding();
  if (log4cplus) setLogSink(log4cplus->sink());
  return log4cplus != nullptr;
}

}  // namespace evmicro

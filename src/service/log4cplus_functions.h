#pragma once

#include <string>

#include <evmicro/log.h>

#include "base/module.h"

namespace evmicro::detail {

/// What the module for log4cplus does; only it refers to log4cplus, because loading that starts
/// four threads. It is loaded when a service configures its logging; our own programs that always
/// log are linked with it.
struct Log4cplusFunctions {
  /// Lives as long as the process.
  LogSink* (*sink)();
  /// Whether the process has configured log4cplus itself.
  bool (*configured)();
  /// Configures log4cplus: lines like `2016/03/14 10:59:14 message` to stderr, or according to the
  /// properties file `config` if that is given. Ends log4cplus' idle threads unless the process has
  /// loggers.
  void (*configure)(const std::string& level, const std::string& config);
};

}  // namespace evmicro::detail

extern "C" const evmicro::detail::Module evmicroLog4cplusModule;

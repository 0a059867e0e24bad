#pragma once

#include <string>

#include <evmicro/log.h>

/// The interface between the library and its log4cplus module. Only the module
/// (`evmicro-log4cplus.so`) refers to log4cplus, because loading that starts four threads: the
/// library loads the module when a service configures its logging, and our own programs that always
/// log are linked with it. The module does not refer to symbols of the library, which may be linked
/// statically into the program.
namespace evmicro::detail {

struct Log4cplusBinding {
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

extern "C" const evmicro::detail::Log4cplusBinding* evmicroLog4cplusBinding();

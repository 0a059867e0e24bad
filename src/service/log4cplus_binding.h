#pragma once

#include <string>

#include <evmicro/log.h>

/// What the library and its log4cplus module agree on. The module (`evmicro-log4cplus.so`) alone
/// refers to log4cplus, whose loading starts four threads; so the library loads the module when a
/// service configures its logging, and programs of our own that always log are linked with it. The
/// module refers to nothing of the library, which may be in the process as a part of the program.
namespace evmicro::detail {

struct Log4cplusBinding {
  /// Lives as long as the process.
  LogSink* (*sink)();
  /// Whether the process has configured log4cplus for itself.
  bool (*configured)();
  /// Configures it: lines like `2016/03/14 10:59:14 message` to stderr, or as the properties file
  /// `config` says when that is given. Ends log4cplus' idle threads unless the process has loggers.
  void (*configure)(const std::string& level, const std::string& config);
};

}  // namespace evmicro::detail

extern "C" const evmicro::detail::Log4cplusBinding* evmicroLog4cplusBinding();

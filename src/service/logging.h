#pragma once

#include <string>

#include <evmicro/status.h>

namespace evmicro::detail {

/// Sends the log lines of a service to log4cplus, unless the process has set a sink. Configures
/// log4cplus unless the process has done so: lines like `2016/03/14 10:59:14 message` to stderr, or
/// according to the properties file `config` if that is given. If the log4cplus module is not
/// installed, the lines are the same, but a `config` is an error.
Status configureLogging(const std::string& level, const std::string& config);

/// Sends log lines to log4cplus if the process is linked with it and has set no sink.
void followLog4cplus();

}  // namespace evmicro::detail

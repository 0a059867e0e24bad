#pragma once

#include <string>

#include <evmicro/status.h>

namespace evmicro::detail {

/// Sends the log lines of a service to log4cplus, unless the process has set a sink. log4cplus is
/// configured unless the process has done so: to stderr, lines like `2016/03/14 10:59:14 message`,
/// or as the properties file `config` says when that is given. Where the log4cplus module is not
/// installed the lines are the same, but a `config` is an error.
Status configureLogging(const std::string& level, const std::string& config);

/// Sends log lines to log4cplus if the process is linked with it and has set no sink.
void followLog4cplus();

}  // namespace evmicro::detail

#pragma once

#include <string>

#include <evmicro/status.h>

namespace evmicro::detail {

/// Sets log4cplus up, unless the process has done so (then it is left alone): to stderr, lines
/// like `2016/03/14 10:59:14 message`, or as the properties file `config` says when that is given.
Status configureLogging(const std::string& level, const std::string& config);

}  // namespace evmicro::detail

#pragma once

#include <string>

#include <evmicro/web_server.h>

namespace evmicro::gateway {

/// The Content-Type of a request in lower case and without parameters; empty if there is none.
std::string mediaTypeOf(const WebRequest& request);

}  // namespace evmicro::gateway

#pragma once

#include <string>

#include <evmicro/context.h>
#include <evmicro/web_server.h>

namespace evmicro::gateway {

/// The context of a call for `request`: its headers as metadata, with values of one name joined by
/// commas, except the headers of the connection. `Timeout` (nanoseconds) limits the call;
/// `X-Request-Id` is generated if it is missing.
Context callContext(const WebRequest& request);

/// The X-Request-Id of a context that callContext() made.
std::string requestIdOf(const Context& context);

}  // namespace evmicro::gateway

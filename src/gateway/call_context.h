#pragma once

#include <string>

#include <evmicro/context.h>
#include <evmicro/web_server.h>

namespace evmicro::gateway {

/// The context of a call on behalf of `request`: its headers as metadata, values of one name joined
/// by commas, without those that belong to the connection. `Timeout` (nanoseconds) limits the call,
/// `X-Request-Id` is made when there is none.
Context callContext(const WebRequest& request);

/// The X-Request-Id of a context that callContext() made.
std::string requestIdOf(const Context& context);

}  // namespace evmicro::gateway

#pragma once

#include <string>
#include <string_view>

#include <evmicro/context.h>
#include <evmicro/status.h>
#include <evmicro/web_server.h>

namespace evmicro::gateway {

/// The context of a call for `request`: its headers as metadata, with values of one name joined by
/// commas, except the headers of the connection. `Timeout` (nanoseconds, as of go-micro) and
/// `Grpc-Timeout` (`500m`, as of grpc-gateway) limit the call; `X-Request-Id` is generated if it is
/// missing.
Context callContext(const WebRequest& request);

/// Refuses (400, with `id`) a Grpc-Timeout that is malformed, as grpc-gateway does.
Status checkTimeout(const WebRequest& request, std::string_view id);

/// The X-Request-Id of a context that callContext() made.
std::string requestIdOf(const Context& context);

}  // namespace evmicro::gateway

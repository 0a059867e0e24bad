#pragma once

#include <evmicro/codec.h>
#include <evmicro/registry.h>
#include <evmicro/status.h>
#include <evmicro/web_server.h>

namespace evmicro::gateway {

/// The request message that `request` means for a method described by `endpoint` (null: nothing is
/// known of it): the members of its JSON body (an object, or nothing), or of its form, and the
/// parameters of the query that are not in the body. A parameter is a number or a boolean where the
/// description says so, else a string; one that comes several times is an array.
///
/// The error (400, 415) says what is wrong with it.
Result<JsonDocument> jsonRequest(const WebRequest& request, const Endpoint* endpoint);

}  // namespace evmicro::gateway

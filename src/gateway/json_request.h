#pragma once

#include <evmicro/codec.h>
#include <evmicro/registry.h>
#include <evmicro/status.h>
#include <evmicro/web_server.h>

namespace evmicro::gateway {

/// The request message of `request` for a method described by `endpoint` (null: unknown): the
/// members of its JSON body (an object, or empty), or of its form, and the parameters of the query
/// that are not in the body. A parameter is a number or boolean if the description says so,
/// otherwise a string; one that occurs several times is an array.
///
/// The error (400, 415) says what is wrong.
Result<JsonDocument> jsonRequest(const WebRequest& request, const Endpoint* endpoint);

}  // namespace evmicro::gateway

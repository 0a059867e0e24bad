#pragma once

#include <string>
#include <vector>

#include <evmicro/codec.h>
#include <evmicro/registry.h>

namespace evmicro::tool {

/// Whether a method is one of messages in any number, by what its service has registered.
enum class MethodKind { kUnary, kStream, kUnknown };
MethodKind kindOf(const Endpoint& endpoint);

/// What is wrong with `request` for somebody who has misspelt the name of a field: a text for each
/// name that no field has, `no field "nmae": did you mean name?`. As far as the description of the
/// endpoint goes: not below its third level, in maps, and beside a oneof, whose fields it leaves
/// out.
std::vector<std::string> unknownFields(const Endpoint& endpoint, const JsonDocument& request);

}  // namespace evmicro::tool

#pragma once

#include <string>
#include <vector>

#include <evmicro/codec.h>
#include <evmicro/registry.h>

namespace evmicro::tool {

/// Finds misspelt field names in `request`: a text for each unknown name, `no field "nmae": did you
/// mean name?`. Limited to what the endpoint's description contains: not below its third level, not
/// in maps, and not next to a oneof, whose fields are missing from it.
std::vector<std::string> unknownFields(const Endpoint& endpoint, const JsonDocument& request);

}  // namespace evmicro::tool

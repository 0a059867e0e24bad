#pragma once

#include <map>
#include <string>

#include <evmicro/service_json.h>

struct json_t;

namespace evmicro::detail {

/// Parts of the output of toJson().
std::string toJson(const Endpoint& endpoint);
std::string toJson(const std::map<std::string, std::string>& metadata);
Result<Endpoint> endpointFromJson(const json_t* value);

}  // namespace evmicro::detail

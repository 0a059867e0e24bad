#pragma once

#include <map>
#include <string>

#include <evmicro/service_json.h>

struct json_t;

namespace evmicro::detail {

/// The parts of what toJson() writes.
void appendJson(std::string& out, const Endpoint& endpoint);
void appendJson(std::string& out, const std::map<std::string, std::string>& metadata);
Result<Endpoint> endpointFromJson(const json_t* value);

}  // namespace evmicro::detail

#pragma once

#include <string>
#include <string_view>

#include <evmicro/registry.h>

struct json_t;

namespace evmicro::detail {

/// The registry's data as go-micro's JSON: keys and their order, `null` for what is empty, HTML
/// characters escaped. Compact, no newline at the end.
std::string toJson(const ServiceInfo& service);
void appendJson(std::string& out, const Endpoint& endpoint);
void appendJson(std::string& out, const std::map<std::string, std::string>& metadata);

/// Reads what toJson() writes. Every key may be missing or null, unknown ones are ignored. The
/// error names the field that has a wrong type: `nodes[0].port: expected a number`.
Result<ServiceInfo> serviceFromJson(std::string_view text);
Result<Endpoint> endpointFromJson(const json_t* value);

}  // namespace evmicro::detail

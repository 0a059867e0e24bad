#pragma once

#include <string>
#include <string_view>

#include <evmicro/export.h>
#include <evmicro/registry.h>
#include <evmicro/status.h>

namespace evmicro {

/// The registry's data as go-micro's JSON: keys and their order, `null` for what is empty, HTML
/// characters escaped. Compact, no newline in it.
EVMICRO_EXPORT std::string toJson(const ServiceInfo& service);

/// Reads what toJson() writes. Every key may be missing or null, unknown ones are ignored. The
/// error names the field that has a wrong type: `nodes[0].port: expected a number`.
EVMICRO_EXPORT Result<ServiceInfo> serviceFromJson(std::string_view text);

}  // namespace evmicro

#pragma once

#include <string>
#include <string_view>

#include <evmicro/export.h>
#include <evmicro/registry.h>
#include <evmicro/status.h>

namespace evmicro {

/// Encodes a service in go-micro's JSON: its keys in its order, `null` for empty lists and maps,
/// HTML characters escaped. Compact, without a newline.
EVMICRO_EXPORT std::string toJson(const ServiceInfo& service);

/// Decodes the output of toJson(). Any key may be missing or null, or in another case, as in Go;
/// unknown ones are ignored. The error names a field of the wrong type: `nodes[0].port: expected a
/// number`.
EVMICRO_EXPORT Result<ServiceInfo> serviceFromJson(std::string_view text);

}  // namespace evmicro

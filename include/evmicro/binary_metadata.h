#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <evmicro/export.h>
#include <evmicro/metadata.h>

namespace evmicro {

/// Metadata whose values are any bytes, as gRPC has them: the name ends in `-Bin`. evmicro keeps
/// such values in base64, in both directions, so that every protocol can carry them.
EVMICRO_EXPORT void setBinary(Metadata& metadata, std::string_view name, std::string_view bytes);

/// The bytes, of a list of values joined by commas those of the first; nullopt if there is no such
/// value, or it is not valid base64.
EVMICRO_EXPORT std::optional<std::string> getBinary(const Metadata& metadata,
                                                    std::string_view name);

}  // namespace evmicro

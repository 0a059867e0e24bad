#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/reader.h"

namespace evmicro::test {

/// Everything that a reader makes of `bytes`, as text: messages, then the refusal or what it waits
/// for. `cuts` decides where the bytes are cut into pieces; 0: they come at once.
std::string readInPieces(detail::HttpRole role, std::string_view bytes, std::uint64_t cuts);

/// Checks the reader's guarantees for every fragmentation of the bytes: the same result, names that
/// are tokens, values without control bytes, bodies within the limit. Returns the first violation,
/// or an empty string.
std::string brokenPromise(detail::HttpRole role, std::string_view bytes, std::uint64_t cuts);

}  // namespace evmicro::test

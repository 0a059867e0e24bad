#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/reader.h"

namespace evmicro::test {

/// Everything that a reader makes of `bytes`, as text: messages, then the refusal or what it waits
/// for. `cuts` decides where the bytes are cut into pieces; 0: they come at once.
std::string readInPieces(detail::HttpRole role, std::string_view bytes, std::uint64_t cuts);

/// Whether what was read keeps the reader's promises, however the bytes were cut: the same result,
/// names that are tokens, values without control bytes, bodies within the limit. Returns what does
/// not hold, empty when all is well.
std::string brokenPromise(detail::HttpRole role, std::string_view bytes, std::uint64_t cuts);

}  // namespace evmicro::test

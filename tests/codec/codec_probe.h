#pragma once

#include <string>
#include <string_view>

#include <evmicro/codec.h>

namespace evmicro::test {

/// Passes arbitrary `bytes` to all decoding functions of a codec, and checks what must always hold:
/// the division into blocks makes no difference, errors have a text, and what was decoded can be
/// encoded and decoded again. Returns the first violation, or "". Shared by fuzz targets and tests.
std::string probeCodec(const Codec& codec, std::string_view bytes);

}  // namespace evmicro::test
